// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/tls_options.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aliases/tables/table_list.h"
#include "transports/agents/client_parameters.h"
#include "transports/agents/server_names.h"
#include "transports/table_release.h"

namespace lastmile {
namespace {

TlsParameters read_tls_parameters(ClientParameters& parameters) {
  TlsParameters tls;
  tls.prefix = parameters.prefix();
  tls.security_level = parameters.text("tls_security_level");
  parameters.boolean("use_tls", tls.use_tls);
  parameters.boolean("enforce_tls", tls.enforce_tls);
  parameters.boolean("tls_enforce_peername", tls.enforce_peername);
  parameters.boolean("tls_wrappermode", tls.wrappermode);
  tls.protocols = parameters.text("tls_protocols");
  tls.mandatory_protocols = parameters.text("tls_mandatory_protocols");
  tls.ciphers = parameters.text("tls_ciphers");
  tls.mandatory_ciphers = parameters.text("tls_mandatory_ciphers");
  tls.exclude_ciphers = parameters.text("tls_exclude_ciphers");
  tls.mandatory_exclude_ciphers = parameters.text("tls_mandatory_exclude_ciphers");
  tls.fingerprint_cert_match = parameters.list("tls_fingerprint_cert_match");
  tls.verify_cert_match = parameters.list("tls_verify_cert_match");
  tls.secure_cert_match = parameters.list("tls_secure_cert_match");
  tls.trust_anchor_file = parameters.list("tls_trust_anchor_file");
  tls.servername = parameters.text("tls_servername");
  const std::pair<const char*, std::string*> lists[] = {
      {"tls_high_cipherlist", &tls.high_cipherlist},
      {"tls_medium_cipherlist", &tls.medium_cipherlist},
      {"tls_low_cipherlist", &tls.low_cipherlist},
      {"tls_export_cipherlist", &tls.export_cipherlist},
      {"tls_null_cipherlist", &tls.null_cipherlist},
  };
  for (const auto& [name, list] : lists) {
    Setting<std::string> setting;
    parameters.reader().text(name, setting);
    *list = std::move(setting.value);
  }
  return tls;
}

TlsEngineOptions read_engine_options(ClientParameters& parameters) {
  TlsEngineOptions engine;
  engine.ca_file = parameters.text("tls_CAfile");
  engine.ca_path = parameters.text("tls_CApath");
  engine.chain_files = parameters.list("tls_chain_files");
  for (const std::string kind : {"", "d", "ec"}) {
    engine.certificates.push_back({parameters.text("tls_" + kind + "cert_file"),
                                   parameters.text("tls_" + kind + "key_file")});
  }
  parameters.number("tls_scert_verifydepth", engine.verify_depth);
  engine.digest = parameters.text("tls_fingerprint_digest");
  engine.logging = parse_tls_loglevel(parameters.text("tls_loglevel"));
  Setting<bool> append;
  parameters.reader().boolean("tls_append_default_CA", append);
  engine.append_default_authorities = append.value;
  Setting<std::string> curves;
  parameters.reader().text("tls_eecdh_auto_curves", curves);
  engine.curves = std::move(curves.value);
  return engine;
}

PolicyLookup lookup_in(const std::shared_ptr<TableList>& tables) {
  return [tables](std::string_view key) -> Result<std::optional<std::string>> {
    if (!tables) {
      return unavailable("no table can be asked");
    }
    auto hit = tables->lookup(key);
    if (!hit) {
      return std::move(hit).error();
    }
    return *hit ? std::optional((*hit)->entry.value) : std::nullopt;
  };
}

/// What there is to know of one server before it is connected to.
struct Prepared {
  lmtp::ServerPlan plan = {};  ///< Without `start`.
  TlsSession session = {};
};

class Planner {
 public:
  Planner(std::string service, TlsParameters parameters, PlaintextFallback fallback,
          std::shared_ptr<LogLines> log, std::shared_ptr<TlsSessionStore> store)
      : service_(std::move(service)),
        parameters_(std::move(parameters)),
        fallback_(fallback),
        log_(std::move(log)),
        store_(std::move(store)) {}

  void prepare(const TlsServer& server, const PolicyLookup& policy_maps,
               const PolicyLookup& per_site);
  /// Whether there is a server with whom TLS may be spoken.
  bool needs_engine() const;
  void set_engine(std::shared_ptr<TlsEngine> engine) { engine_ = std::move(engine); }

  lmtp::ServerPlan plan_for(const lmtp::ServerAddress& server) const;

 private:
  void warn(std::string text) const { log_->push_back({true, std::move(text)}); }

