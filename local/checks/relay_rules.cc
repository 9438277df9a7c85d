// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/text.h"
#include "lmtpclient/endpoint.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// Whether a network is so wide that strangers are in it.
bool is_open(std::string_view network) {
  const std::size_t slash = network.rfind('/');
  if (slash == std::string_view::npos) {
    return false;
  }
  std::string_view address = network.substr(0, slash);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  int bits = 0;
  const std::string_view digits = network.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, is_digit)) {
    return false;
  }
  for (const char digit : digits) {
    bits = bits * 10 + (digit - '0');
  }
  if (address.find(':') != std::string_view::npos) {
    constexpr int kWideIpv6 = 16;
    const std::string low = fold_ascii(address);
    const bool is_private =
        low.starts_with("fe80") || low.starts_with("fc") || low.starts_with("fd");
    return bits <= kWideIpv6 && !is_private;
  }
  constexpr int kWideIpv4 = 8;
  const bool is_private = address.starts_with("10.") || address.starts_with("127.");
  return bits < kWideIpv4 || (bits == kWideIpv4 && !is_private);
}

void relay_open_network(HostView& host, Report& report) {
  const std::string value = host.is_set("mynetworks") ? host.value("mynetworks") : "";
  for (const std::string_view item : split_list(value)) {
    if (item == "static:all" || is_open(item)) {
      report
          .add(host.place("mynetworks"), std::string(item),
               "everybody in " + std::string(item) + " may relay through this host",
               "mynetworks = 127.0.0.0/8 [::1]/128, and the networks of this site")
          .subject = std::string(item);
    }
  }
  if (!host.is_set("mynetworks") && host.value("mynetworks_style") == "class") {
    report.add(host.place("mynetworks_style"), "class",
               "the whole class A, B or C network of each interface may relay through this host",
               "mynetworks_style = host, or mynetworks");
  }
}

void relay_domains_everything(HostView& host, Report& report) {
  for (const char* const domain : {"qzxvkwjq.example", "kwjqqzxv.invalid"}) {
    const auto match = host.configuration().list(&Settings::relay_domains).contains(domain);
    if (!match || *match == Match::no) {
      return;
    }
  }
  report.add(host.place("relay_domains"), "", "relay_domains matches any domain: an open relay",
             "list the domains");
}

/// The ports on which smtpd of this host listens.
std::set<std::string> own_ports(HostView& host) {
  std::set<std::string> ports;
  for (const Service& service : host.settings().master_cf.services()) {
    if (service.type == "inet" && (service.program == "smtpd" || service.program == "postscreen")) {
      const std::string port = service.name.substr(service.name.rfind(':') + 1);
      ports.insert(port == "smtp" ? "25" : port);
    }
  }
  return ports;
}

bool is_own_host(HostView& host, std::string_view name) {
  if (name == "localhost" || name.starts_with("127.") || name == "::1" ||
      equal_ignoring_case(name, host.settings().myhostname.value)) {
    return true;
  }
  const auto addresses = host.sight().is_live
                             ? host.world().interface_addresses()
                             : Result<std::vector<std::string>>(std::vector<std::string>{});
  const auto is_it = [name](const std::string& address) { return address == name; };
  return (addresses && std::ranges::any_of(*addresses, is_it)) ||
         std::ranges::any_of(host.settings().inet_interfaces.value, is_it) ||
         std::ranges::any_of(host.settings().proxy_interfaces.value, is_it);
}

void report_loop(HostView& host, Report& report, const std::string& nexthop,
                 const std::string& mark, const std::optional<SourcePos>& source,
                 const std::string& what) {
  const auto parsed = lmtp::parse_endpoint(nexthop, "25");
  const auto* const inet = std::get_if<lmtp::InetEndpoint>(&parsed.endpoint);
  if (!parsed.problem.empty() || inet == nullptr || !is_own_host(host, inet->host) ||
      !own_ports(host).contains(inet->port == "smtp" ? "25" : inet->port)) {
    return;
  }
  report
      .add(source, mark, what + " is sent to " + inet->host + ", which is this host: it loops back",
           "make it local, or name the right host")
      .subject = what;
}

