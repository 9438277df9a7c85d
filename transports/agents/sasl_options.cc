// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/sasl_options.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "transports/address_lookup.h"
#include "transports/agents/client_parameters.h"
#include "transports/agents/sasl_client.h"
#include "transports/agents/server_names.h"
#include "transports/configuration.h"
#include "transports/match_list.h"
#include "transports/table_release.h"

namespace lastmile {
namespace {

/// What main.cf says of logging in.
struct SaslParameters {
  bool is_enabled = false;
  bool depends_on_sender = false;
  std::vector<TableSpec> password_maps = {};
  std::vector<std::string> mechanism_filter = {};
  SaslOptions options = {};
};

SaslParameters read_sasl_parameters(ClientParameters& parameters, Dialect dialect) {
  SaslParameters sasl;
  parameters.boolean("sasl_auth_enable", sasl.is_enabled);
  if (!sasl.is_enabled) {
    return sasl;
  }
  sasl.password_maps = parameters.tables("sasl_password_maps");
  sasl.mechanism_filter = parameters.list("sasl_mechanism_filter");
  // lmtp(8) has the parameter, and does not ask it.
  if (dialect == Dialect::smtp) {
    parameters.boolean("sender_dependent_authentication", sasl.depends_on_sender);
  }
  SaslOptions& options = sasl.options;
  options.service = dialect == Dialect::lmtp ? "lmtp" : "smtp";
  options.security_options = parameters.text("sasl_security_options");
  options.tls_security_options = parameters.text("sasl_tls_security_options");
  options.tls_verified_security_options = parameters.text("sasl_tls_verified_security_options");
  Setting<std::string> path;
  parameters.reader().text("cyrus_sasl_config_path", path);
  options.configuration_path = std::move(path.value);
  Setting<bool> sends_id;
  parameters.reader().boolean("send_cyrus_sasl_authzid", sends_id);
  options.sends_authorization_id = sends_id.value;
  return sasl;
}

using Found = Result<std::optional<std::string>>;

Found value_of(Result<std::optional<TableHit>> hit) {
  if (!hit) {
    return std::move(hit).error();
  }
  return *hit ? std::optional((*hit)->entry.value) : std::nullopt;
}

/// The sender of the message, the host, the nexthop: the first that the tables know.
Found look_up(Configuration& configuration, TableList& tables, const Address* sender,
              const ServerNames& server) {
  if (sender != nullptr && !sender->is_null()) {
    auto hit = find_address(configuration, tables, *sender);
    if (!hit) {
      return std::move(hit).error();
    }
    if (*hit) {
      return std::optional((*hit)->hit.entry.value);
    }
  }
  Found found = value_of(tables.lookup(server.host));
  return found && !*found ? value_of(tables.lookup(server.destination)) : found;
}

/// \param list  what of the mechanisms may be used; the first item that fits decides
std::function<bool(const std::string&)> filter_of(const std::vector<std::string>& list,
                                                  World& world, const TablePolicy& policy) {
  if (list.empty()) {
    return {};
  }
  const auto names = std::make_shared<MatchList>(list, world, policy, MatchStyle::exact);
  return [names](const std::string& mechanism) {
    const auto match = names->contains(mechanism);
    return match && *match == Match::yes;
  };
}

/// Stands where nobody can say who logs in. A server that does not ask for it takes mail.
class UnknownLogin final : public lmtp::Login {
 public:
  std::vector<std::string> usable(const std::vector<std::string>& offered) override {
    return offered;
  }
  Answer begin(const std::vector<std::string>& /*mechanisms*/,
               lmtp::Protection /*protection*/) override {
    return {.is_local = true};
  }
  Answer answer(std::string_view /*challenge*/) override { return {.is_local = true}; }
};

/// Finds out who logs in to each of some servers.
class LoginFinder {
 public:
  LoginFinder(const Settings& settings, const SaslParameters& sasl, World& world)
      : sasl_(sasl), world_(world), configuration_(settings, world, TableUse::deliver) {
    policy_.utf8 = settings.smtputf8_enable.value;
    policy_.want_source = false;
    policy_.parameter = values_of(settings.main_cf);
    follow_release(policy_, settings.main_cf, world_);
    tables_ = std::make_unique<TableList>(sasl.password_maps, world, policy_);
  }

  Result<std::shared_ptr<lmtp::Login>> find(const ServerNames& server, const Address& sender) {
    const auto found =
        look_up(configuration_, *tables_, sasl_.depends_on_sender ? &sender : nullptr, server);
    if (!found) {
      return found.error();
    }
    if (!*found) {
      return std::shared_ptr<lmtp::Login>();
    }
    SaslOptions options = sasl_.options;
    options.server = server.host;
    options.credentials = parse_credentials(**found);
    options.allows = filter_of(sasl_.mechanism_filter, world_, policy_);
    return make_login(options);
  }

 private:
  const SaslParameters& sasl_;
  World& world_;
  Configuration configuration_;
  TablePolicy policy_ = {};
  std::unique_ptr<TableList> tables_ = {};
};

}  // namespace

Result<LoginPlans> login_plans(const Settings& settings, const Lmtp& server, const Address& sender,
                               World* world, const std::shared_ptr<LogLines>& log) {
  const MainCf main_cf =
      main_cf_of_service(settings.main_cf, settings.master_cf.find_transport(server.service));
  ClientParameters parameters(main_cf, server.dialect);
  const SaslParameters sasl = read_sasl_parameters(parameters, server.dialect);
  if (const Error* const failure = parameters.reader().failure()) {
    return Error(*failure).during("reading the parameters of " + server.service);
  }
  if (!sasl.is_enabled) {
    return LoginPlans([](const lmtp::ServerAddress&) { return nullptr; });
  }
  std::map<std::string, std::shared_ptr<lmtp::Login>, std::less<>> logins;
  for (const ServerNames& known : server_names(server.endpoint, settings.myhostname.value)) {
    auto login = world == nullptr
                     ? Result<std::shared_ptr<lmtp::Login>>(unavailable("no table can be asked"))
                     : LoginFinder(settings, sasl, *world).find(known, sender);
    if (!login) {
      log->push_back({true, parameters.prefix() + "sasl_password_maps lookup error: " +
                                printable(login.error().message())});
    }
    logins[known.destination] = login ? *std::move(login) : std::make_shared<UnknownLogin>();
  }
  return LoginPlans([logins = std::move(logins)](const lmtp::ServerAddress& address) {
    const auto found = logins.find(address.destination);
    return found == logins.end() ? nullptr : found->second;
  });
}

}  // namespace lastmile
