// SPDX-License-Identifier: Apache-2.0
#include "transports/parameter_catalogue.h"

#include <algorithm>
#include <iterator>

#include "aliases/result.h"

namespace lastmile {
namespace {

using S = Settings;
using Boolean = BooleanParameter;
using Integer = IntegerParameter;
using Octets = OctetsParameter;
using Duration = DurationParameter;
using Text = TextParameter;
using Choice = ChoiceParameter;
using List = ListParameter;
using Names = NamesParameter;
using Tables = TablesParameter;
using MatchedList = MatchListParameter;
using Content = TextParameter::Content;
using FoldedBy = TablesParameter::FoldedBy;
using Parents = MatchListParameter::Parents;

constexpr long kShortestLine = 512;
constexpr long kLongestLine = 65'536;
constexpr long kSmallestExpansion = 65'536;
constexpr long kFinestResolution = 6;
constexpr long kLowestReject = 400;
constexpr long kHighestReject = 599;

constexpr Daemons kEvery = {Daemon::every};
constexpr Daemons kSmtpd = {Daemon::smtpd};
constexpr Daemons kCleanup = {Daemon::cleanup};
constexpr Daemons kRewrite = {Daemon::trivial_rewrite};
constexpr Daemons kLocal = {Daemon::local};
constexpr Daemons kVirtual = {Daemon::virtual_mailbox};
constexpr Daemons kLastmile = {Daemon::lastmile};

// Readers: src/global/mail_params.c, and the tables of parameters of each daemon's main().
constexpr Parameter kCatalogue[] = {
    // Who this host is, and which addresses are its own.
    {"myhostname", Text{&S::myhostname, Content::not_empty}, kEvery},
    {"mydomain", Text{&S::mydomain, Content::not_empty}, kEvery},
    {"myorigin", Text{&S::myorigin, Content::not_empty}, kEvery},
    {"config_directory", Text{&S::config_directory}, kEvery},
    {"mydestination", MatchedList{&S::mydestination}, kEvery},
    {"inet_interfaces", List{&S::inet_interfaces}, kEvery},
    {"proxy_interfaces", List{&S::proxy_interfaces}, kEvery},
    {"virtual_alias_domains", MatchedList{&S::virtual_alias_domains}, kRewrite},
    {"virtual_mailbox_domains", MatchedList{&S::virtual_mailbox_domains}, kRewrite},
    {"relay_domains", MatchedList{&S::relay_domains, KeyOrder::domain, Parents::as_configured},
     kEvery},
    {"parent_domain_matches_subdomains", List{&S::parent_domain_matches_subdomains}, kEvery},
    // Rewriting and virtual aliases.
    {"append_at_myorigin", Boolean{&S::append_at_myorigin}, kRewrite},
    {"append_dot_mydomain", Boolean{&S::append_dot_mydomain}, kRewrite},
    {"allow_percent_hack", Boolean{&S::allow_percent_hack}, kRewrite},
    {"swap_bangpath", Boolean{&S::swap_bangpath}, kRewrite},
    {"allow_min_user", Boolean{&S::allow_min_user}, kRewrite},
    {"resolve_dequoted_address", Boolean{&S::resolve_dequoted_address}, kRewrite},
    {"resolve_null_domain", Boolean{&S::resolve_null_domain}, kRewrite},
    {"resolve_numeric_domain", Boolean{&S::resolve_numeric_domain}, kRewrite},
    {"empty_address_recipient",
     Text{&S::empty_address_recipient, Content::not_empty},
     {Daemon::trivial_rewrite, Daemon::cleanup}},
    {"canonical_maps", Tables{&S::canonical_maps}, {Daemon::cleanup, Daemon::smtpd}},
    {"canonical_classes",
     Names{&S::canonical_classes,
           "envelope_sender envelope_recipient header_sender header_recipient"},
     kCleanup},
    {"recipient_canonical_maps",
     Tables{&S::recipient_canonical_maps},
     {Daemon::cleanup, Daemon::smtpd}},
    {"recipient_canonical_classes",
     Names{&S::recipient_canonical_classes, "envelope_recipient header_recipient"}, kCleanup},
    {"sender_canonical_maps", Tables{&S::sender_canonical_maps}, {Daemon::cleanup, Daemon::smtpd}},
    {"sender_canonical_classes",
     Names{&S::sender_canonical_classes, "envelope_sender header_sender"}, kCleanup},
    {"masquerade_domains", List{&S::masquerade_domains}, kCleanup},
    {"masquerade_classes",
     Names{&S::masquerade_classes,
           "envelope_sender envelope_recipient header_sender header_recipient"},
     kCleanup},
    {"masquerade_exceptions", MatchedList{&S::masquerade_exceptions, KeyOrder::local_part},
     kCleanup},
    {"virtual_alias_maps",
     Tables{&S::virtual_alias_maps},
     {Daemon::cleanup, Daemon::smtpd, Daemon::trivial_rewrite}},
    {"cleanup_replace_stray_cr_lf", Boolean{&S::cleanup_replace_stray_cr_lf}, kCleanup},
    {"sendmail_fix_line_endings", Choice{&S::sendmail_fix_line_endings, "always strict never"},
     kCleanup},
    {"virtual_alias_expansion_limit", Integer{&S::virtual_alias_expansion_limit, 1}, kCleanup},
    {"virtual_alias_recursion_limit", Integer{&S::virtual_alias_recursion_limit, 1}, kCleanup},
    {"virtual_alias_address_length_limit", Integer{&S::virtual_alias_address_length_limit, 1},
     kCleanup},
    {"always_bcc", Text{&S::always_bcc}, kCleanup},
    {"sender_bcc_maps", Tables{&S::sender_bcc_maps}, kCleanup},
    {"recipient_bcc_maps", Tables{&S::recipient_bcc_maps}, kCleanup},
    // Which service takes a recipient.
    {"local_transport", Text{&S::local_transport, Content::not_empty}, kRewrite},
    {"virtual_transport", Text{&S::virtual_transport, Content::not_empty}, kRewrite},
    {"relay_transport", Text{&S::relay_transport, Content::not_empty}, kRewrite},
    {"default_transport", Text{&S::default_transport, Content::not_empty}, kRewrite},
    {"relayhost", Text{&S::relayhost}, kEvery},
    {"sender_dependent_relayhost_maps",
     Tables{&S::sender_dependent_relayhost_maps, KeyOrder::address, TableValues::transports},
     kRewrite},
    {"empty_address_relayhost_maps_lookup_key", Text{&S::empty_address_relayhost_maps_lookup_key},
     kRewrite},
    {"sender_dependent_default_transport_maps",
     Tables{&S::sender_dependent_default_transport_maps, KeyOrder::address,
            TableValues::transports},
     kRewrite},
    {"empty_address_default_transport_maps_lookup_key",
     Text{&S::empty_address_default_transport_maps_lookup_key}, kRewrite},
    {"transport_maps", Tables{&S::transport_maps, KeyOrder::transport, TableValues::transports},
     kRewrite},
    {"relocated_maps", Tables{&S::relocated_maps}, kRewrite},
    {"relocated_prefix_enable", Boolean{&S::relocated_prefix_enable}, kRewrite},
    {"defer_transports", List{&S::defer_transports}, {Daemon::qmgr}},
    {"default_filter_nexthop", Text{&S::default_filter_nexthop}, {Daemon::qmgr}},
    {"cleanup_service_name", Text{&S::cleanup_service_name, Content::not_empty}, kEvery},
    {"rewrite_service_name", Text{&S::rewrite_service_name, Content::not_empty}, kEvery},
    {"queue_service_name", Text{&S::queue_service_name, Content::not_empty}, kEvery},
    // Others that a delivery needs.
    {"mail_name", Text{&S::mail_name, Content::not_empty}, kEvery},
    {"mail_owner", Text{&S::mail_owner, Content::not_empty}, kEvery},
    {"queue_directory", Text{&S::queue_directory, Content::not_empty}, kEvery},
    {"sendmail_path", Text{&S::sendmail_path, Content::not_empty}, kLastmile},
    {"bounce_size_limit", Integer{&S::bounce_size_limit, 1}, kLastmile},
    {"inet_protocols", Text{&S::inet_protocols, Content::not_empty}, kEvery},
    {"syslog_name", Text{&S::syslog_name, Content::not_empty}, kEvery},
    {"syslog_facility",
     Choice{&S::syslog_facility,
            "auth authpriv cron daemon ftp kern lpr mail news syslog user uucp "
            "local0 local1 local2 local3 local4 local5 local6 local7"},
     kEvery},
    {"info_log_address_format", Choice{&S::info_log_address_format, "external internal"}, kEvery},
    {"delay_logging_resolution_limit",
     Integer{&S::delay_logging_resolution_limit, 0, kFinestResolution}, kEvery},
    // lastmile's own.
    {"lastmile_account_maps", Tables{&S::lastmile_account_maps, KeyOrder::text}, kLastmile},
    {"lastmile_log", Text{&S::lastmile_log, Content::not_empty}, kLastmile},
    {"lastmile_ledger", Text{&S::lastmile_ledger}, kLastmile},
    {"lastmile_ledger_lifetime", Duration{&S::lastmile_ledger_lifetime, 'd'}, kLastmile},
    {"lastmile_postfix_version", Text{&S::lastmile_postfix_version}, kLastmile},
    {"lastmile_expansion_limit", Integer{&S::lastmile_expansion_limit, kSmallestExpansion},
     kLastmile},
    {"lastmile_reinjection_service", List{&S::lastmile_reinjection_service}, kLastmile},
    {"lastmile_log_format", Choice{&S::lastmile_log_format, "text json"}, kLastmile},
    {"lastmile_metrics", Text{&S::lastmile_metrics}, kLastmile},
    {"lastmile_lmtp_authorized_xclient_hosts", List{&S::lastmile_lmtp_authorized_xclient_hosts},
     kLastmile},
    {"lastmile_lmtp_command_limit", Integer{&S::lastmile_lmtp_command_limit, 1}, kLastmile},
    {"lastmile_lmtp_connection_limit", Integer{&S::lastmile_lmtp_connection_limit, 1}, kLastmile},
    {"lastmile_lmtp_line_length_limit",
     Integer{&S::lastmile_lmtp_line_length_limit, kShortestLine, kLongestLine}, kLastmile},
    {"lastmile_lmtp_message_size_limit", Octets{&S::lastmile_lmtp_message_size_limit}, kLastmile},
    {"lastmile_lmtp_recipient_limit", Integer{&S::lastmile_lmtp_recipient_limit, 1}, kLastmile},
    {"lastmile_lmtp_reply_limit", Integer{&S::lastmile_lmtp_reply_limit, 80}, kLastmile},
    {"lastmile_lmtp_timeout", Duration{&S::lastmile_lmtp_timeout}, kLastmile},
    {"lastmile_compile_aliases", Boolean{&S::lastmile_compile_aliases}, kLastmile},
    {"lastmile_include_as_link_owner", Boolean{&S::lastmile_include_as_link_owner}, kLastmile},
    {"lastmile_table_timeout", Text{&S::lastmile_table_timeout}, kLastmile},
    // Local delivery: the recipient, aliases, include and .forward files.
    {"recipient_delimiter", Text{&S::recipient_delimiter}, kEvery},
    {"propagate_unmatched_extensions",
     Names{&S::propagate_unmatched_extensions, "canonical virtual alias forward include generic"},
     {Daemon::cleanup, Daemon::local, Daemon::smtp}},
    {"owner_request_special", Boolean{&S::owner_request_special}, kEvery},
    {"expand_owner_alias", Boolean{&S::expand_owner_alias}, kLocal},
    {"reset_owner_alias", Boolean{&S::reset_owner_alias}, kLocal},
    // Postfix takes a negative number, too: no limit, as 0.
    {"duplicate_filter_limit",
     Integer{&S::duplicate_filter_limit, std::numeric_limits<int>::min()},
     {Daemon::cleanup, Daemon::local}},
    {"frozen_delivered_to", Boolean{&S::frozen_delivered_to}, kLocal},
    {"prepend_delivered_header", Names{&S::prepend_delivered_header, "command file forward"},
     kLocal},
    {"require_home_directory", Boolean{&S::require_home_directory}, kLocal},
    {"enable_original_recipient", Boolean{&S::enable_original_recipient}, kEvery},
    {"double_bounce_sender", Text{&S::double_bounce_sender, Content::not_empty}, kEvery},
    {"soft_bounce", Boolean{&S::soft_bounce}, kEvery},
    {"default_privs", Text{&S::default_privs, Content::not_empty}, kEvery},
    {"smtputf8_enable", Boolean{&S::smtputf8_enable}, kEvery},
    {"alias_maps",
     Tables{&S::alias_maps, KeyOrder::alias, TableValues::actions},
     {Daemon::local, Daemon::smtpd}},
    // No daemon reads it, and no mail goes by it: what it names beyond alias_maps is a mistake to
    // be
    // shown.
    {"alias_database", Tables{&S::alias_database, KeyOrder::alias, TableValues::actions}, {}},
    {"allow_mail_to_commands", Names{&S::allow_mail_to_commands, "alias forward include"}, kLocal},
    {"allow_mail_to_files", Names{&S::allow_mail_to_files, "alias forward include"}, kLocal},
    {"forward_path", Text{&S::forward_path, Content::not_expanded}, kLocal},
    {"forward_expansion_filter", Text{&S::forward_expansion_filter, Content::not_empty}, kLocal},
    {"hopcount_limit", Integer{&S::hopcount_limit, 1}, kEvery},
    {"line_length_limit", Integer{&S::line_length_limit, kShortestLine}, kEvery},
    // Local delivery: mailbox, commands, unknown users.
    {"mailbox_transport_maps",
     Tables{&S::mailbox_transport_maps, KeyOrder::user, TableValues::transports, FoldedBy::agent},
     kLocal},
    {"mailbox_transport", Text{&S::mailbox_transport}, kLocal},
    {"mailbox_command_maps",
     Tables{&S::mailbox_command_maps, KeyOrder::user, TableValues::actions, FoldedBy::agent},
     kLocal},
    {"mailbox_command", Text{&S::mailbox_command, Content::not_expanded}, kLocal},
    {"home_mailbox", Text{&S::home_mailbox}, kLocal},
    {"mail_spool_directory",
     Text{&S::mail_spool_directory},
     {Daemon::local, Daemon::virtual_mailbox}},
    {"mailbox_delivery_lock", Names{&S::mailbox_delivery_lock, "flock fcntl dotlock"}, kLocal},
    {"deliver_lock_attempts", Integer{&S::deliver_lock_attempts, 1}, kEvery},
    {"deliver_lock_delay", Duration{&S::deliver_lock_delay}, kEvery},
    {"stale_lock_time", Duration{&S::stale_lock_time}, kEvery},
    {"strict_mailbox_ownership",
     Boolean{&S::strict_mailbox_ownership},
     {Daemon::local, Daemon::virtual_mailbox}},
    {"biff", Boolean{&S::biff}, kLocal},
    {"sun_mailtool_compatibility", Boolean{&S::sun_mailtool_compatibility}, kLocal},
    {"mailbox_size_limit", Octets{&S::mailbox_size_limit}, kLocal},
    {"message_size_limit", Octets{&S::message_size_limit}, kEvery},
    {"command_time_limit", Duration{&S::command_time_limit}, {Daemon::local, Daemon::pipe}},
    {"command_expansion_filter", Text{&S::command_expansion_filter, Content::not_empty}, kLocal},
    {"command_execution_directory", Text{&S::command_execution_directory, Content::not_expanded},
     kLocal},
    {"execution_directory_expansion_filter",
     Text{&S::execution_directory_expansion_filter, Content::not_empty}, kLocal},
    {"export_environment", List{&S::export_environment}, kEvery},
    {"local_command_shell", Text{&S::local_command_shell}, kLocal},
    {"fallback_transport_maps",
     Tables{&S::fallback_transport_maps, KeyOrder::user, TableValues::transports, FoldedBy::agent},
     kLocal},
    {"fallback_transport", Text{&S::fallback_transport}, kLocal},
    {"luser_relay", Text{&S::luser_relay, Content::not_expanded}, kLocal},
    {"local_delivery_status_filter", Tables{&S::local_delivery_status_filter, KeyOrder::text},
     kLocal},
    // What virtual(8) stores, and where.
    {"virtual_mailbox_base", Text{&S::virtual_mailbox_base, Content::not_empty}, kVirtual},
    {"virtual_uid_maps",
     Tables{&S::virtual_uid_maps, KeyOrder::address, TableValues::actions, FoldedBy::agent},
     kVirtual},
    {"virtual_gid_maps",
     Tables{&S::virtual_gid_maps, KeyOrder::address, TableValues::actions, FoldedBy::agent},
     kVirtual},
    {"virtual_minimum_uid", Integer{&S::virtual_minimum_uid, 1}, kVirtual},
    {"virtual_mailbox_limit", Octets{&S::virtual_mailbox_limit}, kVirtual},
    {"virtual_mailbox_lock", Names{&S::virtual_mailbox_lock, "flock fcntl dotlock"}, kVirtual},
    // What smtpd(8) answers at RCPT. Behind alias_maps, which the default of local_recipient_maps
    // names: that is where a mistake is to be shown.
    {"local_recipient_maps", Tables{&S::local_recipient_maps}, kSmtpd},
    {"virtual_mailbox_maps",
     Tables{&S::virtual_mailbox_maps},
     {Daemon::smtpd, Daemon::trivial_rewrite, Daemon::virtual_mailbox}},
    {"relay_recipient_maps", Tables{&S::relay_recipient_maps}, kSmtpd},
    {"unknown_client_reject_code", Integer{&S::unknown_client_reject_code, 0, kHighestReject},
     kSmtpd},
    {"unknown_local_recipient_reject_code",
     Integer{&S::unknown_local_recipient_reject_code, kLowestReject, kHighestReject}, kSmtpd},
    {"unknown_virtual_alias_reject_code",
     Integer{&S::unknown_virtual_alias_reject_code, kLowestReject, kHighestReject}, kSmtpd},
    {"unknown_virtual_mailbox_reject_code",
     Integer{&S::unknown_virtual_mailbox_reject_code, kLowestReject, kHighestReject}, kSmtpd},
    {"unknown_relay_recipient_reject_code",
     Integer{&S::unknown_relay_recipient_reject_code, kLowestReject, kHighestReject}, kSmtpd},
    {"show_user_unknown_table_name",
     Boolean{&S::show_user_unknown_table_name},
     {Daemon::smtpd, Daemon::trivial_rewrite}},
    {"smtpd_reject_unlisted_recipient", Boolean{&S::smtpd_reject_unlisted_recipient}, kSmtpd},
    {"receive_override_options",
     Names{&S::receive_override_options,
           "no_unknown_recipient_checks no_address_mappings no_header_body_checks no_milters"},
     kSmtpd},
    {"content_filter", Text{&S::content_filter}, kSmtpd},
    {"smtpd_proxy_filter", Text{&S::smtpd_proxy_filter}, kSmtpd},
    {"smtpd_reject_filter_maps", Tables{&S::smtpd_reject_filter_maps, KeyOrder::text}, kSmtpd},
    {"use_srv_lookup", List{&S::use_srv_lookup}, kLastmile},
    {"allow_srv_lookup_fallback", Boolean{&S::allow_srv_lookup_fallback}, kLastmile},
    {"ignore_srv_lookup_error", Boolean{&S::ignore_srv_lookup_error}, kLastmile},
    {"smtpd_client_restrictions", List{&S::smtpd_client_restrictions}, kSmtpd},
    {"smtpd_helo_restrictions", List{&S::smtpd_helo_restrictions}, kSmtpd},
    {"smtpd_sender_restrictions", List{&S::smtpd_sender_restrictions}, kSmtpd},
    {"smtpd_relay_restrictions", List{&S::smtpd_relay_restrictions}, kSmtpd},
    {"smtpd_recipient_restrictions", List{&S::smtpd_recipient_restrictions}, kSmtpd},
    {"smtpd_restriction_classes", List{&S::smtpd_restriction_classes}, kSmtpd},
    {"smtpd_delay_reject", Boolean{&S::smtpd_delay_reject}, kSmtpd},
    {"smtpd_reject_unlisted_sender", Boolean{&S::smtpd_reject_unlisted_sender}, kSmtpd},
    {"smtpd_relay_before_recipient_restrictions",
     Boolean{&S::smtpd_relay_before_recipient_restrictions}, kSmtpd},
    {"smtpd_sasl_auth_enable", Boolean{&S::smtpd_sasl_auth_enable}, kSmtpd},
    {"allow_untrusted_routing", Boolean{&S::allow_untrusted_routing}, kSmtpd},
    {"smtpd_sender_login_maps", Tables{&S::smtpd_sender_login_maps}, kSmtpd},
    {"smtpd_null_access_lookup_key", Text{&S::smtpd_null_access_lookup_key}, kSmtpd},
    {"access_map_reject_code", Integer{&S::access_map_reject_code, 0, kHighestReject}, kSmtpd},
    {"access_map_defer_code", Integer{&S::access_map_defer_code, 0, kHighestReject}, kSmtpd},
    {"reject_code", Integer{&S::reject_code, 0, kHighestReject}, kSmtpd},
    {"defer_code", Integer{&S::defer_code, 0, kHighestReject}, kSmtpd},
    {"relay_domains_reject_code", Integer{&S::relay_domains_reject_code, 0, kHighestReject},
     kSmtpd},
    {"non_fqdn_reject_code", Integer{&S::non_fqdn_reject_code, 0, kHighestReject}, kSmtpd},
    {"invalid_hostname_reject_code", Integer{&S::invalid_hostname_reject_code, 0, kHighestReject},
     kSmtpd},
    {"plaintext_reject_code", Integer{&S::plaintext_reject_code, 0, kHighestReject}, kSmtpd},
    {"unverified_recipient_reject_code",
     Integer{&S::unverified_recipient_reject_code, 0, kHighestReject}, kSmtpd},
    {"unverified_recipient_defer_code",
     Integer{&S::unverified_recipient_defer_code, 0, kHighestReject}, kSmtpd},
    {"unverified_recipient_reject_reason", Text{&S::unverified_recipient_reject_reason}, kSmtpd},
    {"unverified_sender_reject_code", Integer{&S::unverified_sender_reject_code, 0, kHighestReject},
     kSmtpd},
    {"unverified_sender_defer_code", Integer{&S::unverified_sender_defer_code, 0, kHighestReject},
     kSmtpd},
    {"unverified_sender_reject_reason", Text{&S::unverified_sender_reject_reason}, kSmtpd},
    {"address_verify_sender", Text{&S::address_verify_sender}, kSmtpd},
    {"header_checks", Tables{&S::header_checks, KeyOrder::text}, kCleanup},
    {"mime_header_checks", Tables{&S::mime_header_checks, KeyOrder::text}, kCleanup},
    {"nested_header_checks", Tables{&S::nested_header_checks, KeyOrder::text}, kCleanup},
    {"body_checks", Tables{&S::body_checks, KeyOrder::text}, kCleanup},
    {"body_checks_size_limit", Integer{&S::body_checks_size_limit, 1}, kCleanup},
    {"strict_rfc821_envelopes", Boolean{&S::strict_rfc821_envelopes}, kSmtpd},
};

/// The row of a list of tables or of patterns.
template <class Kind, class Member>
const Parameter& row_of(Member member) {
  const auto* const found = std::ranges::find_if(kCatalogue, [member](const Parameter& parameter) {
    const Kind* const kind = std::get_if<Kind>(&parameter.kind);
    return kind != nullptr && kind->member == member;
  });
  LM_CHECK(found != std::end(kCatalogue));
  return *found;
}

}  // namespace

std::span<const Parameter> parameter_catalogue() {
  return kCatalogue;
}

const Parameter* find_parameter(std::string_view name) {
  const auto* const found = std::ranges::find(kCatalogue, name, &Parameter::name);
  return found == std::end(kCatalogue) ? nullptr : &*found;
}

const Parameter& parameter_of(Setting<std::vector<TableSpec>> Settings::*member) {
  return row_of<TablesParameter>(member);
}

const Parameter& parameter_of(Setting<std::vector<std::string>> Settings::*member) {
  return row_of<MatchListParameter>(member);
}

std::optional<KeyOrder> key_order_of(const Parameter& parameter) {
  if (const auto* const tables = std::get_if<TablesParameter>(&parameter.kind)) {
    return tables->keys;
  }
  if (const auto* const list = std::get_if<MatchListParameter>(&parameter.kind)) {
    return list->keys;
  }
  return std::nullopt;
}

}  // namespace lastmile
