// SPDX-License-Identifier: Apache-2.0
#include "transports/default_changes.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "aliases/text.h"
#include "transports/default_parameters.h"

namespace lastmile {
namespace {

// What differs from the defaults of Postfix 3.7.11, sorted by name: the name, the first release of
// each branch, and the value that holds from there on. Without `=` the name is not there. Found by
// comparing the parameters of all releases from 3.7.0 to 3.12-20260821.
constexpr std::string_view kChanges = R"(
address_verify_map 3.11.0 = $default_cache_db_type:$data_directory/verify_cache
alias_database 3.11.0 = $default_database_type:/etc/aliases
alias_maps 3.11.0 = $default_database_type:/etc/aliases, nis:mail.aliases
allow_srv_lookup_fallback 3.8.0 = no
cleanup_replace_stray_cr_lf 3.7.0
cleanup_replace_stray_cr_lf 3.7.10 3.8.5 3.9.0 = yes
default_cache_db_type 3.11.0 = btree
force_mime_input_conversion 3.9.0 = no
full_name_encoding_charset 3.10.0 = utf-8
ignore_srv_lookup_error 3.8.0 = no
import_environment 3.11.0 = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME XDG_RUNTIME_DIR
lmtp_log_tls_feature_status 3.11.0 = yes
lmtp_requiretls_policy 3.11.0 = opportunistic
lmtp_sasl_password_result_delimiter 3.9.0 = :
lmtp_tls_enable_rpk 3.9.0 = no
lmtp_tls_enforce_sts_mx_patterns 3.10.5 3.11.0 = yes
lmtp_tls_loglevel_maps 3.12.0 =
lmtp_tls_trace_size_limit 3.12.0 = 102400
lmtp_tlsrpt_enable 3.10.0 = no
lmtp_tlsrpt_skip_reused_handshakes 3.10.0 = yes
lmtp_tlsrpt_skip_reused_handshakes 3.11.0 = no
lmtp_tlsrpt_socket_name 3.10.0 =
maillog_file_permissions 3.9.0 = 0600
milter_default_action 3.7.20 3.8.15 3.9.9 3.10.8 3.11.0 = shutdown
non_bdb_custom_mapping 3.11.0 =
non_bdb_migration_allow_root_prefixes 3.11.0 = /etc /usr/local/etc
non_bdb_migration_allow_user_prefixes 3.11.0 = $data_directory /var/lib/mailman /var/lib/mailman3
non_bdb_migration_level 3.11.0 = disable
non_bdb_migration_log_redirect 3.11.0 = yes
non_bdb_migration_service_name 3.11.0 = nbdb_reindex
non_empty_end_of_header_action 3.11.0 = fix_quietly
postscreen_cache_map 3.11.0 = $default_cache_db_type:$data_directory/postscreen_cache
postscreen_starttls_timeout 3.12.0 = $smtpd_starttls_timeout
postscreen_tls_CAfile 3.12.0 = $smtpd_tls_CAfile
postscreen_tls_CApath 3.12.0 = $smtpd_tls_CApath
postscreen_tls_always_issue_session_ids 3.12.0 = $smtpd_tls_always_issue_session_ids
postscreen_tls_ask_ccert 3.12.0 = $smtpd_tls_ask_ccert
postscreen_tls_ccert_verifydepth 3.12.0 = $smtpd_tls_ccert_verifydepth
postscreen_tls_cert_file 3.12.0 = $smtpd_tls_cert_file
postscreen_tls_chain_files 3.12.0 = $smtpd_tls_chain_files
postscreen_tls_ciphers 3.12.0 = $smtpd_tls_ciphers
postscreen_tls_dcert_file 3.12.0 = $smtpd_tls_dcert_file
postscreen_tls_dh1024_param_file 3.12.0 = $smtpd_tls_dh1024_param_file
postscreen_tls_dh512_param_file 3.12.0 = $smtpd_tls_dh512_param_file
postscreen_tls_dkey_file 3.12.0 = $smtpd_tls_dkey_file
postscreen_tls_eccert_file 3.12.0 = $smtpd_tls_eccert_file
postscreen_tls_eckey_file 3.12.0 = $smtpd_tls_eckey_file
postscreen_tls_eecdh_grade 3.12.0 = $smtpd_tls_eecdh_grade
postscreen_tls_enable_rpk 3.12.0 = $smtpd_tls_enable_rpk
postscreen_tls_exclude_ciphers 3.12.0 = $smtpd_tls_exclude_ciphers
postscreen_tls_fingerprint_digest 3.12.0 = $smtpd_tls_fingerprint_digest
postscreen_tls_key_file 3.12.0 = $smtpd_tls_key_file
postscreen_tls_loglevel 3.12.0 = $smtpd_tls_loglevel
postscreen_tls_loglevel_maps 3.12.0 = $smtpd_tls_loglevel_maps
postscreen_tls_mandatory_ciphers 3.12.0 = $smtpd_tls_mandatory_ciphers
postscreen_tls_mandatory_exclude_ciphers 3.12.0 = $smtpd_tls_mandatory_exclude_ciphers
postscreen_tls_mandatory_protocols 3.12.0 = $smtpd_tls_mandatory_protocols
postscreen_tls_protocols 3.12.0 = $smtpd_tls_protocols
postscreen_tls_req_ccert 3.12.0 = $smtpd_tls_req_ccert
postscreen_tls_trace_size_limit 3.12.0 = $smtpd_tls_trace_size_limit
proxy_read_maps 3.11.0 = $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks $smtpd_reject_filter_maps $debug_peer_list $smtpd_etrn_restrictions $fast_flush_domains $authorized_flush_users $lmtp_connection_cache_destinations $local_header_rewrite_clients $masquerade_exceptions $postscreen_access_list $postscreen_allowlist_interfaces $postscreen_forbidden_commands $qmqpd_authorized_clients $authorized_mailq_users $smtp_connection_cache_destinations $smtpd_log_access_permit_actions $smtpd_forbidden_commands $smtpd_client_event_limit_exceptions $smtpd_sasl_exceptions_networks $smtpd_sasl_mechanism_filter $smtp_requiretls_policy $smtp_sasl_mechanism_filter $authorized_submit_users $smtpd_authorized_verp_clients $smtpd_authorized_xclient_hosts $smtpd_authorized_xforward_hosts
proxy_read_maps 3.12.0 = $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks $smtpd_reject_filter_maps $debug_peer_list $smtpd_etrn_restrictions $fast_flush_domains $authorized_flush_users $lmtp_connection_cache_destinations $local_header_rewrite_clients $masquerade_exceptions $postscreen_access_list $postscreen_allowlist_interfaces $postscreen_forbidden_commands $qmqpd_authorized_clients $authorized_mailq_users $smtp_connection_cache_destinations $smtpd_log_access_permit_actions $smtpd_forbidden_commands $smtpd_client_event_limit_exceptions $smtpd_sasl_exceptions_networks $smtpd_sasl_mechanism_filter $smtp_requiretls_policy $smtp_sasl_mechanism_filter $authorized_submit_users $smtpd_authorized_verp_clients $smtpd_authorized_xclient_hosts $smtpd_authorized_xforward_hosts $lmtp_tls_loglevel_maps $postscreen_tls_loglevel_maps $smtp_tls_loglevel_maps $smtpd_tls_loglevel_maps
relocated_prefix_enable 3.11.0 = yes
requiretls_enable 3.11.0 = yes
requiretls_esmtp_header 3.11.0 = yes
requiretls_redact_dsn 3.11.0 = yes
service_name 3.11.1 = amnesiac
smtp_log_tls_feature_status 3.11.0 = yes
smtp_requiretls_policy 3.11.0 = inline:{{${domain_to_ascii{$mydomain}}=opportunistic}, {.${domain_to_ascii{$mydomain}}=opportunistic}, {localhost=opportunistic}}, cidr:{{0.0.0.0/0 opportunistic}, {::/0 opportunistic}}, enforce
smtp_sasl_password_result_delimiter 3.9.0 = :
smtp_tls_dane_insecure_mx_policy 3.7.13 3.8.8 3.9.2 3.10.0 = dane
smtp_tls_enable_rpk 3.9.0 = no
smtp_tls_enforce_sts_mx_patterns 3.10.5 3.11.0 = yes
smtp_tls_loglevel_maps 3.12.0 =
smtp_tls_security_level 3.11.0 = ${{$compatibility_level} <level {3.11} ? {} : {may}}
smtp_tls_trace_size_limit 3.12.0 = 102400
smtp_tlsrpt_enable 3.10.0 = no
smtp_tlsrpt_skip_reused_handshakes 3.10.0 = yes
smtp_tlsrpt_skip_reused_handshakes 3.11.0 = no
smtp_tlsrpt_socket_name 3.10.0 =
smtpd_client_ipv4_prefix_length 3.8.0 = 32
smtpd_client_ipv6_prefix_length 3.8.0 = 84
smtpd_forbid_bare_newline 3.7.0
smtpd_forbid_bare_newline 3.7.9 3.8.4 3.9.0 = no
smtpd_forbid_bare_newline 3.9.0 = normalize
smtpd_forbid_bare_newline_exclusions 3.7.0
smtpd_forbid_bare_newline_exclusions 3.7.9 3.8.4 3.9.0 = $mynetworks
smtpd_forbid_bare_newline_reject_code 3.7.0
smtpd_forbid_bare_newline_reject_code 3.7.10 3.8.5 3.9.0 = 550
smtpd_forbid_unauth_pipelining 3.7.0
smtpd_forbid_unauth_pipelining 3.7.6 3.8.1 3.9.0 = no
smtpd_forbid_unauth_pipelining 3.9.0 = yes
smtpd_hide_client_session 3.10.0 = no
smtpd_reject_filter_maps 3.11.0 =
smtpd_tls_enable_rpk 3.9.0 = no
smtpd_tls_loglevel_maps 3.12.0 =
smtpd_tls_trace_size_limit 3.12.0 = 102400
socketmap_max_query_size 3.12.0 = 10000
socketmap_max_reply_size 3.10.0 = 100000
tls_config_file 3.7.0
tls_config_file 3.7.6 3.8.1 3.9.0 = default
tls_config_name 3.7.0
tls_config_name 3.7.6 3.8.1 3.9.0 =
tls_eecdh_auto_curves 3.10.0 = X25519 X448 prime256v1 secp384r1 secp521r1
tls_eecdh_auto_curves 3.11.0 = ?X25519MLKEM768:DEFAULT
tls_export_cipherlist 3.8.0 =
tls_ffdhe_auto_groups 3.8.0 = ffdhe2048 ffdhe3072
tls_ffdhe_auto_groups 3.11.0 =
tls_high_cipherlist 3.8.0 = aNULL:-aNULL:HIGH:!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5:@STRENGTH
tls_legacy_public_key_fingerprints 3.11.0
tls_low_cipherlist 3.8.0 =
tls_medium_cipherlist 3.8.0 = aNULL:-aNULL:HIGH:MEDIUM:!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5:+RC4:@STRENGTH
tls_null_cipherlist 3.8.0 = eNULL:!kDH:!kECDH:!aDSS:!MD5:!aNULL
tls_required_enable 3.10.0 = yes
tls_trace_rate_limit 3.12.0 = 1
tls_trust_server_ccerts 3.12.0 = no
tlsproxy_client_loglevel_parameter 3.12.0
tlsproxy_client_policy_maps 3.7.16 3.8.11 3.9.5 3.10.4 3.11.0 = ${tlsproxy_client_policy?{$tlsproxy_client_policy}:{$smtp_tls_policy_maps}}
tlsproxy_client_security_level 3.7.16 3.8.11 3.9.5 3.10.4 3.11.0 = ${tlsproxy_client_level?{$tlsproxy_client_level}:{$smtp_tls_security_level}}
tlsproxy_tls_enable_rpk 3.9.0 = $smtpd_tls_enable_rpk
use_srv_lookup 3.8.0 =
)";

constexpr std::size_t kChangeCount =
    static_cast<std::size_t>(std::ranges::count(kChanges, '\n')) - 1;

struct ChangeLine {
  std::string_view name = {};
  std::string_view rest = {};  ///< Behind the name.
};

// Known to the compiler, since nearly every parameter is looked for each time the program starts.
constexpr auto kChangeLines = [] {
  std::array<ChangeLine, kChangeCount> lines;
  std::size_t begin = 1;
  for (ChangeLine& line : lines) {
    const std::size_t name_end = kChanges.find(' ', begin);
    const std::size_t end = kChanges.find('\n', begin);
    line = {kChanges.substr(begin, name_end - begin), kChanges.substr(name_end, end - name_end)};
    begin = end + 1;
  }
  return lines;
}();

DefaultChange parse_line(const ChangeLine& line) {
  DefaultChange change;
  change.name = line.name;
  const std::size_t sign = line.rest.find(" =");
  for (const std::string_view release : split_list(line.rest.substr(0, sign))) {
    change.first.push_back(*parse_postfix_version(release));
  }
  change.is_gone = sign == std::string_view::npos;
  change.value = change.is_gone ? "" : trim(line.rest.substr(sign + 2));
  return change;
}

/// The lines of one name, in the order of time.
std::span<const ChangeLine> lines_of(std::string_view name) {
  return {std::ranges::lower_bound(kChangeLines, name, {}, &ChangeLine::name),
          std::ranges::upper_bound(kChangeLines, name, {}, &ChangeLine::name)};
}

std::vector<DefaultChange> changes_of(std::string_view name) {
  std::vector<DefaultChange> changes;
  for (const ChangeLine& line : lines_of(name)) {
    changes.push_back(parse_line(line));
  }
  return changes;
}

/// Whether the first releases of 3.7 did not have the name.
bool is_missing_at_first(const DefaultChange& change) {
  return change.is_gone && change.first.front() == PostfixVersion{3, 7, 0};
}

}  // namespace

