// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/address.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"
#include "transports/daemon.h"
#include "transports/main_cf.h"
#include "transports/master_cf.h"
#include "transports/postfix_release.h"

namespace lastmile {

/// A parameter after $name expansion, and the line that set it (none: the built-in default).
template <class T>
struct Setting {
  T value = {};
  std::optional<SourcePos> source = {};
};

/// The kinds of expansion that allow_mail_to_commands and propagate_unmatched_extensions list.
using NameSet = std::set<std::string, std::less<>>;

/// A parameter that makes no sense: with its line, what was found and what would be right.
struct ParameterFault {
  std::string parameter = {};
  Daemons stops = {};  ///< The programs that read it, and do not start.
  Error error = {};
};

/// The Postfix parameters that decide where mail lands, typed, each with its origin. A member has
/// the name of its parameter, and a row in the catalogue of parameters. Made once from main.cf;
/// constant afterwards; passed by reference, never global.
struct Settings {
  // Who this host is, and which addresses are its own.
  Setting<std::string> myhostname = {};
  Setting<std::string> mydomain = {};
  Setting<std::string> myorigin = {};
  Setting<std::string> config_directory = {};
  Setting<std::vector<std::string>> mydestination = {};
  Setting<std::vector<std::string>> inet_interfaces = {};
  Setting<std::vector<std::string>> proxy_interfaces = {};
  Setting<std::vector<std::string>> virtual_alias_domains = {};
  Setting<std::vector<std::string>> virtual_mailbox_domains = {};
  Setting<std::vector<std::string>> relay_domains = {};
  Setting<std::vector<std::string>> parent_domain_matches_subdomains = {};

  // Rewriting and virtual aliases.
  Setting<bool> append_at_myorigin = {};
  Setting<bool> append_dot_mydomain = {};
  Setting<bool> allow_percent_hack = {};
  Setting<bool> swap_bangpath = {};
  Setting<bool> allow_min_user = {};
  Setting<bool> resolve_dequoted_address = {};
  Setting<bool> resolve_null_domain = {};
  Setting<bool> resolve_numeric_domain = {};
  Setting<std::string> empty_address_recipient = {};
  Setting<std::vector<TableSpec>> canonical_maps = {};
  Setting<NameSet> canonical_classes = {};
  Setting<std::vector<TableSpec>> recipient_canonical_maps = {};
  Setting<NameSet> recipient_canonical_classes = {};
  Setting<std::vector<TableSpec>> sender_canonical_maps = {};
  Setting<NameSet> sender_canonical_classes = {};
  Setting<std::vector<std::string>> masquerade_domains = {};
  Setting<NameSet> masquerade_classes = {};
  Setting<std::vector<std::string>> masquerade_exceptions = {};
  Setting<std::vector<TableSpec>> virtual_alias_maps = {};
  Setting<long> virtual_alias_expansion_limit = {};
  Setting<long> virtual_alias_recursion_limit = {};
  Setting<long> virtual_alias_address_length_limit = {};
  Setting<std::string> always_bcc = {};
  Setting<std::vector<TableSpec>> sender_bcc_maps = {};
  Setting<std::vector<TableSpec>> recipient_bcc_maps = {};

  // Which service takes a recipient.
  Setting<std::string> local_transport = {};
  Setting<std::string> virtual_transport = {};
  Setting<std::string> relay_transport = {};
  Setting<std::string> default_transport = {};
  Setting<std::string> relayhost = {};
  Setting<std::vector<TableSpec>> sender_dependent_relayhost_maps = {};
  Setting<std::string> empty_address_relayhost_maps_lookup_key = {};
  Setting<std::vector<TableSpec>> sender_dependent_default_transport_maps = {};
  Setting<std::string> empty_address_default_transport_maps_lookup_key = {};
  Setting<std::vector<TableSpec>> transport_maps = {};
  Setting<std::vector<TableSpec>> relocated_maps = {};
  Setting<std::vector<std::string>> defer_transports = {};
  Setting<std::string> default_filter_nexthop = {};
  Setting<std::string> cleanup_service_name = {};
  Setting<std::string> rewrite_service_name = {};
  Setting<std::string> queue_service_name = {};

