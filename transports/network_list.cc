// SPDX-License-Identifier: Apache-2.0
#include "transports/network_list.h"

#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr int kMaxNesting = 10;              // Of files that name files.
constexpr std::size_t kMaxFile = 1U << 20U;  // Octets of one.

/// Whether an item is written with the letters of addresses alone.
bool is_network(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789abcdefABCDEF.:/[]") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos &&
         text.find_first_of(".:") != std::string::npos;
}

std::string text_without_comments(std::string_view content) {
  std::string text;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    text.append(line.substr(0, line.find('#'))).append(" ");
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return text;
}

}  // namespace

NetworkList::NetworkList(const std::vector<std::string>& items, World& world,
                         const TablePolicy& policy, MatchStyle style)
    : world_(&world), policy_(policy), style_(style) {
  for (const std::string& item : items) {
    if (item.starts_with('#')) {
      break;
    }
    add(item, false, 0);
  }
}

void NetworkList::add(std::string_view text, bool negated, int depth) {
  while (text.starts_with('!')) {
    negated = !negated;
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const auto file =
        world_->read_file(std::string(text), {0, 0, {}, "root"}, Symlinks::follow, kMaxFile);
    if (!file || !*file || depth >= kMaxNesting) {
      failure_ = policy_.explained(
          text, !file ? file.error()
                      : unavailable("open file " + std::string(text) + ": " +
                                    (*file ? "too many files" : "No such file or directory")));
      return;
    }
    const std::string content = text_without_comments((*file)->content);
    for (const std::string_view item : split_list(content)) {
      add(item, negated, depth + 1);
    }
    return;
  }
  Item item{negated, std::string(text), false, {}};
  const bool network = is_network(text);
  const auto spec = parse_table_spec(text);
  if (network) {
    item.table = std::make_shared<TableList>(
        std::vector<TableSpec>{{"cidr", "{{" + item.text + " yes}}"}}, *world_, policy_);
  } else if (spec && !text.starts_with('[')) {
    item.is_table = true;
    item.table = std::make_shared<TableList>(std::vector<TableSpec>{*spec}, *world_, policy_);
  }
  items_.push_back(std::move(item));
}

bool NetworkList::matches_name(std::string_view pattern, std::string_view name) const {
  if (equal_ignoring_case(pattern, name)) {
    return true;
  }
  const bool plain = style_ == MatchStyle::parent_domains;
  if (!plain && !pattern.starts_with('.')) {
    return false;
  }
  const std::string suffix = plain ? '.' + std::string(pattern) : std::string(pattern);
  return name.size() > suffix.size() &&
         equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

Result<Match> NetworkList::matches_table(Item& item, const std::string& name,
                                         const std::string& address) {
  std::string_view key = name;
  for (KeyUse use = KeyUse::whole; !key.empty(); use = KeyUse::partial) {
    auto hit = item.table->lookup(key, use);
    if (!hit) {
      return std::move(hit).error();
    }
    if (*hit) {
      return Match::yes;
    }
    const std::size_t dot = key.find('.', 1);
    if (dot == std::string_view::npos) {
      break;
    }
    key.remove_prefix(style_ == MatchStyle::parent_domains ? dot + 1 : dot);
  }
  auto hit = address.empty() ? Result<std::optional<TableHit>>(std::optional<TableHit>())
                             : item.table->lookup(address);
  if (!hit) {
    return std::move(hit).error();
  }
  return hit->has_value() ? Match::yes : Match::no;
}

Result<Match> NetworkList::matches(Item& item, const std::string& name,
                                   const std::string& address) {
  if (item.is_table) {
    return matches_table(item, name, address);
  }
  if (item.table == nullptr) {
    return matches_name(item.text, name) ? Match::yes : Match::no;
  }
  if (address.empty()) {
    return Match::no;
  }
  if (auto wrong = item.table->warnings(); !wrong.empty()) {
    return misconfigured("bad net/mask pattern: " + wrong.front().text);
  }
  auto hit = item.table->lookup(address);
  if (!hit) {
    return std::move(hit).error();
  }
  return hit->has_value() ? Match::yes : Match::no;
}

Result<Match> NetworkList::contains(std::string_view name, std::string_view address) {
  const std::string folded = fold_ascii(name);
  for (Item& item : items_) {
    auto matched = matches(item, folded, std::string(address));
    if (!matched) {
      return std::move(matched).error();
    }
    if (*matched == Match::yes) {
      return item.negated ? Match::no : Match::yes;
    }
  }
  if (failure_) {
    return *failure_;
  }
  return Match::no;
}

}  // namespace lastmile
