// SPDX-License-Identifier: Apache-2.0
#include "transports/followed_parameters.h"

#include <algorithm>
#include <iterator>

#include "transports/default_parameters.h"
#include "transports/parameter_catalogue.h"

namespace lastmile {
namespace {

using enum Following;

constexpr std::string_view kNoDane = "DNSSEC cannot be asked: where it is wanted, mail waits";
constexpr std::string_view kOpenSsl = "OpenSSL does it as it sees fit";
constexpr std::string_view kOneRun = "processes do not share connections";
constexpr std::string_view kResolver = "names are resolved by the C library";
constexpr std::string_view kSmtpLeaves = "mail that leaves this host is handed to sendmail";

/// Parameters of lmtp(8) and smtp(8), behind `lmtp_` and `smtp_`.
constexpr FollowedRow kClient[] = {
    {"bind_address", {honoured}},
    {"bind_address6", {honoured}},
    {"bind_address_enforce", {honoured}},
    {"body_checks", {honoured}},
    {"fallback_relay", {honoured}},
    {"generic_maps", {honoured}},
    {"header_checks", {honoured}},
    {"mime_header_checks", {honoured}},
    {"nested_header_checks", {honoured}},
    {"quote_rfc821_envelope", {honoured}},
    {"reply_filter", {honoured}},
    {"send_xforward_command", {honoured}},
    {"xforward_timeout", {honoured}},
    {"address_preference", {honoured}},
    {"connect_timeout", {honoured}},
    {"data_done_timeout", {honoured}},
    {"data_init_timeout", {honoured}},
    {"data_xfer_timeout", {honoured}},
    {"delivery_status_filter", {honoured}},
    {"always_send_ehlo", {honoured}},
    {"never_send_ehlo", {honoured}},
    {"discard_ehlo_keyword_address_maps", {honoured}},
    {"discard_lhlo_keyword_address_maps", {honoured}},
    {"discard_ehlo_keywords", {honoured}},
    {"discard_lhlo_keywords", {honoured}},
    {"enforce_tls", {honoured}},
    {"helo_name", {honoured}},
    {"helo_timeout", {honoured}},
    {"host_lookup", {honoured}},
    {"lhlo_name", {honoured}},
    {"lhlo_timeout", {honoured}},
    {"mail_timeout", {honoured}},
    {"line_length_limit", {honoured}},
    {"min_data_rate", {honoured}},
    {"per_request_deadline", {honoured}},
    {"quit_timeout", {honoured}},
    {"rcpt_timeout", {honoured}},
    {"rset_timeout", {honoured}},
    {"skip_5xx_greeting", {honoured}},
    {"tcp_port", {honoured}},
    {"tls_security_level", {honoured}},
    {"tls_wrappermode", {honoured}},
    {"dns_reply_filter", {refused, "a server whose name the DNS has to know is not asked"}},
    {"sasl_auth_cache_*", {noted, "a login that was refused is tried again"}},
    {"sasl_path", {without_effect, "a client of Cyrus SASL has no such file"}},
    {"sasl_*", {honoured}},
    {"send_dummy_mail_auth", {honoured}},
    {"sender_dependent_authentication", {honoured}},
    {"tls_block_early_mail_reply", {noted, "a server that answers too early is not told apart"}},
    {"tls_connection_reuse", {honoured}},
    {"tls_dane_insecure_mx_policy", {without_effect, kNoDane}},
    {"tls_force_insecure_host_tlsa_lookup", {without_effect, kNoDane}},
    {"tls_note_starttls_offer", {without_effect, "what a server offers is not logged"}},
    {"tls_session_cache_*", {without_effect, "sessions are taken up again in the same run alone"}},
    {"tls_*", {honoured}},
    {"use_tls", {honoured}},
    {"starttls_timeout", {honoured}},
    {"connection_cache_destinations",
     {without_effect, "it matters where nothing is kept on demand"}},
    {"connection_cache_*", {honoured}},
    {"connection_reuse_*", {honoured}},
    {"skip_quit_response", {honoured}},
    {"balance_inet_protocols", {without_effect, kResolver}},
    {"cname_overrides_servername", {without_effect, kResolver}},
    {"defer_if_no_mx_address_found", {without_effect, kSmtpLeaves}},
    {"dns_*", {without_effect, kResolver}},
    {"mx_*", {honoured}},
    {"randomize_addresses", {without_effect, kResolver}},
    {"address_verify_target", {without_effect, "no probe is sent"}},
    {"assume_final", {without_effect, "no notification of success is sent"}},
    {"log_tls_feature_status", {honoured}},
    {"requiretls_policy", {noted, "no server is asked for REQUIRETLS"}},
    {"sasl_password_result_delimiter", {noted, "a user and a password have a colon between them"}},
    {"tlsrpt_*", {without_effect, "reports about TLS are the MTA's"}},
    {"pix_workaround*", {without_effect, "no firewall of that kind is known"}},
    // Of smtp(8) alone.
    {"fallback_*", {without_effect, kSmtpLeaves}},
};

constexpr std::string_view kOfContent = "it may refuse, discard or redirect the mail";
constexpr std::string_view kClients =
    "it is smtpd(8)'s, and changes nothing of what a trace shows of it";
constexpr std::string_view kNoSrv = "SRV records are not asked for";
constexpr std::string_view kQueue = "the MTA has the queue";
constexpr std::string_view kBounces = "the MTA sends its own notifications";
constexpr std::string_view kHeaders = "headers are the MTA's, who accepts the message";
constexpr std::string_view kProcess = "it is about how Postfix runs its programs";
constexpr std::string_view kNames = "it names a service or a program of Postfix";
constexpr std::string_view kPlaces = "it names a place of Postfix's own";

constexpr FollowedRow kRows[] = {
    // Honoured where the program asks for them by name.
    {"compatibility_level", {honoured}},
    {"default_database_type", {honoured}},
    {"default_delivery_status_filter", {honoured}},
    {"default_destination_recipient_limit", {honoured}},
    {"disable_mime_output_conversion", {honoured}},
    {"meta_directory", {honoured}},
    {"mynetworks", {honoured}},
    {"mynetworks_style", {honoured}},
    {"pipe_delivery_status_filter", {honoured}},
    {"process_id", {honoured}},
    {"process_name", {honoured}},
    {"proxy_read_maps", {honoured}},
    {"shlib_directory", {honoured}},
    {"virtual_delivery_status_filter", {honoured}},
    // What smtpd(8) and cleanup(8) do with a message.
    {"body_checks", {with_message, kOfContent, Daemon::cleanup}},
    {"header_checks", {with_message, kOfContent, Daemon::cleanup}},
    {"mime_header_checks", {with_message, kOfContent, Daemon::cleanup}},
    {"nested_header_checks", {with_message, kOfContent, Daemon::cleanup}},
    {"non_smtpd_milters", {noted, "it may refuse or change the mail", Daemon::cleanup}},
    {"smtpd_command_filter", {noted, "it may change what a client says", Daemon::smtpd}},
    {"smtpd_data_restrictions", {noted, "it may refuse the mail", Daemon::smtpd}},
    {"smtpd_end_of_data_restrictions", {noted, "it may refuse the mail", Daemon::smtpd}},
    {"smtpd_milters", {noted, "it may refuse or change the mail", Daemon::smtpd}},
    {"access_map_*", {without_effect, kClients}},
    {"address_verify_*", {without_effect, "a probe is followed and not sent"}},
    {"unverified_*", {without_effect, "a probe is followed and not sent"}},
    {"authorized_*", {without_effect, kClients}},
    {"broken_sasl_auth_clients", {without_effect, kClients}},
    {"cyrus_sasl_config_path", {honoured}},
    {"default_rbl_reply", {without_effect, kClients}},
    {"disable_vrfy_command", {without_effect, kClients}},
    {"dnsblog_*", {without_effect, kClients}},
    {"empty_address_local_login_sender_maps_lookup_key", {without_effect, kClients}},
    {"local_login_sender_maps", {without_effect, kClients}},
    {"maps_rbl_*", {without_effect, kClients}},
    {"milter_*", {without_effect, "a filter is the MTA's, and a trace says so where one is set"}},
    {"multi_recipient_bounce_reject_code", {without_effect, kClients}},
    {"permit_mx_backup_networks", {without_effect, kClients}},
    {"postscreen_*", {without_effect, kClients}},
    {"qmqpd_*", {without_effect, kClients}},
    {"rbl_reply_maps", {without_effect, kClients}},
    {"reject_tempfail_action", {without_effect, kClients}},
    {"relay_clientcerts", {without_effect, kClients}},
    {"send_cyrus_sasl_authzid", {honoured}},
    {"smtpd_*", {without_effect, kClients}},
    {"openssl_path", {without_effect, "no command of OpenSSL is run"}},
    {"tls_append_default_CA", {honoured}},
    {"tls_config_*", {noted, "OpenSSL reads its default configuration file"}},
    {"tls_daemon_random_bytes", {without_effect, kOpenSsl}},
    {"tls_dane_*", {without_effect, kNoDane}},
    {"tls_disable_workarounds", {noted, "the workarounds of OpenSSL for faults of others are on"}},
    {"tls_eecdh_auto_curves", {honoured}},
    {"tls_eecdh_*", {without_effect, kClients}},
    {"tls_fast_shutdown_enable", {without_effect, "a server is not waited for at the end"}},
    {"tls_legacy_public_key_fingerprints", {noted, "public keys have their new fingerprints"}},
    {"tls_preempt_cipherlist", {without_effect, kClients}},
    {"tls_random_*", {without_effect, kOpenSsl}},
    {"tls_server_sni_maps", {without_effect, kClients}},
    {"tls_session_ticket_cipher", {without_effect, kClients}},
    {"tls_ssl_options", {noted, "the options of OpenSSL are its defaults"}},
    {"tls_wildcard_matches_multiple_labels", {without_effect, kOpenSsl}},
    {"tls_export_cipherlist", {honoured}},
    {"tls_high_cipherlist", {honoured}},
    {"tls_low_cipherlist", {honoured}},
    {"tls_medium_cipherlist", {honoured}},
    {"tls_null_cipherlist", {honoured}},
    {"tlsmgr_service_name", {without_effect, kNames}},
    {"tlsproxy_*", {without_effect, kClients}},
    {"unknown_*", {without_effect, kClients}},
    {"smtputf8_autodetect_classes", {without_effect, kClients}},
    {"strict_smtputf8", {without_effect, kClients}},
    {"stress", {without_effect, kClients}},
    {"verp_delimiter_filter", {without_effect, kClients}},
    {"default_verp_delimiters", {without_effect, kClients}},
    {"disable_verp_bounces", {without_effect, kBounces}},
    // cleanup(8): the message as it is accepted.
    {"always_add_missing_headers", {without_effect, kHeaders}},
    {"detect_8bit_encoding_header", {honoured}},
    {"disable_mime_input_processing", {without_effect, kHeaders}},
    {"header_size_limit", {honoured}},
    {"header_*", {without_effect, kHeaders}},
    {"internal_mail_filter_classes", {without_effect, kHeaders}},
    {"local_header_rewrite_clients", {without_effect, kHeaders}},
    {"message_drop_headers", {without_effect, kHeaders}},
    {"message_reject_characters", {noted, "mail with such characters is not refused"}},
    {"message_strip_characters", {noted, "such characters stay in the message"}},
    {"mime_boundary_length_limit", {honoured}},
    {"mime_nesting_limit", {honoured}},
    {"mime_*", {without_effect, kHeaders}},
    {"remote_header_rewrite_domain", {without_effect, kHeaders}},
    {"strict_7bit_headers", {without_effect, kHeaders}},
    {"strict_8bitmime*", {without_effect, kHeaders}},
    {"strict_mime_encoding_domain", {without_effect, kHeaders}},
    {"undisclosed_recipients_header", {without_effect, kHeaders}},
    {"enable_idna2003_compatibility", {without_effect, kResolver}},
    // The queue manager.
    {"best_mx_transport",
     {noted,
      "it takes the DNS: mail for domains whose best MX this host is "
      "is shown as leaving"}},
    {"confirm_delay_cleared", {without_effect, kBounces}},
    {"default_delivery_slot_*", {without_effect, kQueue}},
    {"default_destination_*", {without_effect, kQueue}},
    {"default_extra_recipient_limit", {without_effect, kQueue}},
    {"default_minimum_delivery_slots", {without_effect, kQueue}},
    {"default_recipient_*", {without_effect, kQueue}},
    {"default_transport_rate_delay", {without_effect, kQueue}},
    {"delay_warning_time", {without_effect, kBounces}},
    {"destination_concurrency_feedback_debug", {without_effect, kQueue}},
    {"fast_flush_*", {without_effect, kQueue}},
    {"hash_queue_*", {without_effect, kQueue}},
    {"in_flow_delay", {without_effect, kQueue}},
    {"initial_destination_concurrency", {without_effect, kQueue}},
    {"local_destination_*", {without_effect, kQueue}},
    {"maximal_*", {without_effect, kQueue}},
    {"minimal_backoff_time", {honoured}},
    {"bounce_queue_lifetime", {without_effect, kQueue}},
    {"qmgr_*", {without_effect, kQueue}},
    {"queue_file_attribute_count_limit", {without_effect, kQueue}},
    {"queue_minfree", {without_effect, kQueue}},
    {"queue_run_delay", {without_effect, kQueue}},
    {"transport_retry_time", {without_effect, kQueue}},
    {"dont_remove", {without_effect, kQueue}},
    {"enable_long_queue_ids", {without_effect, kQueue}},
    // Notifications.
    {"2bounce_notice_recipient", {without_effect, kBounces}},
    {"backwards_bounce_logfile_compatibility", {without_effect, kBounces}},
    {"bounce_notice_recipient", {without_effect, kBounces}},
    {"bounce_template_file", {without_effect, "a notification has lastmile's own text"}},
    {"delay_notice_recipient", {without_effect, kBounces}},
    {"enable_threaded_bounces", {without_effect, kBounces}},
    {"error_notice_recipient", {without_effect, kBounces}},
    {"notify_classes", {without_effect, kBounces}},
    // Of later releases than 3.7.
    {"allow_srv_lookup_fallback", {without_effect, kNoSrv}},
    {"cleanup_replace_stray_cr_lf", {honoured}},
    {"default_cache_db_type", {honoured}},
    {"force_mime_input_conversion", {without_effect, kHeaders}},
    {"full_name_encoding_charset", {without_effect, kHeaders}},
    {"ignore_srv_lookup_error", {without_effect, kNoSrv}},
    {"non_bdb_custom_mapping", {honoured}},
    {"non_bdb_migration_level", {honoured}},
    {"non_bdb_*", {without_effect, "no index is made anew"}},
    {"non_empty_end_of_header_action", {without_effect, kHeaders}},
    {"relocated_prefix_enable", {honoured}},
    {"requiretls_*", {noted, "no server is asked for REQUIRETLS"}},
    {"smtpd_reject_filter_maps", {honoured}},
    {"socketmap_max_query_size", {honoured}},
    {"socketmap_max_reply_size", {honoured}},
    {"tls_ffdhe_auto_groups", {without_effect, kClients}},
    {"tls_required_enable", {noted, "the header TLS-Required: is not looked at"}},
    {"tls_trace_rate_limit", {without_effect, kProcess}},
    {"tls_trust_server_ccerts", {without_effect, kClients}},
    {"use_srv_lookup", {refused, "mail for servers that SRV records name waits"}},
    // Names, places, processes.
    {"*_service_name", {without_effect, kNames}},
    {"service_name", {without_effect, kNames}},
    {"alternate_config_directories", {without_effect, kPlaces}},
    {"command_directory", {without_effect, kPlaces}},
    {"daemon_directory", {without_effect, kPlaces}},
    {"data_directory", {without_effect, kPlaces}},
    {"html_directory", {without_effect, kPlaces}},
    {"mailq_path", {without_effect, kPlaces}},
    {"manpage_directory", {without_effect, kPlaces}},
    {"newaliases_path", {without_effect, kPlaces}},
    {"process_id_directory", {without_effect, kPlaces}},
    {"readme_directory", {without_effect, kPlaces}},
    {"sample_directory", {without_effect, kPlaces}},
    {"mail_release_date", {without_effect, kPlaces}},
    {"mail_version", {without_effect, kPlaces}},
    {"setgid_group", {without_effect, kPlaces}},
    {"anvil_*", {without_effect, kProcess}},
    {"application_event_drain_time", {without_effect, kProcess}},
    {"berkeley_db_*", {without_effect, "tables are read and made by lastmile itself"}},
    {"lmdb_map_size", {without_effect, "tables are read and made by lastmile itself"}},
    {"connection_cache_*", {without_effect, kOneRun}},
    {"daemon_*", {without_effect, kProcess}},
    {"debug_*", {without_effect, kProcess}},
    {"debugger_command", {without_effect, kProcess}},
    {"default_process_limit", {without_effect, kProcess}},
    {"disable_dns_lookups", {without_effect, kResolver}},
    {"dns*", {without_effect, kResolver}},
    {"ignore_mx_lookup_error", {without_effect, kSmtpLeaves}},
    {"fault_injection_code", {without_effect, kProcess}},
    {"fork_*", {without_effect, kProcess}},
    {"helpful_warnings", {without_effect, kProcess}},
    {"import_environment", {honoured}},
    {"ipc_*", {without_effect, kProcess}},
    {"known_tcp_ports", {without_effect, kProcess}},
    {"maillog_file*", {without_effect, "lastmile_log says where lastmile logs"}},
    {"master_service_disable", {noted, "the services of master.cf are taken to run"}},
    {"max_*", {without_effect, kProcess}},
    {"multi_instance_*", {without_effect, kProcess}},
    {"postlog*", {without_effect, kProcess}},
    {"postmulti_*", {without_effect, kProcess}},
    {"proxy_write_maps", {without_effect, "nothing is written through proxymap(8)"}},
    {"respectful_logging", {without_effect, kProcess}},
    {"service_throttle_time", {without_effect, kProcess}},
    {"tcp_windowsize", {without_effect, kProcess}},
    {"trigger_timeout", {without_effect, kProcess}},
};

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with('*') && pattern.ends_with('*')) {
    return name.find(pattern.substr(1, pattern.size() - 2)) != std::string_view::npos;
  }
  if (pattern.starts_with('*')) {
    return name.ends_with(pattern.substr(1));
  }
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                : name == pattern;
}

