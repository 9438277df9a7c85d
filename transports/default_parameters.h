// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lastmile {

/// The built-in default of a parameter, as it is written: not expanded.
struct DefaultParameter {
  std::string_view name = {};
  std::string_view value = {};
};

/// \return nullopt for an unknown name. What depends on the host (myhostname, mydomain,
///         mynetworks) has no default here: load_main_cf() finds it out.
/// \see postconf(5)
std::optional<std::string_view> default_parameter(std::string_view name);

/// The default of a parameter that each service of master.cf has under its own name, such as
/// `dovecot_destination_recipient_limit`; nullopt when `name` has no such ending.
/// \see postconf(5), transport_destination_recipient_limit
std::optional<std::string_view> default_service_parameter(std::string_view name);

/// Whether Postfix leaves the $names of a parameter to the delivery or session that uses it.
bool is_raw_parameter(std::string_view name);

/// The endings of the names of such parameters, and their defaults.
std::span<const DefaultParameter> default_service_parameters();

/// All parameters that default_parameter() knows, sorted by name.
std::vector<DefaultParameter> default_parameters();

}  // namespace lastmile
