// SPDX-License-Identifier: Apache-2.0
#include "transports/transport_destination.h"

#include <utility>

#include "aliases/text.h"
#include "transports/client_rules.h"

namespace lastmile {
namespace {

/// "main.cf:31: mailbox_transport: ", as far as it is known.
std::string place_of(const TransportNexthop& target) {
  std::string place = target.source ? to_string(*target.source) + ": " : std::string();
  return target.parameter.empty() ? place : place + target.parameter + ": ";
}

std::string in_quotes(const TransportNexthop& target) {
  return '"' + printable(target.transport + (target.nexthop.empty() ? "" : ":" + target.nexthop)) +
         '"';
}

/// A status code at the beginning of an error or discard nexthop, when its class fits.
EnhancedStatus take_status(std::string_view& text, EnhancedStatus fallback) {
  text = trim(text);
  const auto status = take_enhanced_status(text);
  return status && status->status_class == fallback.status_class ? *status : fallback;
}

/// The error(8) program bounces or defers by the name of its service.
Destination error_destination(const TransportNexthop& target, std::string_view text) {
  if (target.transport == "error") {
    const EnhancedStatus status = take_status(text, "5.0.0"_dsn);
    return Bounce{status, std::string(text)};
  }
  if (target.transport == "retry") {
    const EnhancedStatus status = take_status(text, "4.0.0"_dsn);
    return Defer{status, std::string(text)};
  }
  return Defer{"4.3.0"_dsn, place_of(target) + in_quotes(target) +
                                ": a service of program error is named error or retry"};
}

Destination server_destination(const Settings& settings, const TransportNexthop& target,
                               std::string_view nexthop, Dialect dialect, PassedBy passed_by) {
  const auto port = settings.service_parameter(
      target.transport, dialect == Dialect::lmtp ? "lmtp_tcp_port" : "smtp_tcp_port");
  auto parsed = lmtp::parse_endpoint(nexthop, port.value_or(""));
  if (dialect == Dialect::smtp && std::holds_alternative<lmtp::UnixEndpoint>(parsed.endpoint) &&
      parsed.problem.empty()) {
    parsed.problem = "SMTP is spoken over TCP alone";
  }
  if (!parsed.problem.empty()) {
    return Defer{"4.3.0"_dsn, place_of(target) + in_quotes(target) + ": " + parsed.problem};
  }
  const Service* const service = settings.master_cf.find_transport(target.transport);
  if (service != nullptr) {
    if (const auto named = check_names(settings, *service, parsed.endpoint); !named) {
      return Defer{"4.3.0"_dsn, "unknown mail transport error", named.error().message()};
    }
  }
  const bool one_each =
      passed_by == PassedBy::local_agent && lmtp_flags(settings, target.transport).name_recipient();
  return Lmtp{std::move(parsed.endpoint), target.transport, dialect, one_each};
}

}  // namespace

TransportNexthop split_transport(std::string_view text) {
  TransportNexthop target;
  const std::size_t colon = text.find(':');
  target.transport = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    target.nexthop = text.substr(colon + 1);
  }
  return target;
}

Destination destination_of(const Settings& settings, const TransportNexthop& target,
                           std::string_view default_nexthop, PassedBy passed_by) {
  const Service* const service = settings.master_cf.find_transport(target.transport);
  if (service == nullptr) {
    return Defer{"4.3.0"_dsn, "mail transport unavailable",
                 place_of(target) + in_quotes(target) + ": master.cf has no such service"};
  }
  const bool explicit_nexthop = !target.nexthop.empty();
  const std::string_view nexthop = explicit_nexthop ? target.nexthop : default_nexthop;
  if (service->program == "error") {
    return error_destination(target, nexthop);
  }
  if (service->program == "discard") {
    std::string_view text = nexthop;
    const EnhancedStatus status = take_status(text, "2.0.0"_dsn);
    return Discard{status, std::string(text)};
  }
  if (service->program == "lmtp") {
    return server_destination(settings, target, nexthop, Dialect::lmtp, passed_by);
  }
  if (service->program == "smtp") {
    return passed_by == PassedBy::local_agent && explicit_nexthop
               ? server_destination(settings, target, nexthop, Dialect::smtp, passed_by)
               : Destination(Remote{target.transport, std::string(nexthop)});
  }
  return Transport{target.transport, std::string(nexthop)};
}

}  // namespace lastmile
