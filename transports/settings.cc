#include "transports/settings.h"

#include <limits>
#include <utility>

#include "aliases/text.h"
#include "transports/configuration_files.h"
#include "transports/domain_syntax.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

using std::chrono::seconds;

void read_host(Settings& settings, ParameterReader& reader) {
  reader.some_text("myhostname", settings.myhostname);
  reader.some_text("mydomain", settings.mydomain);
  reader.some_text("myorigin", settings.myorigin);
  reader.text("config_directory", settings.config_directory);
  reader.list("mydestination", settings.mydestination);
  reader.list("inet_interfaces", settings.inet_interfaces);
  reader.list("proxy_interfaces", settings.proxy_interfaces);
  reader.list("virtual_alias_domains", settings.virtual_alias_domains);
  reader.list("virtual_mailbox_domains", settings.virtual_mailbox_domains);
  reader.list("relay_domains", settings.relay_domains);
  reader.list("parent_domain_matches_subdomains", settings.parent_domain_matches_subdomains);
}

void read_rewriting(Settings& settings, ParameterReader& reader) {
  reader.boolean("append_at_myorigin", settings.append_at_myorigin);
  reader.boolean("append_dot_mydomain", settings.append_dot_mydomain);
  reader.boolean("allow_percent_hack", settings.allow_percent_hack);
  reader.boolean("swap_bangpath", settings.swap_bangpath);
  reader.boolean("allow_min_user", settings.allow_min_user);
  reader.boolean("resolve_dequoted_address", settings.resolve_dequoted_address);
  reader.boolean("resolve_null_domain", settings.resolve_null_domain);
  reader.boolean("resolve_numeric_domain", settings.resolve_numeric_domain);
  reader.some_text("empty_address_recipient", settings.empty_address_recipient);
  reader.tables("canonical_maps", settings.canonical_maps);
  reader.names("canonical_classes", settings.canonical_classes,
               {"envelope_sender", "envelope_recipient", "header_sender", "header_recipient"});
  reader.tables("recipient_canonical_maps", settings.recipient_canonical_maps);
  reader.names("recipient_canonical_classes", settings.recipient_canonical_classes,
               {"envelope_recipient", "header_recipient"});
  reader.tables("sender_canonical_maps", settings.sender_canonical_maps);
  reader.names("sender_canonical_classes", settings.sender_canonical_classes,
               {"envelope_sender", "header_sender"});
  reader.list("masquerade_domains", settings.masquerade_domains);
  reader.names("masquerade_classes", settings.masquerade_classes,
               {"envelope_sender", "envelope_recipient", "header_sender", "header_recipient"});
  reader.list("masquerade_exceptions", settings.masquerade_exceptions);
  reader.tables("virtual_alias_maps", settings.virtual_alias_maps);
  reader.integer("virtual_alias_expansion_limit", settings.virtual_alias_expansion_limit, 1);
  reader.integer("virtual_alias_recursion_limit", settings.virtual_alias_recursion_limit, 1);
  reader.integer("virtual_alias_address_length_limit", settings.virtual_alias_address_length_limit,
                 1);
  reader.text("always_bcc", settings.always_bcc);
  reader.tables("sender_bcc_maps", settings.sender_bcc_maps);
  reader.tables("recipient_bcc_maps", settings.recipient_bcc_maps);
}

void read_routing(Settings& settings, ParameterReader& reader) {
  reader.some_text("local_transport", settings.local_transport);
  reader.some_text("virtual_transport", settings.virtual_transport);
  reader.some_text("relay_transport", settings.relay_transport);
  reader.some_text("default_transport", settings.default_transport);
  reader.text("relayhost", settings.relayhost);
  reader.tables("sender_dependent_relayhost_maps", settings.sender_dependent_relayhost_maps);
  reader.text("empty_address_relayhost_maps_lookup_key",
              settings.empty_address_relayhost_maps_lookup_key);
  reader.tables("sender_dependent_default_transport_maps",
                settings.sender_dependent_default_transport_maps);
  reader.text("empty_address_default_transport_maps_lookup_key",
              settings.empty_address_default_transport_maps_lookup_key);
  reader.tables("transport_maps", settings.transport_maps);
  reader.tables("relocated_maps", settings.relocated_maps);
}

