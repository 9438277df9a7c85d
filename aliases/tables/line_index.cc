// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/line_index.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace lastmile {
namespace {

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(key));
}

}  // namespace

LineIndex::LineIndex(std::string content, KeyOfLine key_of_line, const TablePolicy& policy)
    : content_(std::move(content)), key_of_line_(key_of_line), policy_(policy) {
  const auto line_count =
      static_cast<std::size_t>(std::count(content_.begin(), content_.end(), '\n')) + 1;
  slots_.resize(line_count + line_count / 3 + 1);
}

LineIndex::Added LineIndex::add(const LineReader::Line& line) {
  const auto key = key_of_line_(line.text, policy_, key_buffer_);
  if (!key) {
    return Added::no_key;
  }
  Slot& slot = slot_for(*key);
  if (slot.line != 0) {
    return Added::duplicate;
  }
  slot = {hash_of(*key), static_cast<std::uint32_t>(line.offset), line.number};
  return Added::first;
}

bool LineIndex::has_key(const Slot& slot, std::string_view key) {
  LineReader reader(content_, slot.offset, slot.line);
  const auto line = reader.next();
  return line && key_of_line_(line->text, policy_, slot_key_buffer_) == key;
}

LineIndex::Slot& LineIndex::slot_for(std::string_view key) {
  const std::uint32_t hash = hash_of(key);
  // The hash as a fraction of the whole.
  std::size_t position = static_cast<std::size_t>((std::uint64_t{hash} * slots_.size()) >> 32U);
  while (slots_[position].line != 0 &&
         (slots_[position].hash != hash || !has_key(slots_[position], key))) {
    position = position + 1 == slots_.size() ? 0 : position + 1;
  }
  return slots_[position];
}

std::optional<LineReader::Line> LineIndex::find(std::string_view key) {
  const Slot& slot = slot_for(key);
  if (slot.line == 0) {
    return std::nullopt;
  }
  found_.emplace(content_, slot.offset, slot.line);
  return found_->next();
}

std::optional<std::string_view> LineIndex::counting_key(const LineReader::Line& line) {
  const auto key = key_of_line_(line.text, policy_, key_buffer_);
  return key && slot_for(*key).line == line.number ? key : std::nullopt;
}

}  // namespace lastmile
