// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/error_status.h"

namespace lastmile {

namespace {

constexpr const char* kConfigurationError = "mail system configuration error";

/// What the system said, "Input/output error", of "/srv/list: Input/output error (as alice)":
/// local(8) names neither file nor user in a status, which the sender may see.
std::string system_reason(const Error& error) {
  const std::size_t end = error.text.rfind(" (as ");
  const std::size_t begin = end == std::string::npos ? end : error.text.rfind(": ", end);
  return begin == std::string::npos ? error.text : error.text.substr(begin + 2, end - begin - 2);
}

/// local(8) bounces what a person must mend in an include file, and tries again what the disk did.
Destination include_status(const Error& error) {
  if (error.kind == Error::Kind::unavailable) {
    return Defer{"4.3.0"_dsn, "error reading forwarding file: " + system_reason(error)};
  }
  return Bounce{"5.3.5"_dsn, kConfigurationError};
}

/// smtpd(8) tells its own mistakes from those of its tables.
Destination recipient_check_status(const Error& error) {
  if (error.kind == Error::Kind::misconfigured) {
    return Defer{"4.3.5"_dsn, "Server configuration error"};
  }
  return Defer{"4.3.0"_dsn, "Temporary lookup failure"};
}

}  // namespace

Destination status_of(const Error& error, Failure failure) {
  // The MTA, which is root, may well see it: neither a failure nor an answer is known from here.
  if (error.kind == Error::Kind::unseen) {
    return Defer{"4.3.0"_dsn, error.text, error.message(), true};
  }
  switch (failure) {
    case Failure::alias_database:
      return Defer{"4.3.0"_dsn, "alias database unavailable"};
    case Failure::alias_owner:
      return Defer{"4.3.0"_dsn, error.kind == Error::Kind::misconfigured
                                    ? kConfigurationError
                                    : "cannot find alias database owner"};
    case Failure::table_lookup:
      return Defer{"4.3.0"_dsn, "table lookup failure"};
    case Failure::user_lookup:
      return Defer{"4.0.0"_dsn, "user lookup error"};
    case Failure::address_resolver:
      return Defer{"4.3.0"_dsn, "address resolver failure"};
    case Failure::virtual_alias:
      return error.kind == Error::Kind::malformed
                 ? Defer{"4.6.0"_dsn, "Alias expansion error"}
                 : Defer{"4.3.0"_dsn, "virtual alias lookup failure"};
    case Failure::recipient_check:
      return recipient_check_status(error);
    case Failure::include_file:
      return include_status(error);
    case Failure::forward_file:
      return Defer{"4.3.0"_dsn, "error reading forwarding file: " + system_reason(error)};
    case Failure::service:
      return Defer{"4.3.0"_dsn, "unknown mail transport error"};
    case Failure::member_path:
      return Bounce{"5.3.5"_dsn, kConfigurationError};
    case Failure::virtual_mailbox:
    case Failure::service_circle:
    case Failure::include_owner:
    case Failure::default_rights:
    case Failure::command_setting:
      return Defer{"4.3.5"_dsn, kConfigurationError};
  }
  return Defer{"4.3.0"_dsn, kConfigurationError};
}

}  // namespace lastmile