void read_recipient_check(Settings& settings, ParameterReader& reader) {
  reader.tables("local_recipient_maps", settings.local_recipient_maps);
  reader.tables("virtual_mailbox_maps", settings.virtual_mailbox_maps);
  reader.tables("relay_recipient_maps", settings.relay_recipient_maps);
  constexpr long kLowestReject = 400;
  constexpr long kHighestReject = 599;
  reader.integer("unknown_local_recipient_reject_code",
                 settings.unknown_local_recipient_reject_code, kLowestReject, kHighestReject);
  reader.integer("unknown_virtual_alias_reject_code", settings.unknown_virtual_alias_reject_code,
                 kLowestReject, kHighestReject);
  reader.integer("unknown_virtual_mailbox_reject_code",
                 settings.unknown_virtual_mailbox_reject_code, kLowestReject, kHighestReject);
  reader.integer("unknown_relay_recipient_reject_code",
                 settings.unknown_relay_recipient_reject_code, kLowestReject, kHighestReject);
  reader.boolean("show_user_unknown_table_name", settings.show_user_unknown_table_name);
  reader.boolean("smtpd_reject_unlisted_recipient", settings.smtpd_reject_unlisted_recipient);
  reader.names("receive_override_options", settings.receive_override_options,
               {"no_unknown_recipient_checks", "no_address_mappings", "no_header_body_checks",
                "no_milters"});
  reader.list("smtpd_client_restrictions", settings.smtpd_client_restrictions);
  reader.list("smtpd_helo_restrictions", settings.smtpd_helo_restrictions);
  reader.list("smtpd_sender_restrictions", settings.smtpd_sender_restrictions);
  reader.list("smtpd_relay_restrictions", settings.smtpd_relay_restrictions);
  reader.list("smtpd_recipient_restrictions", settings.smtpd_recipient_restrictions);
  Setting<std::vector<std::string>> classes;
  reader.list("smtpd_restriction_classes", classes);
  for (std::string& name : classes.value) {
    Setting<std::vector<std::string>> restrictions;
    reader.list(name, restrictions);
    settings.smtpd_restriction_classes[std::move(name)] = std::move(restrictions.value);
  }
  reader.boolean("smtpd_delay_reject", settings.smtpd_delay_reject);
  reader.boolean("strict_rfc821_envelopes", settings.strict_rfc821_envelopes);
}

void read_expansion(Settings& settings, ParameterReader& reader) {
  reader.text("recipient_delimiter", settings.recipient_delimiter);
  reader.names("propagate_unmatched_extensions", settings.propagate_unmatched_extensions,
               {"canonical", "virtual", "alias", "forward", "include", "generic"});
  reader.boolean("owner_request_special", settings.owner_request_special);
  reader.boolean("expand_owner_alias", settings.expand_owner_alias);
  reader.boolean("reset_owner_alias", settings.reset_owner_alias);
  // Postfix takes a negative number, too: no limit, as 0.
  reader.integer("duplicate_filter_limit", settings.duplicate_filter_limit,
                 std::numeric_limits<int>::min());
  reader.boolean("frozen_delivered_to", settings.frozen_delivered_to);
  reader.names("prepend_delivered_header", settings.prepend_delivered_header,
               {"command", "file", "forward"});
  reader.boolean("require_home_directory", settings.require_home_directory);
  reader.boolean("enable_original_recipient", settings.enable_original_recipient);
  reader.some_text("double_bounce_sender", settings.double_bounce_sender);
  reader.boolean("soft_bounce", settings.soft_bounce);
  reader.some_text("default_privs", settings.default_privs);
  reader.boolean("smtputf8_enable", settings.smtputf8_enable);
  reader.tables("alias_maps", settings.alias_maps);
  reader.names("allow_mail_to_commands", settings.allow_mail_to_commands,
               {"alias", "forward", "include"});
  reader.names("allow_mail_to_files", settings.allow_mail_to_files,
               {"alias", "forward", "include"});
  reader.raw_text("forward_path", settings.forward_path);
  reader.some_text("forward_expansion_filter", settings.forward_expansion_filter);
  constexpr long kShortestLine = 512;
  reader.integer("line_length_limit", settings.line_length_limit, kShortestLine);
}

