// SPDX-License-Identifier: Apache-2.0
#include "transports/entry_services.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aliases/text.h"

namespace lastmile {
namespace {

bool is_at_port(const Service& service, std::string_view port) {
  return service.type == "inet" && listener_of(service.name).port == port;
}

/// Whether mail comes in there, whatever else there is of the same name (`smtp` is a transport,
/// too).
bool takes_mail(const Service& service) {
  return entry_kind(service) != EntryKind::other || service.program == "qmqpd";
}

template <class Condition>
const Service* find_service(const MasterCf& master_cf, Condition condition) {
  const auto found = std::ranges::find_if(master_cf.services(), [&](const Service& service) {
    return takes_mail(service) && condition(service);
  });
  return found == master_cf.services().end() ? nullptr : &*found;
}

std::string known_entries(const MasterCf& master_cf) {
  std::vector<std::string_view> names;
  for (const Service& service : master_cf.services()) {
    if (takes_mail(service)) {
      names.push_back(service.name);
    }
  }
  return names.empty() ? "none" : comma_list(names);
}

}  // namespace

EntryKind entry_kind(const Service& service) {
  return service.program == "smtpd"    ? EntryKind::smtpd
         : service.program == "pickup" ? EntryKind::pickup
                                       : EntryKind::other;
}

bool Listener::is_loopback() const {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

Listener listener_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kPorts[] = {
      {"smtp", "25"},         {"submission", "587"}, {"smtps", "465"},
      {"submissions", "465"}, {"ssmtp", "465"},      {"qmqp", "628"},
  };
  const std::size_t colon = name.rfind(':');
  Listener listener;
  if (colon != std::string_view::npos) {
    listener.host = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  listener.port = name;
  for (const auto& [service, port] : kPorts) {
    if (name == service) {
      listener.port = port;
    }
  }
  return listener;
}

const Service* default_entry(const MasterCf& master_cf) {
  const Service* const smtpd =
      find_service(master_cf, [](const Service& service) { return is_at_port(service, "25"); });
  if (smtpd != nullptr) {
    return smtpd;
  }
  const bool is_screened = std::ranges::any_of(master_cf.services(), [](const Service& service) {
    return service.program == "postscreen" && is_at_port(service, "25");
  });
  return !is_screened ? nullptr : find_service(master_cf, [](const Service& service) {
    return service.type == "pass" && entry_kind(service) == EntryKind::smtpd;
  });
}

Result<const Service*> find_entry(const MasterCf& master_cf, std::string_view name) {
  const Service* found =
      find_service(master_cf, [name](const Service& service) { return service.name == name; });
  const Listener wanted = listener_of(name);
  if (found == nullptr) {
    found = find_service(master_cf, [&wanted](const Service& service) {
      const Listener own = listener_of(service.name);
      return service.type == "inet" && own.port == wanted.port &&
             (wanted.host.empty() || own.host.empty() || own.host == wanted.host);
    });
  }
  if (found == nullptr && wanted.port == "25") {
    found = default_entry(master_cf);
  }
  if (found == nullptr) {
    return misconfigured("master.cf has no service \"" + printable(name) +
                         "\" that takes mail in (" + known_entries(master_cf) + ')');
  }
  return found;
}

}  // namespace lastmile
