// SPDX-License-Identifier: Apache-2.0
#include "transports/settings.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/client_rules.h"
#include "transports/configuration_files.h"
#include "transports/default_parameters.h"
#include "transports/domain_syntax.h"
#include "transports/parameter_catalogue.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

void check_host_names(const Settings& settings, ParameterReader& reader) {
  for (const auto& [name, setting] :
       {std::pair{"myhostname", &settings.myhostname}, std::pair{"mydomain", &settings.mydomain}}) {
    if (!is_valid_host_name(setting->value)) {
      reader.reject(name, setting->value, setting->source, "not a valid host name");
    }
  }
}

void check_mailbox_limits(const Settings& settings, ParameterReader& reader) {
  const auto& mailbox = settings.mailbox_size_limit;
  const auto& message = settings.message_size_limit;
  if (mailbox.value > 0 && message.value == 0) {
    reader.reject("mailbox_size_limit", std::to_string(mailbox.value),
                  mailbox.source ? mailbox.source : message.source,
                  "configuration error: mailbox_size_limit is limited but message_size_limit is "
                  "unlimited");
  }
  if (mailbox.value > 0 && mailbox.value < message.value) {
    reader.reject("mailbox_size_limit", std::to_string(mailbox.value),
                  mailbox.source ? mailbox.source : message.source,
                  "configuration error: mailbox_size_limit is smaller than message_size_limit (" +
                      std::to_string(message.value) + ")");
  }
  const NameSet& locks = settings.mailbox_delivery_lock.value;
  if (locks.empty() || (settings.sun_mailtool_compatibility.value && !locks.contains("dotlock"))) {
    reader.reject("mailbox_delivery_lock", "", settings.mailbox_delivery_lock.source,
                  "no applicable mailbox locking method (flock, fcntl, dotlock)");
  }
}

void check_virtual_mailboxes(const Settings& settings, ParameterReader& reader) {
  if (settings.virtual_mailbox_lock.value.empty()) {
    reader.reject("virtual_mailbox_lock", "", settings.virtual_mailbox_lock.source,
                  "no applicable mailbox locking method (flock, fcntl, dotlock)");
  }
  const Setting<std::string>& base = settings.virtual_mailbox_base;
  if (!base.value.starts_with('/')) {
    reader.reject("virtual_mailbox_base", base.value, base.source, "must be an absolute path");
  }
  const auto& limit = settings.virtual_mailbox_limit;
  const auto& message = settings.message_size_limit;
  if (limit.value > 0 && (message.value == 0 || limit.value < message.value)) {
    reader.reject(
        "virtual_mailbox_limit", std::to_string(limit.value),
        limit.source ? limit.source : message.source,
        "configuration error: virtual_mailbox_limit is smaller than message_size_limit (" +
            (message.value == 0 ? "unlimited" : std::to_string(message.value)) + ")");
  }
}

void check_postfix_version(const Settings& settings, ParameterReader& reader) {
  const auto& version = settings.lastmile_postfix_version;
  if (!version.value.empty() && !parse_postfix_version(version.value)) {
    reader.reject("lastmile_postfix_version", version.value, version.source,
                  "not a release of Postfix from 3.7 on, such as 3.10 or 3.10.13");
  }
}

void check_ledger(const Settings& settings, ParameterReader& reader) {
  const auto& ledger = settings.lastmile_ledger;
  if (!ledger.value.empty() && !ledger.value.starts_with('/')) {
    reader.reject("lastmile_ledger", ledger.value, ledger.source,
                  "not an absolute path (empty: no ledger is kept)");
  }
  for (std::size_t at = 0; (at = ledger.value.find('%', at)) != std::string::npos; ++at) {
    if (ledger.value.compare(at, 2, "%u") != 0) {
      reader.reject("lastmile_ledger", ledger.value, ledger.source,
                    "'%' stands for nothing but the name of the user that delivers, as %u");
    }
  }
}