void relay_loops_back(HostView& host, Report& report) {
  const std::string relayhost = host.value("relayhost");
  if (!relayhost.empty()) {
    report_loop(host, report, relayhost, relayhost, host.place("relayhost"), "all other mail");
  }
  for (const NamedTransport& named : host.transports()) {
    const auto target = split_transport(named.text);
    const std::string transport = target.transport.empty() ? "smtp" : target.transport;
    const Service* const service = host.settings().master_cf.find_transport(transport);
    if (service != nullptr && service->program == "smtp" && !target.nexthop.empty()) {
      report_loop(host, report, target.nexthop, named.text, named.source,
                  named.key.empty() ? named.parameter : named.key);
    }
  }
}

void sender_route_overridden(HostView& host, Report& report) {
  std::map<std::string, SourcePos> by_transport;
  for (const TableInUse& table : host.tables_of("sender_dependent_default_transport_maps")) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      by_transport.emplace(entry.key, entry.source ? *entry.source : host.place(table.parameter));
    }
  }
  for (const TableInUse& table : host.tables_of("sender_dependent_relayhost_maps")) {
    for (const WrittenEntry& entry : host.content(table).entries) {
      const auto other = by_transport.find(entry.key);
      if (other != by_transport.end()) {
        Finding& finding = report.add(
            entry.source ? entry.source : table.source, entry.key,
            "the relayhost of " + entry.key + " is never used: its default transport comes first",
            "name the host in the transport: smtp:[host]");
        finding.subject = entry.key;
        finding.also.push_back(other->second);
      }
    }
  }
}

constexpr std::array kRelayRules = {
    Rule{"relay-open-network", Severity::error, Needs::text,
         "mynetworks (or permit_* of it) covers the world, or a shared range that is not this "
         "site's: open relay.",
         "mynetworks = 127.0.0.0/8 [::1]/128", "mynetworks = 0.0.0.0/0", "mynetworks = 127.0.0.0/8",
         relay_open_network},
    Rule{"relay-domains-everything", Severity::error, Needs::tables,
         "relay_domains with a table that answers for every name (static:, /./): open relay for "
         "all domains.",
         "list the domains", "relay_domains = static:x", "relay_domains = rel.example",
         relay_domains_everything},
    Rule{"relay-loops-back", Severity::error, Needs::text,
         "A nexthop that is this host, on a port where its own smtpd listens: 5.4.6 `loops back to "
         "myself`.",
         "make it local, or name the right host", "loop.example smtp:[127.0.0.1]",
         "loop.example smtp:[10.0.0.2]", relay_loops_back},
    Rule{"sender-route-overridden", Severity::notice, Needs::text,
         "sender_dependent_default_transport_maps and sender_dependent_relayhost_maps are for mail "
         "that no transport_maps entry and no class of ours takes; and the first makes the second "
         "useless for the same sender.",
         "smtp:[host] in the transport table",
         "sender_dependent_default_transport_maps = inline:{@customer.example=smtp:[a.example]}; "
         "sender_dependent_relayhost_maps = inline:{@customer.example=[b.example]}",
         "sender_dependent_default_transport_maps = inline:{@customer.example=smtp:[b.example]}",
         sender_route_overridden},
    Rule{"suppression-unused", Severity::notice, Needs::text,
         "An `allow` line that hides nothing any more, or that names no rule.", "remove the line",
         "# lastmile: allow alias-loop", "", nullptr},
    Rule{"lmtp-extension-mismatch", Severity::warning, Needs::probe,
         "smtputf8_enable, recipient_delimiter or message_size_limit promise what the LMTP server "
         "does not offer: mail is accepted and then bounces. Files alone cannot tell.",
         "smtputf8_enable = no, or the setting of the server", "", "", nullptr},
};

}  // namespace

std::span<const Rule> relay_rules() {
  return kRelayRules;
}

}  // namespace lastmile