  // What smtpd(8) answers at RCPT.
  Setting<std::vector<TableSpec>> local_recipient_maps = {};
  Setting<std::vector<TableSpec>> virtual_mailbox_maps = {};
  Setting<std::vector<TableSpec>> relay_recipient_maps = {};
  Setting<long> unknown_local_recipient_reject_code = {};
  Setting<long> unknown_virtual_alias_reject_code = {};
  Setting<long> unknown_virtual_mailbox_reject_code = {};
  Setting<long> unknown_relay_recipient_reject_code = {};
  Setting<bool> show_user_unknown_table_name = {};
  Setting<bool> smtpd_reject_unlisted_recipient = {};
  Setting<NameSet> receive_override_options = {};
  Setting<std::string> content_filter = {};
  Setting<std::string> smtpd_proxy_filter = {};
  Setting<std::vector<std::string>> smtpd_client_restrictions = {};
  Setting<std::vector<std::string>> smtpd_helo_restrictions = {};
  Setting<std::vector<std::string>> smtpd_sender_restrictions = {};
  Setting<std::vector<std::string>> smtpd_relay_restrictions = {};
  Setting<std::vector<std::string>> smtpd_recipient_restrictions = {};
  Setting<std::vector<std::string>> smtpd_restriction_classes = {};
  /// The lists of restrictions that smtpd_restriction_classes names.
  std::map<std::string, std::vector<std::string>, std::less<>> restrictions_of_classes = {};
  Setting<bool> smtpd_delay_reject = {};
  Setting<bool> smtpd_reject_unlisted_sender = {};
  Setting<bool> smtpd_relay_before_recipient_restrictions = {};
  Setting<bool> smtpd_sasl_auth_enable = {};
  Setting<bool> allow_untrusted_routing = {};
  Setting<std::vector<TableSpec>> smtpd_sender_login_maps = {};
  Setting<std::string> smtpd_null_access_lookup_key = {};
  Setting<long> access_map_reject_code = {};
  Setting<long> access_map_defer_code = {};
  Setting<long> reject_code = {};
  Setting<long> defer_code = {};
  Setting<long> relay_domains_reject_code = {};
  Setting<long> non_fqdn_reject_code = {};
  Setting<long> invalid_hostname_reject_code = {};
  Setting<long> plaintext_reject_code = {};
  Setting<long> unknown_client_reject_code = {};
  Setting<long> unverified_recipient_reject_code = {};
  Setting<long> unverified_recipient_defer_code = {};
  Setting<std::string> unverified_recipient_reject_reason = {};
  Setting<long> unverified_sender_reject_code = {};
  Setting<long> unverified_sender_defer_code = {};
  Setting<std::string> unverified_sender_reject_reason = {};
  Setting<std::string> address_verify_sender = {};
  // Of the headers and the text of a message.
  Setting<std::vector<TableSpec>> header_checks = {};
  Setting<std::vector<TableSpec>> mime_header_checks = {};
  Setting<std::vector<TableSpec>> nested_header_checks = {};
  Setting<std::vector<TableSpec>> body_checks = {};
  Setting<long> body_checks_size_limit = {};  ///< Octets of a part that are looked at.
  Setting<bool> strict_rfc821_envelopes = {};

  // Local delivery: the recipient, aliases, include and .forward files.
  Setting<std::string> recipient_delimiter = {};
  Setting<NameSet> propagate_unmatched_extensions = {};
  Setting<bool> owner_request_special = {};
  Setting<bool> expand_owner_alias = {};
  Setting<bool> reset_owner_alias = {};
  Setting<long> duplicate_filter_limit = {};
  Setting<bool> frozen_delivered_to = {};
  Setting<NameSet> prepend_delivered_header = {};
  Setting<bool> require_home_directory = {};
  Setting<bool> enable_original_recipient = {};
  Setting<std::string> double_bounce_sender = {};
  Setting<bool> soft_bounce = {};
  Setting<bool> cleanup_replace_stray_cr_lf = {};
  Setting<std::string> sendmail_fix_line_endings = {};  ///< "always", "strict" or "never".
  Setting<std::string> default_privs = {};
  Setting<bool> smtputf8_enable = {};
  Setting<std::vector<TableSpec>> alias_maps = {};
  Setting<std::vector<TableSpec>> alias_database = {};  ///< What newaliases(1) compiles.
  Setting<NameSet> allow_mail_to_commands = {};
  Setting<NameSet> allow_mail_to_files = {};
  Setting<std::string> forward_path = {};  ///< Not expanded: each delivery expands it.
  Setting<std::string> forward_expansion_filter = {};
  Setting<long> hopcount_limit = {};  ///< Received: headers.
  Setting<long> line_length_limit = {};