void read_mailbox(Settings& settings, ParameterReader& reader) {
  reader.tables("mailbox_transport_maps", settings.mailbox_transport_maps);
  reader.text("mailbox_transport", settings.mailbox_transport);
  reader.tables("mailbox_command_maps", settings.mailbox_command_maps);
  reader.raw_text("mailbox_command", settings.mailbox_command);
  reader.text("home_mailbox", settings.home_mailbox);
  reader.text("mail_spool_directory", settings.mail_spool_directory);
  reader.names("mailbox_delivery_lock", settings.mailbox_delivery_lock,
               {"flock", "fcntl", "dotlock"});
  reader.integer("deliver_lock_attempts", settings.deliver_lock_attempts, 1);
  reader.duration("deliver_lock_delay", settings.deliver_lock_delay, 's', seconds(1));
  reader.duration("stale_lock_time", settings.stale_lock_time, 's', seconds(1));
  reader.boolean("strict_mailbox_ownership", settings.strict_mailbox_ownership);
  reader.boolean("biff", settings.biff);
  reader.boolean("sun_mailtool_compatibility", settings.sun_mailtool_compatibility);
  reader.octets("mailbox_size_limit", settings.mailbox_size_limit);
  reader.octets("message_size_limit", settings.message_size_limit);
}

void read_commands(Settings& settings, ParameterReader& reader) {
  reader.duration("command_time_limit", settings.command_time_limit, 's', seconds(1));
  reader.some_text("command_expansion_filter", settings.command_expansion_filter);
  reader.raw_text("command_execution_directory", settings.command_execution_directory);
  reader.some_text("execution_directory_expansion_filter",
                   settings.execution_directory_expansion_filter);
  reader.list("export_environment", settings.export_environment);
  reader.text("local_command_shell", settings.local_command_shell);
  reader.tables("fallback_transport_maps", settings.fallback_transport_maps);
  reader.text("fallback_transport", settings.fallback_transport);
  reader.raw_text("luser_relay", settings.luser_relay);
  reader.tables("local_delivery_status_filter", settings.local_delivery_status_filter);
}

void read_others(Settings& settings, ParameterReader& reader) {
  reader.some_text("mail_name", settings.mail_name);
  reader.some_text("mail_owner", settings.mail_owner);
  reader.some_text("queue_directory", settings.queue_directory);
  reader.some_text("sendmail_path", settings.sendmail_path);
  reader.integer("bounce_size_limit", settings.bounce_size_limit, 1);
  reader.some_text("inet_protocols", settings.inet_protocols);
  reader.some_text("syslog_name", settings.syslog_name);
  reader.choice("syslog_facility", settings.syslog_facility,
                {"auth",   "authpriv", "cron",   "daemon", "ftp",    "kern",   "lpr",
                 "mail",   "news",     "syslog", "user",   "uucp",   "local0", "local1",
                 "local2", "local3",   "local4", "local5", "local6", "local7"});
  reader.choice("info_log_address_format", settings.info_log_address_format,
                {"external", "internal"});
  constexpr long kFinestResolution = 6;
  reader.integer("delay_logging_resolution_limit", settings.delay_logging_resolution_limit, 0,
                 kFinestResolution);
  reader.tables("lastmile_account_maps", settings.lastmile_account_maps);
  reader.some_text("lastmile_log", settings.lastmile_log);
  reader.text("lastmile_ledger", settings.lastmile_ledger);
  if (const auto& ledger = settings.lastmile_ledger;
      !ledger.value.empty() && !ledger.value.starts_with('/')) {
    reader.reject("lastmile_ledger", ledger.value, ledger.source,
                  "not an absolute path (empty: no ledger is kept)");
  }
  reader.duration("lastmile_ledger_lifetime", settings.lastmile_ledger_lifetime, 'd', seconds(1));
}

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

