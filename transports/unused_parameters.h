// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "transports/main_cf.h"
#include "transports/master_cf.h"
#include "transports/postfix_version.h"

namespace lastmile {

/// A parameter that something sets and nothing reads, or, with `is_undefined`, the reverse.
struct UnusedParameter {
  std::string name = {};
  std::string value = {};
  std::optional<SourcePos> source = {};
  std::string service = {};   ///< Whose `-o` it is; empty: of main.cf.
  std::string meant = {};     ///< The name that it probably should be; empty: none is near.
  bool is_undefined = false;  ///< The `-o` of a service asks for it as `$name`.
};

/// The names of all parameters that are built into a release, those of services included, and those
/// that every program finds out for itself.
std::set<std::string> known_parameters(const MasterCf& master_cf, const PostfixVersion& version);

/// What main.cf or a service of master.cf sets and nothing reads, and what a service asks for and
/// nothing sets: mostly misspelt names. A parameter that another one names as `$name`, a class of
/// restrictions, and the settings of a table are read.
/// \param known  \see known_parameters()
/// \see postconf(1)
std::vector<UnusedParameter> find_unused_parameters(const MainCf& main_cf,
                                                    const MasterCf& master_cf,
                                                    const std::set<std::string>& known);

/// The same as warnings, each with its line.
std::vector<Error> unused_parameters(const MainCf& main_cf, const MasterCf& master_cf,
                                     const std::set<std::string>& known);

}  // namespace lastmile
