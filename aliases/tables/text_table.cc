#include "aliases/tables/text_table.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "aliases/tables/key_rules.h"
#include "aliases/tables/table_syntax.h"
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

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key));
}

}  // namespace

Result<KeyValue> split_key_value(std::string_view line) {
  const std::size_t end = end_of_key(line);
  if (end == std::string_view::npos) {
    return Error{Error::Kind::malformed, "unbalanced '\"' in '" + std::string(line) + "'", {}, {}};
  }
  const KeyValue entry{line.substr(0, end), trim(line.substr(end))};
  if (entry.key.empty() || entry.value.empty()) {
    return Error{Error::Kind::malformed, "expected format: key whitespace value", {}, {}};
  }
  return entry;
}

TextIndex::TextIndex(std::string content, std::string file, const TablePolicy& policy)
    : content_(std::move(content)), file_(std::move(file)), policy_(policy) {
  build();
}

std::optional<KeyValue> TextIndex::usable_entry(const LineReader::Line& line) {
  const auto warn = [this, &line](std::string what) {
    warnings_.push_back(line_warning(file_, line.number, std::move(what)));
    return std::nullopt;
  };
  if (line.is_stray) {
    return warn(stray_line_text(line.text));
  }
  if (policy_.utf8 && !is_valid_utf8(line.text)) {
    return warn("non-UTF-8 input \"" + printable(line.text) + "\" -- ignoring this line");
  }
  auto entry = split_key_value(line.text);
  if (!entry) {
    return warn(entry.error().text + " -- ignoring this line");
  }
  if (entry->key.back() == ':') {
    warnings_.push_back(line_warning(file_, line.number,
                                     "record is in \"key: value\" format; is this an alias file?"));
  }
  return *entry;
}

void TextIndex::build() {
  const auto line_count =
      static_cast<std::size_t>(std::count(content_.begin(), content_.end(), '\n'));
  std::size_t size = 16;
  while (size < line_count + line_count / 2) {
    size *= 2;
  }
  slots_.resize(size);
  LineReader reader(content_);
  while (const auto line = reader.next()) {
    const auto entry = usable_entry(*line);
    if (!entry) {
      continue;
    }
    const std::string_view key = stored_key(entry->key, policy_, key_buffer_);
    Slot& slot = slot_for(key);
    if (slot.line == 0) {
      slot = {hash_of(key), static_cast<std::uint32_t>(line->offset), line->number};
    } else if (!duplicate_) {
      duplicate_ =
          line_warning(file_, line->number, "duplicate entry: \"" + printable(entry->key) + "\"");
    }
  }
}

bool TextIndex::has_key(const Slot& slot, std::string_view folded_key) {
  LineReader reader(content_, slot.offset, slot.line);
  const auto line = reader.next();
  const auto entry = split_key_value(line->text);
  return entry.ok() && stored_key(entry->key, policy_, slot_key_buffer_) == folded_key;
}

TextIndex::Slot& TextIndex::slot_for(std::string_view folded_key) {
  const std::uint32_t hash = hash_of(folded_key);
  const std::size_t mask = slots_.size() - 1;
  std::size_t position = hash & mask;
  while (slots_[position].line != 0 &&
         (slots_[position].hash != hash || !has_key(slots_[position], folded_key))) {
    position = (position + 1) & mask;
  }
  return slots_[position];
}

std::optional<TextIndex::Entry> TextIndex::find(std::string_view key) {
  const Slot& slot = slot_for(key);
  if (slot.line == 0) {
    return std::nullopt;
  }
  found_.emplace(content_, slot.offset, slot.line);
  const auto line = found_->next();
  const auto entry = split_key_value(line->text);
  return Entry{entry->key, entry->value, slot.line};
}

std::optional<std::string_view> TextIndex::counting_key(const LineReader::Line& line) {
  const auto entry = split_key_value(line.text);
  if (!entry) {
    return std::nullopt;
  }
  const std::string_view key = stored_key(entry->key, policy_, key_buffer_);
  return slot_for(key).line == line.number ? std::optional(key) : std::nullopt;
}

}  // namespace lastmile