/// The lists of restrictions that are parameters of an administrator's own.
void read_restriction_classes(Settings& settings, ParameterReader& reader) {
  for (const std::string& name : settings.smtpd_restriction_classes.value) {
    Setting<std::vector<std::string>> restrictions;
    reader.list(name, restrictions);
    settings.restrictions_of_classes[name] = std::move(restrictions.value);
  }
}

void check_inet_protocols(const Settings& settings, ParameterReader& reader) {
  for (const std::string_view word : split_list(settings.inet_protocols.value)) {
    if (word != "all" && word != "ipv4" && word != "ipv6") {
      reader.reject("inet_protocols", settings.inet_protocols.value, settings.inet_protocols.source,
                    "unknown protocol (all, ipv4, ipv6)");
    }
  }
}

/// NIS is not supported. Debian's Postfix asks `nis:mail.aliases` by default, and finds nothing
/// there on a host without a NIS domain: a table that nobody asked for must not defer all mail.
void drop_default_nis(Settings& settings) {
  if (settings.alias_maps.source) {
    return;
  }
  const auto is_default_nis = [](const TableSpec& table) {
    return table == TableSpec{"nis", "mail.aliases"};
  };
  std::erase_if(settings.alias_maps.value, is_default_nis);
  std::erase_if(settings.local_recipient_maps.value, is_default_nis);
}

/// What stops one program means nothing to the others, which go by the built-in default.
void use_defaults_of_faults(Settings& settings) {
  for (const ParameterFault& fault : settings.faults) {
    const Parameter* const parameter = find_parameter(fault.parameter);
    const auto otherwise = settings.main_cf.built_in(fault.parameter);
    if (parameter != nullptr && otherwise) {
      MainCf mended = settings.main_cf;
      mended.set(fault.parameter, {std::string(*otherwise), std::nullopt});
      ParameterReader(mended).read(*parameter, settings);
    }
  }
}

/// Gives every member the value that it has in `settings.main_cf`.
void read_members(Settings& settings) {
  ParameterReader reader(settings.main_cf);
  for (const Parameter& parameter : parameter_catalogue()) {
    reader.read(parameter, settings);
  }
  read_restriction_classes(settings, reader);
  check_host_names(settings, reader);
  check_inet_protocols(settings, reader);
  check_postfix_version(settings, reader);
  check_ledger(settings, reader);
  check_mailbox_limits(settings, reader);
  check_virtual_mailboxes(settings, reader);
  settings.faults = reader.take_faults();
  use_defaults_of_faults(settings);
  drop_default_nis(settings);
  settings.extension_rules = {settings.recipient_delimiter.value,
                              settings.owner_request_special.value,
                              settings.double_bounce_sender.value};
}

/// Which of two accounts of Postfix's own makes no sense; every program of Postfix looks.
/// \see src/global/mail_params.c, check_default_privs(), check_mail_owner(), check_overlap()
void check_accounts(Settings& settings, World& world) {
  const auto& privs = settings.default_privs;
  const auto& owner = settings.mail_owner;
  if (!privs.source && !owner.source) {
    return;  // The usual names, whose accounts need not be looked up for each message.
  }
  const auto refuse = [&settings](std::string_view name, const Setting<std::string>& setting,
                                  const std::string& problem) {
    settings.faults.push_back(
        {std::string(name),
         {Daemon::every},
         misconfigured(std::string(name) + ": \"" + printable(setting.value) + "\": " + problem,
                       setting.source)});
  };
  const auto account_of = [&world](const Setting<std::string>& setting) {
    auto account = world.account_by_name(setting.value);
    return account ? *std::move(account) : std::nullopt;
  };
  const auto is_privileged = [](const std::optional<Account>& account) {
    return account && (account->uid == 0 || account->gid == 0);
  };
  const auto of_privs = account_of(privs);
  const auto of_owner = account_of(owner);
  constexpr const char* kPrivileged = "the account must not have uid 0 or gid 0";
  if (privs.source && is_privileged(of_privs)) {
    refuse("default_privs", privs, kPrivileged);
  }
  if (owner.source && is_privileged(of_owner)) {
    refuse("mail_owner", owner, kPrivileged);
  }
  const bool share_id = of_privs && of_owner && of_privs->uid == of_owner->uid;
  if (privs.value == owner.value || share_id) {
    const bool is_of_privs = privs.source.has_value();
    refuse(is_of_privs ? "default_privs" : "mail_owner", is_of_privs ? privs : owner,
           "default_privs and mail_owner are the same user");
  }
}

