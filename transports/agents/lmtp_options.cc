// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/lmtp_options.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "transports/agents/client_parameters.h"
#include "transports/client_rules.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

using std::chrono::seconds;

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void read_timeouts(ClientParameters& parameters, Dialect dialect, lmtp::Timeouts& timeouts) {
  parameters.time("connect_timeout", timeouts.connect, seconds(0));
  parameters.time(dialect == Dialect::lmtp ? "lhlo_timeout" : "helo_timeout", timeouts.lhlo,
                  seconds(1));
  parameters.time("starttls_timeout", timeouts.starttls, seconds(1));
  parameters.time("xforward_timeout", timeouts.xforward, seconds(1));
  parameters.time("mail_timeout", timeouts.mail, seconds(1));
  parameters.time("rcpt_timeout", timeouts.rcpt, seconds(1));
  parameters.time("data_init_timeout", timeouts.data_init, seconds(1));
  parameters.time("data_xfer_timeout", timeouts.data_xfer, seconds(1));
  parameters.time("data_done_timeout", timeouts.data_done, seconds(1));
  parameters.time("rset_timeout", timeouts.rset, seconds(1));
  parameters.time("quit_timeout", timeouts.quit, seconds(1));
  parameters.boolean("per_request_deadline", timeouts.per_request);
  parameters.number("min_data_rate", timeouts.min_data_rate);
}

/// An address in brackets or without them.
std::string own_address(ClientParameters& parameters, const std::string& name) {
  std::string address = parameters.text(name);
  const bool is_bracketed = address.starts_with('[');
  if (is_bracketed && !address.ends_with(']')) {
    parameters.reader().reject(parameters.prefix() + name, address, std::nullopt,
                               "the closing bracket is missing");
  }
  return is_bracketed && address.size() > 1 ? address.substr(1, address.size() - 2) : address;
}

void read_network(ClientParameters& parameters, lmtp::NetworkOptions& network) {
  const auto lookup = parameters.list("host_lookup");
  network.native_lookup = has_word(lookup, "native") && !has_word(lookup, "dns");
  network.preference = parameters.preference();
  Setting<std::vector<std::string>> protocols;
  parameters.reader().list("inet_protocols", protocols);
  network.own_ipv4 = own_address(parameters, "bind_address");
  network.own_ipv6 = own_address(parameters, "bind_address6");
  parameters.boolean("bind_address_enforce", network.own_address_enforced);
  const bool all = has_word(protocols.value, "all");
  network.use_ipv4 = all || has_word(protocols.value, "ipv4");
  network.use_ipv6 = all || has_word(protocols.value, "ipv6");
}

/// \see postconf(5), smtp_never_send_ehlo
lmtp::Hello hello_of(ClientParameters& parameters) {
  bool always = true;
  bool never = false;
  parameters.boolean("always_send_ehlo", always);
  parameters.boolean("never_send_ehlo", never);
  return never ? lmtp::Hello::helo : always ? lmtp::Hello::ehlo : lmtp::Hello::by_greeting;
}

void read_session(ClientParameters& parameters, Dialect dialect, lmtp::SessionOptions& session) {
  const bool is_lmtp = dialect == Dialect::lmtp;
  session.dialect = is_lmtp ? lmtp::Dialect::lmtp : lmtp::Dialect::smtp;
  session.lhlo_name = parameters.text(is_lmtp ? "lhlo_name" : "helo_name");
  session.hello = !is_lmtp ? hello_of(parameters) : lmtp::Hello::ehlo;
  session.discard_keywords =
      parameters.list(is_lmtp ? "discard_lhlo_keywords" : "discard_ehlo_keywords");
  parameters.boolean("send_xforward_command", session.send_xforward);
  parameters.boolean("skip_5xx_greeting", session.skip_5xx_greeting);
  parameters.boolean("sasl_auth_soft_bounce", session.login_soft_bounce);
  parameters.boolean("send_dummy_mail_auth", session.sends_dummy_sender);
  parameters.number("line_length_limit", session.line_length_limit);
  Setting<bool> keep_eight_bit;
  parameters.reader().boolean("disable_mime_output_conversion", keep_eight_bit);
  session.convert_eight_bit = !keep_eight_bit.value;
}

std::string socket_path(const Settings& settings, const Service* service,
                        const std::string& configured) {
  const bool is_absolute = configured.starts_with('/');
  if (is_absolute && (service == nullptr || !service->chroot)) {
    return configured;
  }
  return settings.queue_directory.value + (is_absolute ? "" : "/") + configured;
}

std::vector<gid_t> groups_of(const char* name, gid_t primary) {
  std::vector<gid_t> groups(32);
  int count = static_cast<int>(groups.size());
  while (::getgrouplist(name, primary, groups.data(), &count) < 0) {
    groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

/// Connects where mail_owner is not set and its built-in default has no account.
constexpr const char* kStandIn = "nobody";

/// The rights of an account with its supplementary groups; nothing when there is no such account.
Result<std::optional<Rights>> rights_of_account(const std::string& name) {
  std::vector<char> buffer(std::size_t{64} * 1024);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) {
    return unavailable(error_text(error));
  }
  if (found == nullptr) {
    return std::optional<Rights>();
  }
  if (entry.pw_uid == 0) {
    return misconfigured("must not be root");
  }
  return std::optional(
      Rights{entry.pw_uid, entry.pw_gid, groups_of(name.c_str(), entry.pw_gid), name});
}

/// A server that is named by a service of use_srv_lookup is where SRV records say, and these are
/// not asked for: its mail waits. \see postconf(5), use_srv_lookup
Result<Ok> check_srv(const Settings& settings, const Lmtp& server) {
  const auto& services = settings.use_srv_lookup;
  if (services.value.empty()) {
    return Ok{};
  }
  const std::string written = lmtp::as_written(server.endpoint);
  for (const std::string_view one : split_list(written)) {
    const std::size_t colon = one.rfind(':');
    const std::string_view service = colon == std::string_view::npos ? "" : one.substr(colon + 1);
    const bool is_listed =
        std::ranges::find(services.value, service) != services.value.end() && one.front() != '[';
    if (is_listed && settings.postfix->has(VersionRule::srv_lookup)) {
      return misconfigured("use_srv_lookup: SRV records of _" + std::string(service) + "._tcp." +
                               std::string(one.substr(0, colon)) +
                               " are not asked for here, and its mail would go elsewhere",
                           services.source);
    }
  }
  return Ok{};
}

}  // namespace

