#include "aliases/world/site_columns.h"

#include <charconv>

namespace lastmile {

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

std::optional<mode_t> parse_mode(std::string_view text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  constexpr unsigned kAllBits = 07777;
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && mode <= kAllBits ? std::optional<mode_t>(mode) : std::nullopt;
}

std::optional<unsigned> parse_id(std::int64_t number) {
  constexpr std::int64_t kLargest = 0xFFFFFFFF;
  return number >= 0 && number <= kLargest ? std::optional(static_cast<unsigned>(number))
                                           : std::nullopt;
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
