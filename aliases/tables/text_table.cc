// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/text_table.h"

#include <utility>

#include "aliases/tables/key_rules.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// Where the key of a `key value` line ends; npos when a quote is not closed.
std::size_t end_of_key(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && is_space(line[i])) {
      return i;
    }
  }
  return quoted ? std::string_view::npos : line.size();
}

}  // namespace

Result<KeyValue> split_key_value(std::string_view line) {
  const std::size_t end = end_of_key(line);
  if (end == std::string_view::npos) {
    return malformed("unbalanced '\"' in '" + std::string(line) + "'");
  }
  const KeyValue entry{line.substr(0, end), trim(line.substr(end))};
  if (entry.key.empty() || entry.value.empty()) {
    return malformed("expected format: key whitespace value");
  }
  return entry;
}

bool check_pair_line(const LineReader::Line& line, const std::string& file, bool utf8,
                     std::vector<Error>& warnings) {
  const auto warn = [&](std::string what) {
    warnings.push_back(line_warning(file, line.number, std::move(what)));
    return false;
  };
  if (line.is_stray) {
    return warn(stray_line_text(line.text));
  }
  if (utf8 && !is_valid_utf8(line.text)) {
    return warn("non-UTF-8 input \"" + printable(line.text) + "\" -- ignoring this line");
  }
  const auto entry = split_key_value(line.text);
  if (!entry) {
    return warn(entry.error().text + " -- ignoring this line");
  }
  if (entry->key.back() == ':') {
    warn("record is in \"key: value\" format; is this an alias file?");
  }
  return true;
}

std::optional<std::string_view> key_of_pair(std::string_view line, const TablePolicy& policy,
                                            std::string& buffer) {
  const auto entry = split_key_value(line);
  return entry ? std::optional(stored_key(entry->key, policy, buffer)) : std::nullopt;
}

TextIndex::TextIndex(std::string content, std::string file, const TablePolicy& policy)
    : file_(std::move(file)), utf8_(policy.utf8), index_(std::move(content), key_of_pair, policy) {
  LineReader lines = index_.lines();
  while (const auto line = lines.next()) {
    if (check_pair_line(*line, file_, utf8_, warnings_) &&
        index_.add(*line) == LineIndex::Added::duplicate) {
      note_duplicate(*line, policy.as_postmap);
    }
  }
}

void TextIndex::note_duplicate(const LineReader::Line& line, bool as_postmap) {
  if (duplicate_) {
    return;
  }
  const auto entry = split_key_value(line.text);
  Error warning =
      line_warning(file_, line.number, "duplicate entry: \"" + printable(entry->key) + "\"");
  if (as_postmap) {
    warnings_.push_back(std::move(warning));
  } else {
    duplicate_ = std::move(warning);
  }
}

std::optional<TextIndex::Entry> TextIndex::find(std::string_view key) {
  const auto line = index_.find(key);
  if (!line) {
    return std::nullopt;
  }
  return Entry{split_key_value(line->text)->value, line->number};
}

Listing TextIndex::for_each(
    const std::function<bool(std::string_view, std::string_view, int)>& visit) {
  LineReader lines = index_.lines();
  while (const auto line = lines.next()) {
    const auto key = index_.counting_key(*line);
    if (key && !visit(std::string(*key), split_key_value(line->text)->value, line->number)) {
      return Listing::stopped;
    }
  }
  return Listing::complete;
}

}  // namespace lastmile