  std::string service_;
  TlsParameters parameters_;
  PlaintextFallback fallback_;
  std::shared_ptr<LogLines> log_;
  std::shared_ptr<TlsSessionStore> store_;
  std::shared_ptr<TlsEngine> engine_ = {};
  std::map<std::string, Prepared, std::less<>> servers_ = {};  ///< By TlsServer::destination.
};

void Planner::prepare(const TlsServer& server, const PolicyLookup& policy_maps,
                      const PolicyLookup& per_site) {
  Prepared prepared;
  TlsPolicy policy = tls_policy(parameters_, server, policy_maps, per_site);
  for (std::string& text : policy.warnings) {
    warn(std::move(text));
  }
  lmtp::ServerPlan& plan = prepared.plan;
  plan.problem = policy.problem;
  plan.status = policy.status;
  plan.use = parameters_.wrappermode          ? lmtp::TlsUse::wrapped
             : is_mandatory(policy.level)     ? lmtp::TlsUse::required
             : policy.level != TlsLevel::none ? lmtp::TlsUse::may
                                              : lmtp::TlsUse::none;
  plan.level = name_of(policy.level);
  plan.may_fall_back = fallback_ == PlaintextFallback::allowed;
  prepared.session.policy = std::move(policy);
  servers_[server.destination] = std::move(prepared);
}

bool Planner::needs_engine() const {
  return std::ranges::any_of(servers_, [](const auto& entry) {
    const lmtp::ServerPlan& plan = entry.second.plan;
    return plan.problem.empty() && plan.use != lmtp::TlsUse::none;
  });
}

lmtp::ServerPlan Planner::plan_for(const lmtp::ServerAddress& server) const {
  const auto found = servers_.find(server.destination);
  if (found == servers_.end()) {
    // A server that nobody asked for is given nothing in the clear.
    return {.use = lmtp::TlsUse::required};
  }
  lmtp::ServerPlan plan = found->second.plan;
  if (plan.use == lmtp::TlsUse::none || !engine_) {
    return plan;
  }
  TlsSession session = found->second.session;
  session.server = server.relay();
  session.log = log_;
  session.service = service_;
  session.store = store_;
  plan.start = [parameters = parameters_, engine = engine_,
                session]() mutable -> std::unique_ptr<lmtp::TlsChannel> {
    const auto refuse = [&](const std::string& text) {
      session.log->push_back({true, session.server + ": " + text});
      return nullptr;
    };
    const auto ciphers = tls_cipher_list(parameters, session.policy);
    if (!ciphers) {
      return refuse(ciphers.error().message());
    }
    const auto versions = parse_tls_versions(session.policy.protocols);
    if (!versions) {
      return refuse("Invalid TLS protocol list \"" + session.policy.protocols +
                    "\": aborting TLS session");
    }
    session.cipher_list = *ciphers;
    session.versions = *versions;
    return engine->begin(session);
  };
  return plan;
}

}  // namespace

Result<std::function<lmtp::ServerPlan(const lmtp::ServerAddress&)>> tls_plans(
    const Settings& settings, const Lmtp& server, PlaintextFallback fallback, World* world,
    const std::shared_ptr<LogLines>& log, const std::shared_ptr<TlsSessionStore>& store) {
  const Service* const service = settings.master_cf.find_transport(server.service);
  const MainCf main_cf = main_cf_of_service(settings.main_cf, service);
  ClientParameters parameters(main_cf, server.dialect);
  TlsParameters tls = read_tls_parameters(parameters);
  const TlsEngineOptions engine = read_engine_options(parameters);
  const auto tables_of = [&](const std::string& name, bool& is_set) -> PolicyLookup {
    std::vector<TableSpec> specs = parameters.tables(name);
    is_set = !specs.empty();
    TablePolicy policy;
    policy.utf8 = settings.smtputf8_enable.value;
    policy.want_source = false;
    policy.parameter = values_of(settings.main_cf);
    if (world != nullptr) {
      follow_release(policy, settings.main_cf, *world);
    }
    return lookup_in(is_set && world != nullptr
                         ? std::make_shared<TableList>(std::move(specs), *world, policy)
                         : nullptr);
  };
  const PolicyLookup policy_maps = tables_of("tls_policy_maps", tls.has_policy_maps);
  const PolicyLookup per_site = tables_of("tls_per_site", tls.has_per_site);
  if (const Error* const failure = parameters.reader().failure()) {
    return Error(*failure).during("reading the parameters of " + server.service);
  }
  if (tls.has_policy_maps && tls.has_per_site) {
    log->push_back({true, tls.prefix + "tls_per_site ignored when " + tls.prefix +
                              "tls_policy_maps is not empty."});
  }
  auto planner = std::make_shared<Planner>(server.service, std::move(tls), fallback, log, store);
  for (const ServerNames& known : server_names(server.endpoint, settings.myhostname.value)) {
    planner->prepare({known.destination, known.host, known.host, known.is_socket}, policy_maps,
                     per_site);
  }
  if (planner->needs_engine()) {
    planner->set_engine(make_tls_engine(engine, *log));
  }
  return std::function<lmtp::ServerPlan(const lmtp::ServerAddress&)>(
      [planner](const lmtp::ServerAddress& address) { return planner->plan_for(address); });
}

}  // namespace lastmile