/// Whether the daemon delivers with the rights of others.
bool acts_as_others(const Service& service) {
  return service.program == "local" || service.program == "virtual" || service.program == "pipe";
}

/// Whether the daemon takes parameters that are read here. (The LMTP client reads its own.)
bool has_settings_of_its_own(const Service& service) {
  return acts_as_others(service) && !service.overrides.empty();
}

void add_services(Settings& settings, World& world) {
  const auto system_main_cf = std::make_shared<const MainCf>(settings.main_cf);
  for (const Service& service : settings.master_cf.services()) {
    if (!has_settings_of_its_own(service) ||
        settings.master_cf.find_transport(service.name) != &service) {
      continue;
    }
    auto of_service = std::make_shared<Settings>(settings_of_line(settings, service, world));
    of_service->system_main_cf = system_main_cf;
    settings.services.emplace(service.name, std::move(of_service));
  }
}

/// Without these no mail is accepted, routed or queued: a fault of theirs ends everything.
constexpr Daemons kNeeded = {Daemon::every, Daemon::cleanup, Daemon::trivial_rewrite, Daemon::qmgr,
                             Daemon::lastmile};

}  // namespace

Settings settings_of_line(const Settings& settings, const Service& line, World& world) {
  Settings own;
  own.main_cf = main_cf_of_service(settings.main_cf, &line);
  own.master_cf = settings.master_cf;
  own.postfix = settings.postfix;
  read_members(own);
  check_accounts(own, world);
  return own;
}

std::shared_ptr<const Settings> settings_of_probes(const Settings& rewriting, World& world) {
  constexpr std::string_view kPrefix = "address_verify_";
  auto own = std::make_shared<Settings>();
  bool differs = false;
  own->main_cf = rewriting.main_cf;
  for (const std::string_view name :
       {"local_transport", "virtual_transport", "relay_transport", "default_transport", "relayhost",
        "transport_maps", "sender_dependent_relayhost_maps",
        "sender_dependent_default_transport_maps"}) {
    const std::string verifying = std::string(kPrefix) + std::string(name);
    const auto raw = rewriting.main_cf.find(verifying);
    const auto value = rewriting.main_cf.expand(verifying);
    if (raw && raw->source && value) {
      own->main_cf.set(std::string(name), {(*value).value_or(""), raw->source});
      differs = true;
    }
  }
  if (!differs) {
    return nullptr;
  }
  own->master_cf = rewriting.master_cf;
  read_members(*own);
  check_accounts(*own, world);
  return own;
}

MainCf main_cf_of_service(const MainCf& main_cf, const Service* service) {
  MainCf own = main_cf;
  if (service == nullptr) {
    return own;
  }
  for (const auto& [name, value] : service->overrides) {
    const auto present = main_cf.find(name);
    if (!present || !present->source || *present->source->file != kCommandLine) {
      own.set(name, {value, service->source});
    }
  }
  return own;
}

std::optional<std::string> Settings::service_parameter(std::string_view service,
                                                       std::string_view name) const {
  const MainCf& system = system_main_cf ? *system_main_cf : main_cf;
  if (const Service* const found = master_cf.find_transport(service)) {
    if (const auto override = found->overrides.find(name); override != found->overrides.end()) {
      auto value = system.expand_text(override->second);
      return value ? std::optional(*std::move(value)) : std::nullopt;
    }
  }
  auto value = system.expand(name);
  return value ? *std::move(value) : std::nullopt;
}

