// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/site_file.h"

namespace lastmile {

/// Writes a site file out as a tree for `--root`: files, accounts as etc/passwd, tables as the
/// texts that they were made of. What files and texts cannot say goes into `.lastmile-owners`, and
/// into
/// `.lastmile-site`: the addresses of the host, and each table that has no text, such as the
/// answers of a server. A site file that is exported from the tree is equal to this one.
///
/// Nothing leads out of the directory, whatever the site file holds.
///
/// \param directory  made by this; one that is there must be empty
/// \param parameter  the parameters of the site's main.cf. \see TablePolicy
/// \return what was written, and notes about what could not; an Error leaves the directory as far
///         as it had come
Result<SiteSummary> import_site(
    SiteFile& site, const std::string& directory,
    const std::function<std::optional<std::string>(std::string_view)>& parameter);

/// The names of the two files of its own in a tree.
inline constexpr const char* kTreeOwnersFile = "/.lastmile-owners";
inline constexpr const char* kTreeSiteFile = "/.lastmile-site";

}  // namespace lastmile
