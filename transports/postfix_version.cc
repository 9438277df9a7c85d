#include "transports/postfix_version.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {
namespace {

using V = PostfixVersion;

constexpr V kFirstOf39[] = {{3, 9, 0}};
constexpr V kFirstOf3117[] = {{3, 11, 7}, {3, 12, 0}};
constexpr V kNestingLimit[] = {{3, 7, 21},  {3, 8, 19}, {3, 9, 13},
                               {3, 10, 12}, {3, 11, 5}, {3, 12, 0}};
constexpr V kEmptyText[] = {{3, 8, 16}, {3, 9, 10}, {3, 10, 9}, {3, 11, 1}, {3, 12, 0}};

constexpr std::array kRows = {
    VersionRuleRow{VersionRule::envid_in_environment, "envid-in-environment", kFirstOf39,
                   "commands find the sender's name for the message in ENVID"},
    VersionRuleRow{VersionRule::envid_for_pipe, "envid-for-pipe", kFirstOf39,
                   "pipe(8) knows ${envid}"},
    VersionRuleRow{
        VersionRule::nesting_limit, "nesting-limit", kNestingLimit,
        "what is nested deeper than 100 steps bounces as that, and no longer as an alias "
        "database loop"},
    VersionRuleRow{VersionRule::filter_empties_text, "filter-empties-text", kEmptyText,
                   "a delivery status filter that gives a code alone takes the text away"},
    VersionRuleRow{VersionRule::pipe_keeps_empty_user, "pipe-keeps-empty-user", kFirstOf3117,
                   "pipe(8) keeps words whose ${user} is empty"},
    VersionRuleRow{VersionRule::virtual_refuses_dots, "virtual-refuses-dots", kFirstOf3117,
                   "virtual(8) refuses a path with /../ behind virtual_mailbox_base"},
    VersionRuleRow{VersionRule::virtual_strict_ids, "virtual-strict-ids", kFirstOf3117,
                   "virtual(8) takes an id only when it is a number and nothing else"},
};

/// The newest release of each branch that was looked at.
constexpr V kNewest[] = {{3, 7, 21}, {3, 8, 19}, {3, 9, 13}, {3, 10, 13}, {3, 11, 7}, {3, 12, 0}};

constexpr bool is_of_branch(const V& version, const V& other) {
  return version.major == other.major && version.minor == other.minor;
}

}  // namespace

std::span<const VersionRuleRow> version_rules() {
  return kRows;
}

const VersionRuleRow& row_of(VersionRule rule) {
  return *std::ranges::find(kRows, rule, &VersionRuleRow::rule);
}

bool has_rule(const PostfixVersion& version, VersionRule rule) {
  const auto& first = row_of(rule).first;
  const auto of_branch = std::ranges::find_if(
      first, [&version](const V& release) { return is_of_branch(version, release); });
  return of_branch != first.end() ? version >= *of_branch : version > first.back();
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

std::string to_string(const PostfixVersion& version) {
  return std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
         std::to_string(version.patch);
}

}  // namespace lastmile
