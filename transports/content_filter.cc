// SPDX-License-Identifier: Apache-2.0
#include "transports/content_filter.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "transports/entry_services.h"
#include "transports/pipe_rules.h"
#include "transports/transport_destination.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxScript = 65'536;  // Octets of a command that may call sendmail.

/// A service to which a filter might give mail back.
struct Candidate {
  const Service* service = nullptr;
  const Settings* settings = nullptr;
};

/// Where a filter listens, as an inet service is named; nullopt for a command or a socket.
std::optional<Listener> listener_of_filter(const ContentFilter& filter) {
  std::string nexthop = filter.kind == ContentFilter::Kind::after_queue
                            ? split_transport(filter.target).nexthop
                            : filter.target;
  if (nexthop.starts_with("inet:")) {
    nexthop.erase(0, 5);
  }
  std::erase_if(nexthop, [](char octet) { return octet == '[' || octet == ']'; });
  if (nexthop.find(':') == std::string::npos) {
    return std::nullopt;
  }
  return listener_of(nexthop);
}

/// The port that follows one in digits.
std::string port_behind(std::string_view port) {
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() ? std::to_string(number + 1)
                                                                  : std::string();
}

/// Whether a listener is the one that is usual for a filter: on this host, at the port behind it.
bool follows(const Service& listener, const ContentFilter& filter) {
  const auto of_filter = listener_of_filter(filter);
  return of_filter && listener_of(listener.name).port == port_behind(of_filter->port);
}

std::optional<ContentFilter> filter_of_kind(ContentFilter::Kind kind, const Settings& settings) {
  return kind == ContentFilter::Kind::after_queue ? content_filter_of(settings)
                                                  : proxy_filter_of(settings);
}

bool is_same(const std::optional<ContentFilter>& one, const ContentFilter& other) {
  return one && one->target == other.target;
}

/// The smtpd(8) services that do not hand mail to this filter again. What has no word of filters in
/// its line is one that the world speaks to, unless it listens on a loopback address.
std::vector<Candidate> candidates_for(const ContentFilter& filter, const Service* entry,
                                      ServiceConfigurations& configurations) {
  std::vector<Candidate> found;
  for (const Service& service : configurations.mail_system().settings().master_cf.services()) {
    const bool is_smtpd = &service != entry && entry_kind(service) == EntryKind::smtpd;
    const bool is_told =
        service.overrides.contains("content_filter") || listener_of(service.name).is_loopback();
    if (!is_smtpd || !is_told) {
      continue;
    }
    const Settings& own = configurations.of_line(&service).settings();
    if (!is_same(filter_of_kind(filter.kind, own), filter)) {
      found.push_back({&service, &own});
    }
  }
  return found;
}

/// The filters of all services where mail comes in.
std::vector<ContentFilter> all_filters(ServiceConfigurations& configurations) {
  std::vector<ContentFilter> filters;
  for (const Service& service : configurations.mail_system().settings().master_cf.services()) {
    if (entry_kind(service) == EntryKind::other) {
      continue;
    }
    const Settings& own = configurations.of_line(&service).settings();
    for (auto filter : {content_filter_of(own), proxy_filter_of(own)}) {
      if (filter) {
        filters.push_back(*std::move(filter));
      }
    }
  }
  return filters;
}

/// The only one for which the condition holds.
template <class Condition>
const Service* only_one(const std::vector<Candidate>& candidates, Condition condition) {
  const Service* found = nullptr;
  for (const Candidate& candidate : candidates) {
    if (condition(candidate)) {
      if (found != nullptr) {
        return nullptr;
      }
      found = candidate.service;
    }
  }
  return found;
}