/// Gives every member the value that it has in `settings.main_cf`.
Result<Ok> read_members(Settings& settings) {
  ParameterReader reader(settings.main_cf);
  read_host(settings, reader);
  read_rewriting(settings, reader);
  read_routing(settings, reader);
  read_others(settings, reader);
  check_host_names(settings, reader);
  check_inet_protocols(settings, reader);
  read_expansion(settings, reader);
  read_mailbox(settings, reader);
  read_commands(settings, reader);
  check_mailbox_limits(settings, reader);
  // Behind alias_maps, which its default names: that is where a mistake is to be shown.
  read_recipient_check(settings, reader);
  if (reader.failure()) {
    return *reader.failure();
  }
  drop_default_nis(settings);
  settings.extension_rules = {settings.recipient_delimiter.value,
                              settings.owner_request_special.value,
                              settings.double_bounce_sender.value};
  return Ok{};
}

/// Whether the daemon delivers with the rights of others.
bool acts_as_others(const Service& service) {
  return service.program == "local" || service.program == "virtual" || service.program == "pipe";
}

/// Whether the daemon takes parameters that are read here. (The LMTP client reads its own.)
bool has_settings_of_its_own(const Service& service) {
  return acts_as_others(service) && !service.overrides.empty();
}

void add_services(Settings& settings) {
  const auto system_main_cf = std::make_shared<const MainCf>(settings.main_cf);
  for (const Service& service : settings.master_cf.services()) {
    if (!has_settings_of_its_own(service) ||
        settings.master_cf.find_transport(service.name) != &service) {
      continue;
    }
    auto of_service = std::make_shared<ServiceSettings>();
    of_service->settings.main_cf = main_cf_of_service(settings.main_cf, &service);
    of_service->settings.master_cf = settings.master_cf;
    of_service->settings.system_main_cf = system_main_cf;
    if (auto read = read_members(of_service->settings); !read) {
      of_service->failure = std::move(read).error();
    }
    settings.services.emplace(service.name, std::move(of_service));
  }
}

}  // namespace

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
  return found == services.end() || found->second->failure ? *this : found->second->settings;
}

std::optional<Error> Settings::failure_of_service(std::string_view service) const {
  const Service* const line = master_cf.find_transport(service);
  if (line != nullptr && line->unprivileged && acts_as_others(*line)) {
    return misconfigured("service " + line->name + " requires privileged operation: \"" +
                             line->program + "\" needs \"n\" in the fourth column (unpriv)",
                         line->source);
  }
  const auto found = services.find(service);
  return found == services.end() ? std::nullopt : found->second->failure;
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

Result<Settings> load_settings(World& world, const std::string& config_directory,
                               const std::vector<std::string>& overrides) {
  Settings settings;
  auto main_cf = load_main_cf(world, config_directory, overrides);
  if (!main_cf) {
    return std::move(main_cf).error();
  }
  settings.main_cf = *std::move(main_cf);
  if (auto read = read_members(settings); !read) {
    return std::move(read).error();
  }
  auto master_cf = load_master_cf(world, config_directory, settings.main_cf);
  if (!master_cf) {
    return std::move(master_cf).error();
  }
  settings.master_cf = *std::move(master_cf);
  add_services(settings);
  return settings;
}

}  // namespace lastmile