  // Local delivery: mailbox, commands, unknown users.
  Setting<std::vector<TableSpec>> mailbox_transport_maps = {};
  Setting<std::string> mailbox_transport = {};
  Setting<std::vector<TableSpec>> mailbox_command_maps = {};
  Setting<std::string> mailbox_command = {};  ///< Not expanded: the shell sees it as written.
  Setting<std::string> home_mailbox = {};
  Setting<std::string> mail_spool_directory = {};
  Setting<NameSet> mailbox_delivery_lock = {};
  Setting<long> deliver_lock_attempts = {};
  Setting<std::chrono::seconds> deliver_lock_delay = {};
  Setting<std::chrono::seconds> stale_lock_time = {};
  Setting<bool> strict_mailbox_ownership = {};
  Setting<bool> biff = {};
  Setting<bool> sun_mailtool_compatibility = {};
  Setting<std::int64_t> mailbox_size_limit = {};  ///< Octets; 0: no limit.
  Setting<std::int64_t> message_size_limit = {};  ///< Octets; 0: no limit.
  Setting<std::chrono::seconds> command_time_limit = {};
  Setting<std::string> command_expansion_filter = {};
  Setting<std::string> command_execution_directory = {};  ///< Not expanded: each delivery does.
  Setting<std::string> execution_directory_expansion_filter = {};
  Setting<std::vector<std::string>> export_environment = {};
  Setting<std::string> local_command_shell = {};
  Setting<std::vector<TableSpec>> fallback_transport_maps = {};
  Setting<std::string> fallback_transport = {};
  Setting<std::string> luser_relay = {};  ///< Not expanded: each delivery expands it.
  Setting<std::vector<TableSpec>> local_delivery_status_filter = {};

  // Of later releases of Postfix than 3.7: unset, each is as if there were no such parameter.
  Setting<bool> relocated_prefix_enable = {true, {}};
  Setting<std::vector<TableSpec>> smtpd_reject_filter_maps = {};
  Setting<std::vector<std::string>> use_srv_lookup = {};  ///< Services, or `submission` and such.
  Setting<bool> allow_srv_lookup_fallback = {};
  Setting<bool> ignore_srv_lookup_error = {};

  // What virtual(8) stores, and where.
  Setting<std::string> virtual_mailbox_base = {};
  Setting<std::vector<TableSpec>> virtual_uid_maps = {};
  Setting<std::vector<TableSpec>> virtual_gid_maps = {};
  Setting<long> virtual_minimum_uid = {};
  Setting<std::int64_t> virtual_mailbox_limit = {};  ///< Octets; 0: no limit.
  Setting<NameSet> virtual_mailbox_lock = {};

  // Others that a delivery needs.
  Setting<std::string> mail_name = {};
  Setting<std::string> mail_owner = {};
  Setting<std::string> queue_directory = {};
  Setting<std::string> sendmail_path = {};
  Setting<long> bounce_size_limit = {};  ///< Octets.
  Setting<std::string> inet_protocols = {};
  Setting<std::string> syslog_name = {};
  Setting<std::string> syslog_facility = {};
  Setting<std::string> info_log_address_format = {};
  Setting<long> delay_logging_resolution_limit = {};

  // lastmile's own.
  Setting<std::vector<TableSpec>> lastmile_account_maps = {};
  /// Aliases are taken as newaliases(1) would compile them now, and not from their indexes.
  Setting<bool> lastmile_compile_aliases = {};
  /// Where root would read an include file through a symbolic link of a user, the user reads it.
  Setting<bool> lastmile_include_as_link_owner = {};
  Setting<std::string> lastmile_log = {};         ///< "syslog", "stderr", or the path of a file.
  Setting<std::string> lastmile_log_format = {};  ///< "text" or "json".
  Setting<std::string> lastmile_ledger = {};  ///< Its path, %u: who delivers; empty: none is kept.
  Setting<std::chrono::seconds> lastmile_ledger_lifetime = {};
  /// What a table server may take to answer; empty: what is usual for its type.
  Setting<std::string> lastmile_table_timeout = {};
  /// The release whose rules hold; empty: that of the host. \see postfix
  Setting<std::string> lastmile_postfix_version = {};
  /// Where filters give mail back: services, or FILTER=SERVICE.
  Setting<std::vector<std::string>> lastmile_reinjection_service = {};
  Setting<long> lastmile_expansion_limit = {};  ///< Octets that resolving one recipient may take.

  /// The Postfix whose rules hold; its own services' settings share it. Never null.
  std::shared_ptr<const PostfixRelease> postfix =
      std::make_shared<const PostfixRelease>(kRecordedVersion, "assumed");

  // Of `lastmile lmtp`.
  Setting<long> lastmile_lmtp_command_limit = {};  ///< Commands without a message.
  Setting<long> lastmile_lmtp_connection_limit = {};
  Setting<long> lastmile_lmtp_line_length_limit = {};           ///< Octets of a command.
  Setting<std::int64_t> lastmile_lmtp_message_size_limit = {};  ///< Octets; 0: no limit.
  Setting<long> lastmile_lmtp_recipient_limit = {};             ///< Of one message.
  Setting<long> lastmile_lmtp_reply_limit = {};                 ///< Octets of the text of a reply.
  Setting<std::chrono::seconds> lastmile_lmtp_timeout = {};
  /// Networks whose clients may say who their own client was, over inet.
  Setting<std::vector<std::string>> lastmile_lmtp_authorized_xclient_hosts = {};
  Setting<std::string> lastmile_metrics = {};  ///< The file of the counters; empty: none.