Reinjection by_listeners(const ContentFilter& filter, const Service* entry,
                         ServiceConfigurations& configurations) {
  const auto candidates = candidates_for(filter, entry, configurations);
  const auto is_next = [&filter](const Candidate& each) { return follows(*each.service, filter); };
  if (const Service* const next = only_one(candidates, is_next)) {
    return {next, "it listens at the port behind that of the filter"};
  }
  const auto filters = all_filters(configurations);
  const auto is_free = [&filters](const Candidate& each) {
    return !content_filter_of(*each.settings) &&
           std::ranges::none_of(filters, [&each](const ContentFilter& other) {
             return follows(*each.service, other);
           });
  };
  const auto is_local = [](const Candidate& each) {
    return listener_of(each.service->name).is_loopback() && !content_filter_of(*each.settings);
  };
  const auto is_local_and_free = [&](const Candidate& each) {
    return is_local(each) && is_free(each);
  };
  const auto is_unfiltered = [](const Candidate& each) {
    return !content_filter_of(*each.settings);
  };
  if (const Service* const only = only_one(candidates, is_local_and_free)) {
    return {only, "it is the only smtpd for mail of this host that sets no content_filter"};
  }
  if (const Service* const only = only_one(candidates, is_local)) {
    return {only, "it is the only smtpd for mail of this host that sets no content_filter"};
  }
  if (const Service* const only = only_one(candidates, is_unfiltered)) {
    return {only, "it is the only smtpd that sets content_filter to nothing"};
  }
  return {nullptr, candidates.empty() ? "no smtpd sets another content_filter"
                                      : "several smtpd services could take it back"};
}

/// The service that runs pickup(8).
const Service* pickup_of(const MasterCf& master_cf) {
  const auto found =
      std::ranges::find(master_cf.services(), std::string_view("pickup"),
                        [](const Service& each) { return std::string_view(each.program); });
  return found == master_cf.services().end() ? nullptr : &*found;
}

/// Whether the command of a pipe(8) service calls sendmail: its words, or the text of the script.
bool calls_sendmail(const Service& service, World& world) {
  const auto parsed = parse_pipe_service(service);
  if (!parsed) {
    return false;
  }
  const auto names_it = [](std::string_view text) {
    return text.find("sendmail") != std::string_view::npos;
  };
  if (std::ranges::any_of(parsed->words, names_it)) {
    return true;
  }
  const auto script =
      world.read_file(parsed->words.front(), {0, 0, {}, "root"}, Symlinks::follow, kMaxScript);
  return script && *script && (*script)->content.starts_with("#!") && names_it((*script)->content);
}

/// What lastmile_reinjection_service says of a filter: its words are names of services, each for
/// all filters or, behind `FILTER=`, for one.
std::optional<std::string> configured_entry(const ContentFilter& filter, const Settings& settings) {
  const std::string transport = split_transport(filter.target).transport;
  for (const std::string& word : settings.lastmile_reinjection_service.value) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      return word;
    }
    const std::string_view name = std::string_view(word).substr(0, equals);
    if (name == filter.target || name == transport) {
      return word.substr(equals + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ContentFilter> content_filter_of(const Settings& entry) {
  const auto& setting = entry.content_filter;
  if (setting.value.empty()) {
    return std::nullopt;
  }
  return ContentFilter{ContentFilter::Kind::after_queue, setting.value, "content_filter",
                       setting.source};
}

std::optional<ContentFilter> proxy_filter_of(const Settings& entry) {
  const auto& setting = entry.smtpd_proxy_filter;
  if (setting.value.empty()) {
    return std::nullopt;
  }
  return ContentFilter{ContentFilter::Kind::before_queue, setting.value, "smtpd_proxy_filter",
                       setting.source};
}

Reinjection find_reinjection(const ContentFilter& filter, const Service* entry,
                             ServiceConfigurations& configurations) {
  Configuration& system = configurations.mail_system();
  const MasterCf& master_cf = system.settings().master_cf;
  if (const auto name = configured_entry(filter, system.settings())) {
    const auto found = find_entry(master_cf, *name);
    return found ? Reinjection{*found, "lastmile_reinjection_service"}
                 : Reinjection{nullptr, "lastmile_reinjection_service: " + found.error().text};
  }
  if (filter.kind == ContentFilter::Kind::after_queue) {
    const Service* const service =
        master_cf.find_transport(split_transport(filter.target).transport);
    if (service != nullptr && service->program == "pipe" &&
        calls_sendmail(*service, system.world())) {
      return {pickup_of(master_cf), "its command calls sendmail"};
    }
  }
  return by_listeners(filter, entry, configurations);
}

}  // namespace lastmile
