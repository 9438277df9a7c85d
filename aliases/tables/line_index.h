// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/logical_lines.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// Finds the logical lines of a text by key. Beside the text it takes 16 octets a line: keys
/// and values are read from the text again when they are asked for. Of two lines with one key the
/// first counts.
class LineIndex {
 public:
  /// Gives the key of a line as it is stored, as a view into the line or into `buffer`; nullopt
  /// when the line has none.
  using KeyOfLine = std::optional<std::string_view> (*)(std::string_view line,
                                                        const TablePolicy& policy,
                                                        std::string& buffer);

  enum class Added { first, duplicate, no_key };

  LineIndex(std::string content, KeyOfLine key_of_line, const TablePolicy& policy);

  std::string_view content() const { return content_; }
  /// A reader of all lines of the text.
  LineReader lines() const { return LineReader(content_); }

  /// Takes a line of lines() into the index.
  Added add(const LineReader::Line& line);

  /// \param key  as it is stored
  /// \return the line, until the next call
  std::optional<LineReader::Line> find(std::string_view key);

  /// The key of `line`, until the next call; nullopt when it is not the line that counts.
  std::optional<std::string_view> counting_key(const LineReader::Line& line);

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t offset = 0;
    std::int32_t line = 0;  ///< 0: the slot is free.
  };

  Slot& slot_for(std::string_view key);
  bool has_key(const Slot& slot, std::string_view key);

  std::string content_;
  KeyOfLine key_of_line_;
  TablePolicy policy_;
  std::vector<Slot> slots_ = {};  ///< Open addressing, three quarters full at most.
  std::string key_buffer_ = {};
  std::string slot_key_buffer_ = {};
  std::optional<LineReader> found_ = {};  ///< Holds the text that find() gave.
};

}  // namespace lastmile
