// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/tree_owners.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {
namespace {

constexpr std::string_view kEverythingBelow = "/**";

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!(line = trim(line)).empty()) {
    const auto* end = std::find_if(line.begin(), line.end(), is_space);
    words.push_back(line.substr(0, static_cast<std::size_t>(end - line.begin())));
    line.remove_prefix(words.back().size());
  }
  return words;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

/// The number of a group, by group(5): `name:password:gid:members`.
std::optional<gid_t> find_group(std::string_view name, std::string_view group_text) {
  for (const std::string_view line : split_lines(group_text)) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      const std::size_t begin = line.find(':', name.size() + 1);
      const std::string_view rest = begin == std::string_view::npos ? "" : line.substr(begin + 1);
      return whole_number<unsigned>(rest.substr(0, rest.find(':')));
    }
  }
  return std::nullopt;
}

/// Reads `OWNER[:GROUP]`. \return what is wrong, or nothing
std::string read_owner(std::string_view text, const PasswdFile& accounts,
                       std::string_view group_text, TreeOwner& owner) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (const auto number = whole_number<unsigned>(name)) {
    const Account* account = accounts.by_uid(*number);
    owner.uid = *number;
    owner.gid = account == nullptr ? *number : account->gid;
  } else if (const Account* account = accounts.by_name(name)) {
    owner.uid = account->uid;
    owner.gid = account->gid;
  } else if (name != "root") {  // Root needs no entry.
    return "no account \"" + std::string(name) + "\" in etc/passwd";
  }
  if (colon == std::string_view::npos) {
    return {};
  }
  const std::string_view group = text.substr(colon + 1);
  auto gid = whole_number<unsigned>(group);
  if (!gid) {
    gid = find_group(group, group_text);
  }
  if (!gid && group != "root") {
    return "no group \"" + std::string(group) + "\" in etc/group";
  }
  owner.gid = gid.value_or(0);
  return {};
}

bool matches(const std::string& pattern, const std::string& path) {
  if (pattern.ends_with(kEverythingBelow)) {
    const std::string_view directory =
        std::string_view(pattern).substr(0, pattern.size() - kEverythingBelow.size());
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
  }
  return fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

}  // namespace

Result<TreeOwners> TreeOwners::parse(std::string_view text, const std::string& file,
                                     const PasswdFile& accounts, std::string_view group_text) {
  TreeOwners result;
  int line_number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++line_number;
    const auto refuse = [&](const std::string& why) {
      return misconfigured(why, SourcePos{file, line_number});
    };
    const auto words = split_words(line);
    if (words.empty() || words.front().front() == '#') {
      continue;
    }
    if (words.size() < 2 || words.size() > 3 || words.front().front() != '/') {
      return refuse("expected: /PATH OWNER[:GROUP] [MODE]");
    }
    Rule rule{std::string(words[0]), {}};
    if (const std::string why = read_owner(words[1], accounts, group_text, rule.owner);
        !why.empty()) {
      return refuse(why);
    }
    if (words.size() == 3) {
      constexpr unsigned kAllBits = 07777;
      rule.owner.mode = whole_number<unsigned>(words[2], 8);
      if (!rule.owner.mode || *rule.owner.mode > kAllBits) {
        return refuse("mode \"" + std::string(words[2]) + "\" is not octal, such as 0644");
      }
    }
    result.rules_.push_back(std::move(rule));
  }
  return result;
}

TreeOwner TreeOwners::owner_of(const std::string& path, const PasswdFile& accounts) const {
  const auto rule = std::find_if(rules_.rbegin(), rules_.rend(), [&path](const Rule& candidate) {
    return matches(candidate.pattern, path);
  });
  if (rule != rules_.rend()) {
    return rule->owner;
  }
  const Account* account = accounts.by_home(path);
  return account == nullptr ? TreeOwner{.is_known = false}
                            : TreeOwner{account->uid, account->gid, std::nullopt};
}

}  // namespace lastmile