template <class Rows>
const Followed* find_row(const Rows& rows, std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(rows), std::end(rows),
                   [name](const FollowedRow& row) { return fits(row.pattern, name); });
  return found == std::end(rows) ? nullptr : &found->followed;
}

const Followed* find_client_row(std::string_view name) {
  for (const std::string_view prefix : {"lmtp_", "smtp_"}) {
    if (name.starts_with(prefix)) {
      return find_row(kClient, name.substr(prefix.size()));
    }
  }
  return nullptr;
}

/// Parameters that each service has under its own name.
constexpr FollowedRow kOfServices[] = {
    {"*_destination_recipient_limit", {honoured}},
    {"*_delivery_status_filter", {honoured}},
    {"*_time_limit", {honoured}},
    {"*_destination_concurrency*", {without_effect, kQueue}},
    {"*_destination_rate_delay", {without_effect, kQueue}},
    {"*_delivery_slot_*", {without_effect, kQueue}},
    {"*_minimum_delivery_slots", {without_effect, kQueue}},
    {"*_recipient_limit", {without_effect, kQueue}},
    {"*_recipient_refill_*", {without_effect, kQueue}},
    {"*_extra_recipient_limit", {without_effect, kQueue}},
    {"*_transport_rate_delay", {without_effect, kQueue}},
    {"*_initial_destination_concurrency", {without_effect, kQueue}},
};

}  // namespace

const Followed* find_followed(std::string_view name) {
  static constexpr Followed kHonoured = {honoured};
  const auto* const exact = std::ranges::find(kRows, name, &FollowedRow::pattern);
  if (exact != std::end(kRows)) {
    return &exact->followed;
  }
  if (find_parameter(name) != nullptr) {
    return &kHonoured;
  }
  if (const Followed* const of_client = find_client_row(name)) {
    return of_client;
  }
  const Followed* const found = find_row(kRows, name);
  return found != nullptr ? found : find_row(kOfServices, name);
}

std::array<std::size_t, 5> count_followed() {
  std::array<std::size_t, 5> counts{};
  for (const DefaultParameter& parameter : default_parameters()) {
    const Followed* const followed = find_followed(parameter.name);
    if (followed != nullptr && !parameter.name.starts_with("lastmile_")) {
      ++counts[static_cast<std::size_t>(followed->following)];
    }
  }
  return counts;
}

std::string_view name_of(Following following) {
  switch (following) {
    case honoured:
      return "honoured";
    case with_message:
      return "honoured with a message";
    case without_effect:
      return "without effect here";
    case noted:
      return "not followed";
    case refused:
      return "refused";
  }
  return {};
}

}  // namespace lastmile
