// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// The directory that holds `path`: "/var/mail" for "/var/mail/alice", "." for "alice"; "/" is its
/// own.
std::string parent_directory(std::string_view path);

/// "var", "mail", "alice" for "/var/mail//alice": what a walk along the path takes one by one.
std::vector<std::string> path_components(std::string_view path);

}  // namespace lastmile