Result<lmtp::ClientOptions> lmtp_client_options(const Settings& settings, const Lmtp& server) {
  const Service* const service = settings.master_cf.find_transport(server.service);
  Service unnamed;
  unnamed.name = server.service;
  unnamed.program = server.dialect == Dialect::lmtp ? "lmtp" : "smtp";
  const Service& line = service != nullptr ? *service : unnamed;
  if (auto checked = check_client(settings, line); !checked) {
    return std::move(checked).error();
  }
  if (auto checked = check_names(settings, line, server.endpoint); !checked) {
    return std::move(checked).error();
  }
  if (auto checked = check_srv(settings, server); !checked) {
    return std::move(checked).error();
  }
  const MainCf main_cf = main_cf_of_service(settings.main_cf, service);
  ClientParameters parameters(main_cf, server.dialect);
  lmtp::ClientOptions options;
  read_session(parameters, server.dialect, options.session);
  read_timeouts(parameters, server.dialect, options.timeouts);
  read_network(parameters, options.network);
  parameters.number("mx_address_limit", options.address_limit);
  parameters.number("mx_session_limit", options.session_limit);
  parameters.boolean("skip_quit_response", options.skip_quit_response);
  std::chrono::milliseconds reuse{};
  parameters.time("connection_reuse_time_limit", reuse, seconds(1));
  options.reuse_time_limit = std::chrono::duration_cast<seconds>(reuse);
  parameters.number("connection_reuse_count_limit", options.reuse_count_limit);
  options.myhostname = settings.myhostname.value;
  if (const auto* local = std::get_if<lmtp::UnixEndpoint>(&server.endpoint)) {
    options.socket_path = socket_path(settings, service, local->path);
  }
  if (parameters.reader().failure()) {
    return Error(*parameters.reader().failure())
        .during("reading the parameters of " + server.service);
  }
  return options;
}

Result<ConnectionReuse> connection_reuse(const Settings& settings, const Lmtp& server) {
  const MainCf main_cf =
      main_cf_of_service(settings.main_cf, settings.master_cf.find_transport(server.service));
  ClientParameters parameters(main_cf, server.dialect);
  ConnectionReuse reuse;
  parameters.boolean("connection_cache_on_demand", reuse.is_wanted);
  parameters.boolean("tls_connection_reuse", reuse.encrypted_too);
  parameters.time("connection_cache_time_limit", reuse.idle_limit, seconds(1));
  if (parameters.reader().failure()) {
    return Error(*parameters.reader().failure())
        .during("reading the parameters of " + server.service);
  }
  return reuse;
}

Result<ServersInOrder> with_fallback_servers(const Settings& settings, const Lmtp& server) {
  ServersInOrder result{server, 0};
  auto* const inet = std::get_if<lmtp::InetEndpoint>(&result.server.endpoint);
  const std::string prefix = server.dialect == Dialect::lmtp ? "lmtp_" : "smtp_";
  const auto value = settings.service_parameter(server.service, prefix + "fallback_relay");
  if (inet == nullptr || !value || trim(*value).empty()) {
    return result;
  }
  const auto port = settings.service_parameter(server.service, prefix + "tcp_port");
  lmtp::ParsedEndpoint parsed = lmtp::parse_servers(*value, port.value_or(""));
  if (!parsed.problem.empty()) {
    return misconfigured(
        prefix + "fallback_relay: \"" + printable(*value) + "\": " + parsed.problem, std::nullopt);
  }
  auto& fallback = std::get<lmtp::InetEndpoint>(parsed.endpoint);
  result.fallback_servers = 1 + fallback.alternatives.size();
  inet->alternatives.push_back({fallback.host, fallback.port, fallback.written});
  std::ranges::move(fallback.alternatives, std::back_inserter(inet->alternatives));
  return result;
}

Result<ConnectingRights> rights_to_connect(const Settings& settings) {
  const Setting<std::string>& owner = settings.mail_owner;
  const auto refuse = [&](Error::Kind kind, const std::string& problem) {
    return Error{kind, "mail_owner: \"" + owner.value + "\": " + problem, owner.source, {}};
  };
  auto rights = rights_of_account(owner.value);
  if (!rights) {
    return refuse(rights.error().kind, rights.error().text);
  }
  if (*rights) {
    return ConnectingRights{**std::move(rights), {}};
  }
  // Only a Postfix that is installed has made the account of the built-in default.
  if (owner.source) {
    return refuse(Error::Kind::misconfigured, "no such account");
  }
  rights = rights_of_account(kStandIn);
  if (!rights || !*rights) {
    return refuse(Error::Kind::misconfigured,
                  "no such account, and no \"nobody\" to stand in for it");
  }
  return ConnectingRights{**std::move(rights), "mail_owner is not set, and there is no account \"" +
                                                   owner.value + "\": connecting as nobody"};
}

}  // namespace lastmile
