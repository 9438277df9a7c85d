// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "transports/settings.h"

namespace lastmile {

/// What another release of Postfix makes of a configuration, whatever the address.
struct ReleaseChange {
  enum class Kind {
    unknown_name,   ///< A parameter that is set, and that the other release does not have.
    default_value,  ///< A parameter that is not set, and has another default there.
    gone,           ///< A restriction or a type of table that it has given up.
    running,        ///< What only a running system shows, or its log.
  };
  Kind kind = Kind::running;
  std::string text = {};
  std::optional<SourcePos> source = {};
};

/// "unknown", "default", "gone", "running".
std::string_view name_of(ReleaseChange::Kind kind);

/// What differs between two releases for one configuration.
/// \param was, is  the same files, read by the rules of the one and of the other
std::vector<ReleaseChange> release_changes(const Settings& was, const Settings& is);

}  // namespace lastmile
