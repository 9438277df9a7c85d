// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_columns.h"

#include <array>
#include <cstdio>

#include "aliases/whole_number.h"

namespace lastmile {

std::string_view type_name(FileType type) {
  switch (type) {
    case FileType::regular:
      return "file";
    case FileType::directory:
      return "directory";
    case FileType::symlink:
      return "link";
    case FileType::other:
      return "other";
  }
  return "other";
}

std::optional<FileType> parse_type(std::string_view text) {
  if (text == "file") {
    return FileType::regular;
  }
  if (text == "directory") {
    return FileType::directory;
  }
  if (text == "link") {
    return FileType::symlink;
  }
  return text == "other" ? std::optional(FileType::other) : std::nullopt;
}

std::string mode_text(mode_t mode) {
  std::array<char, 8> digits = {};
  static_cast<void>(std::snprintf(digits.data(), digits.size(), "%04o", mode & 07777U));
  return digits.data();
}

std::optional<mode_t> parse_mode(std::string_view text) {
  const auto mode = whole_number<mode_t>(text, 8);
  constexpr mode_t kAllBits = 07777;
  return mode && *mode <= kAllBits ? mode : std::nullopt;
}

std::optional<unsigned> parse_id(std::int64_t number) {
  constexpr std::int64_t kLargest = 0xFFFFFFFF;
  return number >= 0 && number <= kLargest ? std::optional(static_cast<unsigned>(number))
                                           : std::nullopt;
}

std::string_view kind_name(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::unavailable:
      return "unavailable";
    case Error::Kind::misconfigured:
      return "misconfigured";
    case Error::Kind::malformed:
      return "malformed";
    case Error::Kind::denied:
    case Error::Kind::unseen:  // Of the user who exported it: who reads the file is told so.
      return "denied";
  }
  return "unavailable";
}

Error::Kind parse_kind(std::string_view text) {
  return text == "misconfigured" ? Error::Kind::misconfigured
         : text == "malformed"   ? Error::Kind::malformed
         : text == "denied"      ? Error::Kind::denied
                                 : Error::Kind::unavailable;
}

TableEntry read_entry(const SqliteStatement& row, int first_column) {
  TableEntry entry{row.text(first_column)};
  if (!row.is_null(first_column + 1)) {
    entry.source =
        SourcePos{row.text(first_column + 1), static_cast<int>(row.number(first_column + 2))};
  }
  entry.stale = row.number(first_column + 3) != 0;
  return entry;
}

}  // namespace lastmile
