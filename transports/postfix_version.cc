// SPDX-License-Identifier: Apache-2.0
#include "transports/postfix_version.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {
namespace {

using V = PostfixVersion;
using Seen = VersionRuleRow::Seen;

constexpr V kFirstOf38[] = {{3, 8, 0}};
constexpr V kFirstOf39[] = {{3, 9, 0}};
constexpr V kFirstOf310[] = {{3, 10, 0}};
constexpr V kFirstOf311[] = {{3, 11, 0}};
constexpr V kFirstOf3117[] = {{3, 11, 7}, {3, 12, 0}};
constexpr V kFirstOf312[] = {{3, 12, 0}};
constexpr V kFirstForSenderKeepsUtf8[] = {{3, 7, 13}, {3, 8, 8}, {3, 9, 2}, {3, 10, 0}};
constexpr V kFirstForFilterEmptiesText[] = {
    {3, 8, 16}, {3, 9, 10}, {3, 10, 9}, {3, 11, 1}, {3, 12, 0}};
constexpr V kFirstForNestingLimit[] = {{3, 7, 21},  {3, 8, 19}, {3, 9, 13},
                                       {3, 10, 12}, {3, 11, 5}, {3, 12, 0}};

constexpr std::array kVersionRules = {
    VersionRuleRow{
        VersionRule::srv_lookup, "srv-lookup", kFirstOf38,
        "lmtp(8) and smtp(8) look for SRV records of the services that use_srv_lookup names",
        "LMTP servers that are named by a service"},
    VersionRuleRow{
        VersionRule::match_file_continuations, "match-file-continuations", kFirstOf38,
        "a file that a list of patterns names has continuation lines, and braces may stand in it",
        "inline tables in such files: they deferred mail"},
    VersionRuleRow{
        VersionRule::pgsql_utf8, "pgsql-utf8", kFirstOf38,
        "pgsql: talks UTF8 with its server where encoding is not set, before it was LATIN1",
        "names beyond ASCII in PostgreSQL", Seen::when_running},
    VersionRuleRow{VersionRule::envid_in_environment, "envid-in-environment", kFirstOf39,
                   "commands find the sender's name for the message in ENVID",
                   "scripts behind mailbox_command, aliases and .forward files",
                   Seen::when_running},
    VersionRuleRow{VersionRule::envid_for_pipe, "envid-for-pipe", kFirstOf39,
                   "pipe(8) knows ${envid}",
                   "services of pipe(8): before, such a line deferred all mail"},
    VersionRuleRow{VersionRule::old_restrictions_gone, "old-restrictions-gone", kFirstOf39,
                   "check_relay_domains, permit_naked_ip_address and reject_maps_rbl are an error: "
                   "smtpd(8) answers 451 4.3.5",
                   "old lists of restrictions: all mail is put off"},
    VersionRuleRow{VersionRule::mongodb_tables, "mongodb-tables", kFirstOf39,
                   "there are mongodb: tables", "tables of MongoDB"},
    VersionRuleRow{VersionRule::mysql_utf8mb4, "mysql-utf8mb4", kFirstOf39,
                   "mysql: talks utf8mb4 with its server where charset is not set, before it was "
                   "what the library takes",
                   "names beyond ASCII in MySQL and MariaDB, and the collation of keys",
                   Seen::when_running},
    VersionRuleRow{VersionRule::strict_utf8, "strict-utf8", kFirstOf39,
                   "what is no UTF-8 by RFC 3629 (surrogates, above U+10FFFF) is shown as _",
                   "the output of commands, in the log and in bounces", Seen::when_running},
    VersionRuleRow{VersionRule::two_digit_days, "two-digit-days", kFirstOf39,
                   "the day in Date: has two digits", "who compares headers", Seen::when_running},
    VersionRuleRow{
        VersionRule::sqlite_is_not_made, "sqlite-is-not-made", kFirstOf310,
        "a database of sqlite: that is not there is an error of the table, and is not made",
        "misspelt dbpath: before, local(8) died and left an empty file", Seen::when_running},
    VersionRuleRow{
        VersionRule::pgsql_any_uri, "pgsql-any-uri", kFirstOf310,
        "hosts of pgsql: may have any URI scheme, and dbname may be left out beside them",
        "postgres:// in hosts"},
    VersionRuleRow{VersionRule::requiretls_header, "tls-required-header", kFirstOf310,
                   "the header TLS-Required: no lets mail go without TLS",
                   "TLS towards LMTP servers", Seen::when_running},
    VersionRuleRow{VersionRule::relocated_prefix, "relocated-prefix", kFirstOf311,
                   "with relocated_prefix_enable = no the values of relocated_maps are code and "
                   "text of the answer",
                   "relocated_maps with codes of their own"},
    VersionRuleRow{VersionRule::debug_tables, "debug-tables", kFirstOf311,
                   "debug:TYPE:NAME is TYPE:NAME, and logs what is asked",
                   "who looks for a fault: before, mail was deferred"},
    VersionRuleRow{
        VersionRule::hash_redirect, "hash-redirect", kFirstOf311,
        "non_bdb_migration_level and non_bdb_custom_mapping lead hash: and btree: to lmdb: or cdb:",
        "hosts without Berkeley DB: the .db file is not read any more"},
    VersionRuleRow{
        VersionRule::default_type_of_aliases, "default-type-of-aliases", kFirstOf311,
        "alias_maps and alias_database are of $default_database_type where they are not set",
        "main.cf without alias_maps, where that type is not hash"},
    VersionRuleRow{VersionRule::domain_functions, "domain-functions", kFirstOf311,
                   "${domain_to_ascii{...}} and ${domain_to_utf8{...}} are known",
                   "names beyond ASCII in main.cf: before, every daemon died"},
    VersionRuleRow{VersionRule::reject_filter, "reject-filter", kFirstOf311,
                   "smtpd_reject_filter_maps changes what smtpd(8) answers when it refuses",
                   "texts of refusals"},
    VersionRuleRow{VersionRule::proxy_refusal_is_error, "proxy-refusal-is-error", kFirstOf311,
                   "a proxy: table that proxy_read_maps does not name is an error of that table; "
                   "before, the daemon that asked died",
                   "proxy_read_maps of one's own"},
    VersionRuleRow{
        VersionRule::smtputf8_other_servers, "smtputf8-other-servers", kFirstOf311,
        "where a server has no SMTPUTF8, others are tried, and the text of 5.6.7 is another one",
        "addresses beyond ASCII", Seen::when_running},
    VersionRuleRow{VersionRule::memcache_key_digest, "memcache-key-digest", kFirstOf311,
                   "memcache: has key_digest", "keys that are too long for memcached",
                   Seen::when_running},
    VersionRuleRow{VersionRule::tls_in_log, "tls-in-log", kFirstOf311,
                   "status lines of smtp(8) and lmtp(8) have the field tls=",
                   "programs that read the log", Seen::when_running},
    VersionRuleRow{VersionRule::requiretls, "requiretls", kFirstOf311,
                   "REQUIRETLS is known: lmtp_requiretls_policy, and reports without content",
                   "TLS towards LMTP servers", Seen::when_running},
    VersionRuleRow{VersionRule::aliases_asked_quoted, "aliases-asked-quoted", kFirstOf312,
                   "alias_maps are asked for the name in quotes first where it needs them, and "
                   "then for the plain name",
                   "names with blanks or two dots; regexp:, pcre: and SQL tables of aliases"},
    VersionRuleRow{VersionRule::alias_keeps_quotes, "alias-keeps-quotes", kFirstOf312,
                   "postalias(1) stores a name as the text has it: \"sales\": x is stored with its "
                   "quotes, and never found",
                   "aliases in quotes that they do not need: unknown after newaliases"},
    VersionRuleRow{
        VersionRule::owner_asked_plain, "owner-asked-plain", kFirstOf312,
        "owner-NAME is asked for without quotes only, so that one stored with quotes is not found",
        "lists whose names need quotes: failures go to the sender of the mail"},
    VersionRuleRow{VersionRule::pipe_keeps_empty_user, "pipe-keeps-empty-user", kFirstOf3117,
                   "pipe(8) keeps words whose ${user} is empty",
                   "commands of pipe(8): one more argument"},
    VersionRuleRow{VersionRule::virtual_refuses_dots, "virtual-refuses-dots", kFirstOf3117,
                   "virtual(8) refuses a path with /../ behind virtual_mailbox_base",
                   "virtual_mailbox_maps with such paths: their mail is deferred"},
    VersionRuleRow{VersionRule::virtual_strict_ids, "virtual-strict-ids", kFirstOf3117,
                   "virtual(8) takes an id only when it is a number and nothing else",
                   "virtual_uid_maps and virtual_gid_maps with more behind the number: their mail "
                   "is deferred"},
    VersionRuleRow{VersionRule::typeless_table_is_skipped, "typeless-table-is-skipped", kFirstOf312,
                   "a table without a type is passed over in silence; before, the daemon died",
                   "misspelt lists of tables: what stands in such a table is not found"},
    VersionRuleRow{VersionRule::memcache_no_control, "memcache-no-control", kFirstOf312,
                   "memcache: does not ask for keys with control characters", "odd addresses",
                   Seen::when_running},
    VersionRuleRow{VersionRule::socketmap_query_limit, "socketmap-query-limit", kFirstOf312,
                   "socketmap: does not ask for keys above socketmap_max_query_size",
                   "keys of above 10000 octets", Seen::when_running},
    VersionRuleRow{VersionRule::postdrop_refuses_breaks, "postdrop-refuses-breaks", kFirstOf3117,
                   "sendmail(1) refuses addresses with line breaks",
                   "members with control characters: mail to them is not forwarded",
                   Seen::when_running},
    VersionRuleRow{VersionRule::biff_by_name, "biff-by-name", kFirstOf312,
                   "biff goes to the first address of localhost, which may be ::1", "comsat(8)",
                   Seen::when_running},
    VersionRuleRow{VersionRule::sender_keeps_utf8, "sender-keeps-utf8", kFirstForSenderKeepsUtf8,
                   "X-Postfix-Sender of a bounce keeps characters beyond ASCII",
                   "programs that read bounces", Seen::when_running},
    VersionRuleRow{VersionRule::filter_empties_text, "filter-empties-text",
                   kFirstForFilterEmptiesText,
                   "a delivery status filter that gives a code alone takes the text away",
                   "status filters", Seen::when_running},
    VersionRuleRow{VersionRule::nesting_limit, "nesting-limit", kFirstForNestingLimit,
                   "what is nested deeper than 100 steps bounces as that, and no longer as an "
                   "alias database loop",
                   "programs that read the log or bounces"},
};

/// The newest release of each branch that was looked at.
constexpr V kNewest[] = {{3, 7, 22}, {3, 8, 20}, {3, 9, 14}, {3, 10, 13}, {3, 11, 7}, {3, 12, 0}};

constexpr bool is_of_branch(const V& version, const V& other) {
  return version.major == other.major && version.minor == other.minor;
}

}  // namespace

