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
  const auto entry = parse_alias_line(line);
  if (!entry) {
    return std::nullopt;
  }
  std::string folded;
  buffer = std::string(stored_key(entry->key, policy, folded));
  return buffer;
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

bool has_same_meaning(std::string_view left, std::string_view right) {
  return left == right || meaning_of(left) == meaning_of(right);
}

}  // namespace

SourceLines::SourceLines(World& world, std::string path, const TablePolicy& policy)
    : world_(world), path_(std::move(path)), policy_(policy) {}

void SourceLines::load(SourceSyntax syntax) {
  loaded_ = true;
  syntax_ = syntax;
  auto text = read_table_text(world_, path_, OpenWords::open);
  if (!text) {
    return;
  }
  lines_.emplace(std::move(text->content),
                 syntax == SourceSyntax::aliases ? key_of_alias : key_of_pair, policy_);
  LineReader reader = lines_->lines();
  while (const auto line = reader.next()) {
    if (!line->is_stray) {
      lines_->add(*line);
    }
  }
}

std::optional<int> SourceLines::line_of(std::string_view key, std::string_view value) {
  auto line = lines_->find(key);
  if (syntax_ == SourceSyntax::key_value) {
    return line && split_key_value(line->text)->value == value ? std::optional(line->number)
                                                               : std::nullopt;
  }
  if (!line) {
    line = lines_->find(internal_key(key));
  }
  return line && has_same_meaning(parse_alias_line(line->text)->value, value)
             ? std::optional(line->number)
             : std::nullopt;
}

void SourceLines::annotate(std::string_view key, TableEntry& entry) {
  if (!lines_) {
    return;
  }
  if (const auto line = line_of(key, entry.value)) {
    entry.source = SourcePos{path_, *line};
  } else {
    entry.stale = true;
  }
}

}  // namespace lastmile
