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
  envid_in_environment,
  envid_for_pipe,
  nesting_limit,
  filter_empties_text,
  pipe_keeps_empty_user,
  virtual_refuses_dots,
  virtual_strict_ids,
};

/// A rule, and since when it holds.
struct VersionRuleRow {
  VersionRule rule = {};
  std::string_view id = {};  ///< A name for people; stable.
  /// The first release of each branch that has it. Branches after the last one have it as well.
  std::span<const PostfixVersion> first = {};
  std::string_view says = {};  ///< What holds then, as a sentence for an administrator.
};

/// Every rule, by the release that brought it.
std::span<const VersionRuleRow> version_rules();
const VersionRuleRow& row_of(VersionRule rule);

/// Whether a release has a rule. A rule that was carried back to older branches holds there from
/// its own release on.
bool has_rule(const PostfixVersion& version, VersionRule rule);

/// Reads `3.10.13`, `3.12-20260821`, or a branch (`3.10`), which stands for its newest release that
/// is known here. \return nullopt for anything else, and for what is older than 3.7
std::optional<PostfixVersion> parse_postfix_version(std::string_view text);

/// `3.10.13`
std::string to_string(const PostfixVersion& version);

}  // namespace lastmile
