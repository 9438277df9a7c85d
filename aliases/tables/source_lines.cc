// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/source_lines.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aliases/alias_file.h"
#include "aliases/member.h"
#include "aliases/tables/key_rules.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// The name before the colon when it is one plain word, as most are; else nullopt.
std::optional<std::string_view> plain_alias_name(std::string_view line) {
  const auto end = std::find_if_not(line.begin(), line.end(), [](char octet) {
    return is_name_char(octet) || octet == '-' || octet == '+';
  });
  if (end == line.begin() || end == line.end() || *end != ':') {
    return std::nullopt;
  }
  return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

std::optional<std::string_view> key_of_alias(std::string_view line, const TablePolicy& policy,
                                             std::string& buffer) {
  if (const auto name = plain_alias_name(line)) {
    return stored_key(*name, policy, buffer);
  }
  const auto entry = parse_alias_line(line, names_of(policy));
  if (!entry) {
    return std::nullopt;
  }
  std::string folded;
  buffer = std::string(stored_key(entry->key, policy, folded));
  return buffer;
}

bool is_letter_or_digit(char octet) {
  return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
         (octet >= 'A' && octet <= 'Z');
}

char to_lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : octet;
}

/// Whether a line may have this key, by its first octets: the letters and digits that a line begins
/// with are those that its key begins with, however the rest is quoted.
bool may_begin_with(std::string_view line, std::string_view key) {
  if (line.front() == '#' || is_space(line.front())) {
    return false;  // A comment, an empty line, or the continuation of another.
  }
  const std::size_t common = std::min(line.size(), key.size());
  for (std::size_t i = 0; i < common && is_letter_or_digit(line[i]); ++i) {
    if (to_lower(line[i]) != to_lower(key[i])) {
      return false;
    }
  }
  return true;
}

/// An index of newer versions of Postfix has its keys in external form.
std::string internal_key(std::string_view key) {
  const auto address = parse_address(key);
  return address ? to_internal(*address) : std::string(key);
}

std::vector<std::string> meaning_of(std::string_view value) {
  std::vector<std::string> members;
  for (const Member& member : parse_members(value)) {
    members.push_back(std::to_string(member.index()) + to_string(member));
  }
  return members;
}

/// That of a file; nothing for one that is not there.
FileVersion version_of(World& world, const std::string& path) {
  const auto view = world.file_attributes(path, Rights{}, Symlinks::follow);
  return view && *view ? (*view)->version : FileVersion{};
}

bool has_same_meaning(std::string_view left, std::string_view right) {
  return left == right || meaning_of(left) == meaning_of(right);
}

}  // namespace

LineIndex::KeyOfLine key_reader(SourceSyntax syntax) {
  return syntax == SourceSyntax::aliases ? key_of_alias : key_of_pair;
}

SourceLines::SourceLines(World& world, std::string path, const TablePolicy& policy)
    : world_(world), path_(std::move(path)), policy_(policy) {
  // The index may be of any release: find_in_any_form() is for the keys of the later ones.
  policy_.has_rule = {};
}

void SourceLines::load(SourceSyntax syntax) {
  loaded_ = true;
  syntax_ = syntax;
  content_.reset();
  lines_.reset();
  searches_ = 0;
  version_ = version_of(world_, path_);
  if (auto text = read_table_text(world_, path_, OpenWords::open)) {
    content_ = std::move(text->content);
  }
}

void SourceLines::refresh() {
  if (std::exchange(may_have_changed_, false) && version_of(world_, path_) != version_) {
    load(syntax_);
  }
}

void SourceLines::index_all_lines() {
  lines_.emplace(*std::exchange(content_, std::nullopt), key_reader(syntax_), policy_);
  LineReader reader = lines_->lines();
  while (const auto line = reader.next()) {
    if (!line->is_stray) {
      lines_->add(*line);
    }
  }
}

std::optional<LineReader::Line> SourceLines::find(std::string_view key) {
  // Indexing reads every key, which costs as much as some twenty searches.
  constexpr int kSearches = 20;
  if (!lines_ && ++searches_ > kSearches) {
    index_all_lines();
  }
  return lines_ ? lines_->find(key) : search(key);
}

std::optional<LineReader::Line> SourceLines::search(std::string_view key) {
  const std::string_view text = *content_;
  const LineIndex::KeyOfLine key_of_line = key_reader(syntax_);
  std::string buffer;
  std::size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    if (may_begin_with(text.substr(begin), key)) {
      found_.emplace(text, begin, number);
      const auto line = found_->next();
      // Empty lines are passed over: what is found there may be a later line, which has its turn.
      if (line && line->number == number && key_of_line(line->text, policy_, buffer) == key) {
        return line;
      }
    }
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  return std::nullopt;
}

std::optional<LineReader::Line> SourceLines::find_in_any_form(std::string_view key) {
  auto line = find(key);
  return line || syntax_ == SourceSyntax::key_value ? line : find(internal_key(key));
}

std::optional<int> SourceLines::line_of(std::string_view key, std::string_view value) {
  const auto line = find_in_any_form(key);
  if (syntax_ == SourceSyntax::key_value) {
    const auto pair = line ? split_key_value(line->text) : malformed("no such line");
    return pair && pair->value == value ? std::optional(line->number) : std::nullopt;
  }
  if (!line) {
    return std::nullopt;
  }
  // What was found by its key alone need not be a line as a whole.
  const auto entry = parse_alias_line(line->text);
  return entry && has_same_meaning(entry->value, value) ? std::optional(line->number)
                                                        : std::nullopt;
}

void SourceLines::annotate(std::string_view key, TableEntry& entry) {
  refresh();
  if (!lines_ && !content_) {
    return;
  }
  if (const auto line = line_of(key, entry.value)) {
    entry.source = SourcePos{path_, *line};
  } else {
    entry.stale = true;
  }
}

std::optional<SourceLines::KeyLine> SourceLines::find_key(std::string_view key) {
  refresh();
  if (!lines_ && !content_) {
    return std::nullopt;
  }
  const auto line = find_in_any_form(key);
  if (!line) {
    return std::nullopt;
  }
  KeyLine found{SourcePos{path_, line->number}, {}};
  if (syntax_ == SourceSyntax::aliases) {
    const auto entry = parse_alias_line(line->text);
    found.key = entry ? entry->key : std::string(key);
  } else {
    const auto pair = split_key_value(line->text);
    found.key = pair ? std::string(pair->key) : std::string(key);
  }
  return found;
}

}  // namespace lastmile