bool has_changed_default(std::string_view name) {
  return std::ranges::binary_search(kChangeLines, name, {}, &ChangeLine::name);
}

std::optional<std::string_view> default_parameter_in(const PostfixVersion& version,
                                                     std::string_view name) {
  auto value = default_parameter(name);
  for (const DefaultChange& change : changes_of(name)) {
    if (is_since(change.first, version)) {
      value = change.is_gone ? std::nullopt : std::optional(change.value);
    }
  }
  return value;
}

std::optional<std::string_view> default_parameter_of_any(std::string_view name) {
  if (auto value = default_parameter(name)) {
    return value;
  }
  for (const DefaultChange& change : changes_of(name)) {
    if (!change.is_gone) {
      return change.value;
    }
  }
  return std::nullopt;
}

std::vector<PostfixVersion> first_with_parameter(std::string_view name) {
  const auto changes = changes_of(name);
  const bool came_later =
      !changes.empty() && (!default_parameter(name) || is_missing_at_first(changes.front()));
  const auto first = std::ranges::find(changes, false, &DefaultChange::is_gone);
  return came_later && first != changes.end() ? first->first : std::vector<PostfixVersion>{};
}

std::vector<DefaultChange> default_changes() {
  std::vector<DefaultChange> changes;
  changes.reserve(kChangeLines.size());
  for (const ChangeLine& line : kChangeLines) {
    changes.push_back(parse_line(line));
  }
  return changes;
}

std::vector<std::string_view> parameters_of(const PostfixVersion& version) {
  std::set<std::string_view> names;
  for (const DefaultParameter& parameter : default_parameters()) {
    names.insert(parameter.name);
  }
  for (const DefaultChange& change : default_changes()) {
    if (!is_since(change.first, version)) {
      continue;
    }
    if (change.is_gone) {
      names.erase(change.name);
    } else {
      names.insert(change.name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace lastmile
