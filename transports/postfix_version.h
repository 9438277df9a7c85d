// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace lastmile {

/// A release of Postfix. A snapshot (3.12-20260821) counts as the first release of its branch.
struct PostfixVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;

  friend constexpr bool operator==(const PostfixVersion&, const PostfixVersion&) = default;
  friend constexpr auto operator<=>(const PostfixVersion& left, const PostfixVersion& right) {
    return std::tie(left.major, left.minor, left.patch) <=>
           std::tie(right.major, right.minor, right.patch);
  }
};

/// The release whose rules hold where nothing says another.
inline constexpr PostfixVersion kRecordedVersion = {3, 7, 11};

/// What later releases do otherwise.
enum class VersionRule {
  srv_lookup,
  match_file_continuations,
  pgsql_utf8,
  envid_in_environment,
  envid_for_pipe,
  old_restrictions_gone,
  mongodb_tables,
  mysql_utf8mb4,
  strict_utf8,
  two_digit_days,
  sqlite_is_not_made,
  pgsql_any_uri,
  requiretls_header,
  relocated_prefix,
  debug_tables,
  hash_redirect,
  default_type_of_aliases,
  domain_functions,
  reject_filter,
  proxy_refusal_is_error,
  smtputf8_other_servers,
  memcache_key_digest,
  tls_in_log,
  requiretls,
  aliases_asked_quoted,
  alias_keeps_quotes,
  owner_asked_plain,
  pipe_keeps_empty_user,
  virtual_refuses_dots,
  virtual_strict_ids,
  typeless_table_is_skipped,
  memcache_no_control,
  socketmap_query_limit,
  postdrop_refuses_breaks,
  biff_by_name,
  sender_keeps_utf8,
  filter_empties_text,
  nesting_limit,
};

/// A rule, and since when it holds.
struct VersionRuleRow {
  VersionRule rule = {};
  std::string_view id = {};  ///< A name for people; stable.
  /// The first release of each branch that has it. Branches after the last one have it as well.
  std::span<const PostfixVersion> first = {};
  std::string_view says = {};     ///< What holds then, as a sentence for an administrator.
  std::string_view notices = {};  ///< Whom or what it touches.
  /// Whether a trace of an address can tell; else only a running system does, and its log.
  enum class Seen { in_trace, when_running };
  Seen seen = Seen::in_trace;
};

/// Whether a release is one of `first`, the first release of each branch, or a later one. What was
/// carried back to older branches holds there from their own release on.
bool is_since(std::span<const PostfixVersion> first, const PostfixVersion& version);

/// Every rule, by the release that brought it.
std::span<const VersionRuleRow> version_rules();
const VersionRuleRow& row_of(VersionRule rule);

/// Whether a release has a rule. \see is_since()
bool has_rule(const PostfixVersion& version, VersionRule rule);

/// Reads `3.10.13`, `3.12-20260821`, or a branch (`3.10`), which stands for its newest release that
/// is known here. \return nullopt for anything else, and for what is older than 3.7
std::optional<PostfixVersion> parse_postfix_version(std::string_view text);

/// `3.10.13`
std::string to_string(const PostfixVersion& version);

/// `3.7.21, 3.8.19, 3.11`: the first releases, one for each branch.
std::string to_string(std::span<const PostfixVersion> first);

}  // namespace lastmile
