// SPDX-License-Identifier: Apache-2.0
#include "transports/match_list.h"

#include <memory>
#include <utility>

#include "aliases/logical_lines.h"
#include "aliases/tables/map_types.h"
#include "aliases/text.h"

namespace lastmile {

struct MatchList::Item {
  enum class Kind { name, file, table, nothing };

  Kind kind = Kind::name;
  Match when_matched = Match::yes;       ///< `no` behind an odd number of '!'.
  std::string text = {};                 ///< Without '!'; a name is folded.
  std::optional<SourcePos> source = {};  ///< In the file that it stands in.

  // Filled in by the first query that gets here.
  std::vector<Item> content = {};  ///< Of a file.
  std::unique_ptr<Table> table = {};
  bool sees_parents = false;  ///< The table is asked for parent domains, too.
  bool is_open = false;
  std::optional<Error> failure = {};

  static Item parse(std::string_view item, Match when_matched);
  static std::vector<Item> parse_lines(std::string_view content, const std::string& path,
                                       Match when_matched);
  /// The same for a file that has continuation lines.
  static std::vector<Item> parse_logical_lines(std::string_view content, const std::string& path,
                                               Match when_matched);
};

namespace {

/// Octets of a file of patterns.
constexpr std::size_t kMaxPatternFile = std::size_t{64} * 1024 * 1024;

const Rights kListReader = {0, 0, {}, "root"};

Match opposite(Match match) {
  return match == Match::yes ? Match::no : Match::yes;
}

Error cannot_read(const std::string& path, std::string problem) {
  return unavailable("cannot be read: " + std::move(problem), SourcePos{path, 0});
}

Result<std::string> read_patterns(World& world, const std::string& path) {
  auto file = world.read_file(path, kListReader, Symlinks::follow, kMaxPatternFile);
  if (!file) {
    return std::move(file).error();
  }
  if (!*file) {
    return cannot_read(path, "No such file or directory");
  }
  FileView& view = **file;
  if (view.type != FileType::regular) {
    return cannot_read(path, "not a regular file");
  }
  if (!view.unreadable.empty()) {
    return cannot_read(path, view.unreadable);
  }
  return std::move(view.content);
}

}  // namespace

MatchList::Item MatchList::Item::parse(std::string_view item, Match when_matched) {
  Item result;
  result.when_matched = when_matched;
  while (item.starts_with('!')) {
    result.when_matched = opposite(result.when_matched);
    item.remove_prefix(1);
  }
  if (item.empty()) {
    result.kind = Kind::nothing;
  } else if (item.starts_with('/')) {
    result.kind = Kind::file;
  } else if (!item.starts_with('[') && item.find(':') != std::string_view::npos) {
    result.kind = Kind::table;
  }
  result.text = result.kind == Kind::name ? fold_case(item) : std::string(item);
  return result;
}

std::vector<MatchList::Item> MatchList::Item::parse_lines(std::string_view content,
                                                          const std::string& path,
                                                          Match when_matched) {
  std::vector<Item> items;
  for (int line = 1; !content.empty(); ++line) {
    const std::size_t end = content.find('\n');
    // A comment runs to the end of its line, wherever it begins.
    for (const std::string_view item : split_list(content.substr(0, end), Braces::protect)) {
      if (item.starts_with('#')) {
        break;
      }
      items.push_back(parse(item, when_matched));
      items.back().source = SourcePos{path, line};
    }
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
  }
  return items;
}

std::vector<MatchList::Item> MatchList::Item::parse_logical_lines(std::string_view content,
                                                                  const std::string& path,
                                                                  Match when_matched) {
  std::vector<Item> items;
  LineReader reader(content);
  while (const auto line = reader.next()) {
    for (const std::string_view word : split_list(line->text, Braces::protect)) {
      if (word.starts_with('#')) {
        break;
      }
      items.push_back(parse(word, when_matched));
      items.back().source = SourcePos{path, line->number};
    }
  }
  return items;
}

MatchList::MatchList(const std::vector<std::string>& items, World& world, TablePolicy policy,
                     MatchStyle style)
    : world_(&world), policy_(std::move(policy)), style_(style) {
  // What is asked for is folded; a text table that has capitals is taken as it is written.
  policy_.fold_key = false;
  for (const std::string& item : items) {
    if (item.starts_with('#')) {
      break;
    }
    items_.push_back(Item::parse(item, Match::yes));
  }
}

MatchList::MatchList(MatchList&&) noexcept = default;
MatchList& MatchList::operator=(MatchList&&) noexcept = default;
MatchList::~MatchList() = default;

std::string MatchList::fold(std::string_view text) const {
  return policy_.utf8 ? fold_case(text) : fold_ascii(text);
}

Result<Match> MatchList::contains(std::string_view name) {
  auto entry = find(name);
  if (!entry) {
    return std::move(entry).error();
  }
  if (!*entry) {
    note_miss(name);
  }
  return *entry ? (*entry)->match : Match::no;
}

bool MatchList::empty() const {
  return items_.empty();
}

std::string MatchList::contents() const {
  std::size_t names = 0;
  std::string others;
  for (const Item& item : items_) {
    if (item.kind == Item::Kind::name) {
      ++names;
    } else if (item.kind != Item::Kind::nothing) {
      others += (others.empty() ? "" : ", ") + item.text;
    }
  }
  if (names == 0) {
    return others;
  }
  const std::string counted = std::to_string(names) + (names == 1 ? " name" : " names");
  return others.empty() ? counted : counted + ", " + others;
}

void MatchList::on_miss(std::function<void(std::string_view name)> note) {
  note_miss_ = std::move(note);
}

void MatchList::note_miss(std::string_view name) const {
  if (note_miss_) {
    note_miss_(fold(name));
  }
}

std::vector<NearMiss> MatchList::near_misses(std::string_view name) {
  std::vector<NearMiss> all;
  const std::string folded = fold(name);
  for (Item& item : items_) {
    if (item.table) {
      if (auto near = item.table->near_miss(folded)) {
        all.push_back(*std::move(near));
      }
    }
  }
  return all;
}

Result<std::optional<ListEntry>> MatchList::find(std::string_view name) {
  if (items_.empty()) {
    return std::optional<ListEntry>();
  }
  return first_match(items_, fold(name));
}

void MatchList::release() {
  release(items_);
}

void MatchList::release(std::vector<Item>& items) {
  for (Item& item : items) {
    release(item.content);
    if (item.table != nullptr) {
      item.table->release();
    }
  }
}

Result<std::optional<ListEntry>> MatchList::first_match(std::vector<Item>& items,
                                                        const std::string& name) {
  for (Item& item : items) {
    Result<std::optional<ListEntry>> entry = std::optional<ListEntry>();
    switch (item.kind) {
      case Item::Kind::nothing:
        return misconfigured("no pattern after \"!\"");
      case Item::Kind::name:
        if (matches_name(item.text, name)) {
          *entry = ListEntry{item.when_matched, item.source};
        }
        break;
      case Item::Kind::file:
        entry = match_file(item, name);
        break;
      case Item::Kind::table:
        entry = match_table(item, name);
        break;
    }
    if (!entry || *entry) {
      return entry;
    }
  }
  return std::optional<ListEntry>();
}

Result<std::optional<ListEntry>> MatchList::match_file(Item& item, const std::string& name) {
  if (!item.is_open) {
    item.is_open = true;
    auto content = read_patterns(*world_, item.text);
    if (content) {
      item.content = policy_.has(TableRule::files_continue_lines)
                         ? Item::parse_logical_lines(*content, item.text, item.when_matched)
                         : Item::parse_lines(*content, item.text, item.when_matched);
    } else {
      item.failure = policy_.explained(item.text, std::move(content).error());
    }
  }
  if (item.failure) {
    return *item.failure;
  }
  return first_match(item.content, name);
}

Result<std::optional<ListEntry>> MatchList::match_table(Item& item, const std::string& name) {
  if (!item.is_open) {
    item.is_open = true;
    const auto spec = parse_table_spec(item.text);
    if (spec) {
      item.sees_parents = style_ != MatchStyle::exact && !is_pattern_table(*spec);
      auto table = world_->open_table(*spec, policy_);
      if (table) {
        item.table = *std::move(table);
      } else {
        item.failure = policy_.explained(item.text, std::move(table).error());
      }
    } else {
      item.failure = spec.error();
    }
  }
  if (item.failure) {
    return *item.failure;
  }
  for (std::string_view key = name; !key.empty();) {
    auto entry = item.table->lookup(key);
    if (!entry) {
      Error error = policy_.explained(item.text, std::move(entry).error());
      return std::move(error).during("looking up \"" + printable(key) + "\" in " + item.text);
    }
    if (*entry) {
      return std::optional(
          ListEntry{item.when_matched, std::move((*entry)->source), item.text, std::string(key)});
    }
    const std::size_t parent = item.sees_parents ? next_parent(key) : std::string_view::npos;
    key = parent == std::string_view::npos ? std::string_view() : key.substr(parent);
  }
  return std::optional<ListEntry>();
}

std::size_t MatchList::next_parent(std::string_view name) const {
  const std::size_t dot = name.find('.', 1);
  return dot != std::string_view::npos && style_ == MatchStyle::parent_domains ? dot + 1 : dot;
}

bool MatchList::matches_name(const std::string& pattern, std::string_view name) const {
  if (name == pattern) {
    return true;
  }
  if (style_ == MatchStyle::exact || name.size() <= pattern.size() || !name.ends_with(pattern)) {
    return false;
  }
  return style_ == MatchStyle::parent_domains ? name[name.size() - pattern.size() - 1] == '.'
                                              : pattern.starts_with('.');
}

}  // namespace lastmile
