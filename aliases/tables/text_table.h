#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/logical_lines.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// One `key value` line taken apart. Views into the line.
struct KeyValue {
  std::string_view key = {};  ///< Quotes and backslashes as written.
  std::string_view value = {};
};

/// The key ends at the first white space outside of double quotes; a backslash protects the octet
/// after it.
/// \return malformed, in the words of postmap(1), when there is no key, no value, or a lone quote
Result<KeyValue> split_key_value(std::string_view line);

/// Finds the lines of a `key value` source by key, in one pass and with 12 to 24 octets for each
/// entry beside the text. Of two lines with one key the first counts.
class TextIndex {
 public:
  struct Entry {
    std::string_view key = {};    ///< As written.
    std::string_view value = {};  ///< Both until the next call of find().
    int line = 0;
  };

  /// \param file  for messages
  TextIndex(std::string content, std::string file, const TablePolicy& policy);

  /// \param key  folded by the caller
  std::optional<Entry> find(std::string_view key);

  /// A reader of all lines; stray, malformed and duplicate ones are among them.
  LineReader lines() const { return LineReader(content_); }
  /// The key of `line` as it is stored, until the next call; nullopt when the line does not count.
  std::optional<std::string_view> counting_key(const LineReader::Line& line);

  const std::vector<Error>& warnings() const { return warnings_; }
  /// The first line whose key was there before. Postfix takes no such table.
  const std::optional<Error>& duplicate() const { return duplicate_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t offset = 0;
    std::int32_t line = 0;  ///< 0: the slot is free.
  };

  void build();
  std::optional<KeyValue> usable_entry(const LineReader::Line& line);
  Slot& slot_for(std::string_view folded_key);
  bool has_key(const Slot& slot, std::string_view folded_key);
  std::string content_;
  std::string file_;
  TablePolicy policy_;
  std::vector<Slot> slots_ = {};  ///< Open addressing; the size is a power of two.
  std::string key_buffer_ = {};
  std::string slot_key_buffer_ = {};
  std::optional<LineReader> found_ = {};  ///< Holds the text of the entry that find() gave.
  std::vector<Error> warnings_ = {};
  std::optional<Error> duplicate_ = {};
};

}  // namespace lastmile