std::span<const VersionRuleRow> version_rules() {
  return kVersionRules;
}

const VersionRuleRow& row_of(VersionRule rule) {
  return *std::ranges::find(kVersionRules, rule, &VersionRuleRow::rule);
}

bool is_since(std::span<const PostfixVersion> first, const PostfixVersion& version) {
  const auto of_branch = std::ranges::find_if(
      first, [&version](const V& release) { return is_of_branch(version, release); });
  return of_branch != first.end() ? version >= *of_branch : version > first.back();
}

bool has_rule(const PostfixVersion& version, VersionRule rule) {
  return is_since(row_of(rule).first, version);
}

std::optional<PostfixVersion> parse_postfix_version(std::string_view text) {
  const std::size_t snapshot = text.find('-');
  std::array<int, 3> numbers = {0, 0, 0};
  std::size_t count = 0;
  std::string_view rest = text.substr(0, snapshot);
  for (bool more = true; more; ++count) {
    const std::size_t dot = rest.find('.');
    const auto number = whole_number<int>(rest.substr(0, dot));
    if (!number || count == numbers.size()) {
      return std::nullopt;
    }
    numbers[count] = *number;
    more = dot != std::string_view::npos;
    rest = more ? rest.substr(dot + 1) : "";
  }
  V version = {numbers[0], numbers[1], numbers[2]};
  if (count < 2 || version < V{3, 7, 0}) {
    return std::nullopt;
  }
  const auto newest = std::ranges::find_if(
      kNewest, [&version](const V& release) { return is_of_branch(version, release); });
  if (count == 2 && snapshot == std::string_view::npos && newest != std::end(kNewest)) {
    version = *newest;
  }
  return version;
}

std::string to_string(std::span<const PostfixVersion> first) {
  std::string text;
  for (const V& version : first) {
    text += (text.empty() ? "" : ", ") + std::to_string(version.major) + '.' +
            std::to_string(version.minor) +
            (version.patch == 0 ? "" : '.' + std::to_string(version.patch));
  }
  return text;
}

std::string to_string(const PostfixVersion& version) {
  return std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
         std::to_string(version.patch);
}

}  // namespace lastmile