  MainCf main_cf = {};      ///< Every parameter, also those without a member here.
  MasterCf master_cf = {};  ///< The services.
  /// The local, virtual and pipe services that have parameters of their own (`-o`), by name:
  /// main.cf with those on top. Their own `services` are empty.
  std::map<std::string, std::shared_ptr<const Settings>, std::less<>> services = {};
  /// In the order of the catalogue of parameters, one for each parameter.
  std::vector<ParameterFault> faults = {};

  /// How local parts are split; made of recipient_delimiter and its kin.
  ExtensionRules extension_rules = {};

  /// A parameter of one service: its `-o` override, else main.cf, else the default; expanded.
  /// For what has no member above, such as the lmtp_* parameters.
  /// \return nullopt for a name that is neither set nor known
  std::optional<std::string> service_parameter(std::string_view service,
                                               std::string_view name) const;

  /// The settings as the daemon behind a service sees them; these settings themselves where its
  /// line in master.cf has no `-o`, or one that makes no sense (\see failure_of_service). Lives as
  /// long as these settings or a copy of them.
  const Settings& of_service(std::string_view service) const;

  /// The first fault that keeps a program from starting.
  std::optional<Error> failure_of(Daemon daemon) const;

  /// Why the daemon behind a service would not start: a parameter that makes no sense, or a line
  /// that takes away the privileges without which it cannot deliver.
  /// \see master(5), Unprivileged
  std::optional<Error> failure_of_service(std::string_view service) const;

  /// In the settings of a service: main.cf without its `-o`, as every other daemon sees it.
  std::shared_ptr<const MainCf> system_main_cf = {};
};

/// The settings of a service that delivers nothing, such as a smtpd(8) or a cleanup(8): main.cf
/// with the `-o` of its line on top. Its `services` are empty.
Settings settings_of_line(const Settings& settings, const Service& line, World& world);

/// The settings of trivial-rewrite(8) for the probes of address verification: address_verify_* in
/// place of what they are named for. \return null when none of them is set
std::shared_ptr<const Settings> settings_of_probes(const Settings& rewriting, World& world);

/// main.cf as one service sees it. What lastmile itself was told by `-o` comes before both files.
/// \param service  null: main.cf as it is
MainCf main_cf_of_service(const MainCf& main_cf, const Service* service);

/// The account of default_privs, which stands in where root's rights would be used.
///
/// \return misconfigured, as Postfix refuses to start, when there is no such account or when its
///         uid or gid is 0; unavailable when the account database cannot be asked
/// \see postconf(5), default_privs
Result<Account> default_privileges(const Settings& settings, World& world);

/// Recipients that the queue manager gives a service at once: NAME_destination_recipient_limit of
/// main.cf, else default_destination_recipient_limit; 0: any number.
std::size_t destination_recipient_limit(const Settings& settings, const std::string& service);

/// What load_settings() does about a parameter that ends every program, or without which no mail is
/// queued.
enum class LoadFaults {
  stop,  ///< It is the error.
  keep,  ///< Its default counts, and it is among Settings::faults: for `check`, which wants them
         ///< all.
};

/// Reads main.cf and master.cf of `config_directory`, applies `overrides` (`-o name=value`) and
/// gives every member its value.
///
/// \param world  must outlive the settings, which may ask it for the host's release of Postfix
/// \param config_directory  such as /etc/postfix
/// \return an Error that names file and line of the value that makes no sense, what was found and
///         what would be right; kind misconfigured, for what ends every program of Postfix or one
///         without which no mail is queued. What stops a delivery agent or smtpd(8) alone is in
///         Settings::faults. A missing main.cf is an error, a missing master.cf is not (the
///         standard services are assumed).
Result<Settings> load_settings(World& world, const std::string& config_directory,
                               const std::vector<std::string>& overrides = {},
                               LoadFaults faults = LoadFaults::stop);

/// Folds the case of an address or a key as Postfix does: of ASCII letters alone without
/// smtputf8_enable. \see fold_case(std::string_view)
std::string fold_case(const Settings& settings, std::string_view text);
Address fold_case(const Settings& settings, const Address& address);

/// A path as a Postfix daemon understands it, which works in the queue directory.
std::string below_queue_directory(const Settings& settings, const std::string& path);

}  // namespace lastmile
