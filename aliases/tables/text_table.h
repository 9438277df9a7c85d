// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/logical_lines.h"
#include "aliases/result.h"
#include "aliases/tables/line_index.h"
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

/// Whether a line is one of a postmap(5) source that counts, unless its key was there before.
/// \param file  for messages
/// \param warnings  gets what is wrong with it, in the words of postmap(1)
bool check_pair_line(const LineReader::Line& line, const std::string& file, bool utf8,
                     std::vector<Error>& warnings);

/// The key of a `key value` line, folded as the policy says: for a LineIndex.
std::optional<std::string_view> key_of_pair(std::string_view line, const TablePolicy& policy,
                                            std::string& buffer);

/// The entries of a postmap(5) source, and what is wrong with its other lines.
class TextIndex {
 public:
  struct Entry {
    std::string_view value = {};  ///< Until the next call.
    int line = 0;
  };

  /// \param file  for messages
  TextIndex(std::string content, std::string file, const TablePolicy& policy);

  /// \param key  as it is stored
  std::optional<Entry> find(std::string_view key);

  /// Calls `visit` with key, value and line of every entry, in the order of the text, until it
  /// returns false.
  Listing for_each(
      const std::function<bool(std::string_view key, std::string_view value, int line)>& visit);

  const std::vector<Error>& warnings() const { return warnings_; }
  /// The first line whose key was there before: a daemon takes no such table. Null when the policy
  /// is to ask as postmap(1), for which each such line is a warning.
  const std::optional<Error>& duplicate() const { return duplicate_; }

 private:
  void note_duplicate(const LineReader::Line& line, bool as_postmap);

  std::string file_;
  bool utf8_;
  LineIndex index_;
  std::vector<Error> warnings_ = {};
  std::optional<Error> duplicate_ = {};
};

}  // namespace lastmile
