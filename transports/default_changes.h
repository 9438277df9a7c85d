// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "transports/postfix_version.h"

namespace lastmile {

/// A built-in default that is another one in some releases, or a name that they do not have.
struct DefaultChange {
  std::string_view name = {};
  std::string_view value = {};
  bool is_gone = false;  ///< There is no such parameter.
  /// The first release of each branch for which this holds. \see is_since()
  std::vector<PostfixVersion> first = {};
};

/// Whether a name has other defaults in some releases than in kRecordedVersion, or is not in all of
/// them. Needs no version, which may have to be asked for.
bool has_changed_default(std::string_view name);

/// The built-in default of a parameter in a release of Postfix.
/// \return nullopt for a name that the release does not have
std::optional<std::string_view> default_parameter_in(const PostfixVersion& version,
                                                     std::string_view name);

/// The built-in default of a parameter in whichever release has it: for what is known of a name
/// whatever Postfix is meant.
std::optional<std::string_view> default_parameter_of_any(std::string_view name);

/// The first releases that know a name; empty for one that all know, and for one that none knows.
std::vector<PostfixVersion> first_with_parameter(std::string_view name);

/// Every change, sorted by name; several of one name in the order of time.
std::vector<DefaultChange> default_changes();

/// The names of all parameters that a release has, sorted.
std::vector<std::string_view> parameters_of(const PostfixVersion& version);

}  // namespace lastmile