const Settings& Settings::of_service(std::string_view service) const {
  const auto found = services.find(service);
  return found == services.end() || failure_of_service(service) ? *this : *found->second;
}

std::optional<Error> Settings::failure_of(Daemon daemon) const {
  const Daemons those = {Daemon::every, daemon};
  const auto found = std::ranges::find_if(
      faults, [those](const ParameterFault& fault) { return fault.stops.meets(those); });
  return found == faults.end() ? std::nullopt : std::optional(found->error);
}

std::optional<Error> Settings::failure_of_service(std::string_view service) const {
  const Service* const line = master_cf.find_transport(service);
  if (line != nullptr && line->unprivileged && acts_as_others(*line)) {
    return misconfigured("service " + line->name + " requires privileged operation: \"" +
                             line->program + "\" needs \"n\" in the fourth column (unpriv)",
                         line->source);
  }
  if (line == nullptr) {
    return std::nullopt;
  }
  if (auto wrong = wrong_argument(*line)) {
    return wrong;
  }
  if (line->program == "lmtp" || line->program == "smtp") {
    if (auto checked = check_client(*this, *line); !checked) {
      return std::move(checked).error();
    }
  }
  const auto found = services.find(service);
  const Settings& own = found == services.end() ? *this : *found->second;
  return own.failure_of(daemon_of(line->program));
}

std::string fold_case(const Settings& settings, std::string_view text) {
  return settings.smtputf8_enable.value ? fold_case(text) : fold_ascii(text);
}

Address fold_case(const Settings& settings, const Address& address) {
  return {fold_case(settings, address.local_part), fold_case(settings, address.domain)};
}

std::string below_queue_directory(const Settings& settings, const std::string& path) {
  return path.empty() || path.starts_with('/') ? path : settings.queue_directory.value + "/" + path;
}

Result<Account> default_privileges(const Settings& settings, World& world) {
  const auto refuse = [&settings](std::string_view problem) {
    return misconfigured(
        "default_privs: \"" + settings.default_privs.value + "\": " + std::string(problem),
        settings.default_privs.source);
  };
  auto account = world.account_by_name(settings.default_privs.value);
  if (!account) {
    return std::move(account).error().during("looking up default_privs");
  }
  if (!*account) {
    return refuse("no such account");
  }
  if ((*account)->uid == 0 || (*account)->gid == 0) {
    return refuse("the account must not have uid 0 or gid 0");
  }
  return **std::move(account);
}

std::size_t destination_recipient_limit(const Settings& settings, const std::string& service) {
  const std::string own = service + "_destination_recipient_limit";
  const std::string name =
      settings.main_cf.find(own) ? own : std::string("default_destination_recipient_limit");
  ParameterReader reader(settings.main_cf);
  Setting<long> limit;
  reader.integer(name, limit, 0);
  // The queue manager would not start with a limit that makes no sense: one at a time is safe.
  return reader.failure() ? 1 : static_cast<std::size_t>(limit.value);
}

Result<Settings> load_settings(World& world, const std::string& config_directory,
                               const std::vector<std::string>& overrides, LoadFaults faults) {
  Settings settings;
  auto main_cf = load_main_cf(world, config_directory, overrides);
  if (!main_cf) {
    return std::move(main_cf).error();
  }
  settings.main_cf = *std::move(main_cf);
  read_members(settings);
  check_accounts(settings, world);
  for (const ParameterFault& fault : settings.faults) {
    if (faults == LoadFaults::stop && fault.stops.meets(kNeeded)) {
      return fault.error;
    }
  }
  settings.postfix = settings.main_cf.release();
  auto master_cf = load_master_cf(world, config_directory, settings.main_cf);
  if (!master_cf) {
    return std::move(master_cf).error();
  }
  settings.master_cf = *std::move(master_cf);
  add_services(settings, world);
  return settings;
}

}  // namespace lastmile
