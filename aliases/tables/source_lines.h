// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/tables/line_index.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

/// How the text beside an index is written.
enum class SourceSyntax {
  key_value,  ///< postmap(5)
  aliases,    ///< aliases(5)
};

/// How a LineIndex finds the key of a line.
LineIndex::KeyOfLine key_reader(SourceSyntax syntax);

/// The text beside an index: it tells which line an entry comes from, and whether the index was
/// made of other text. The first few keys are searched for in the text, since most runs ask for one
/// or two; after them all lines are indexed.
class SourceLines {
 public:
  /// `world` must outlive the object. Nothing is read before load().
  SourceLines(World& world, std::string path, const TablePolicy& policy);

  bool is_loaded() const { return loaded_; }
  /// Reads the file. A missing or unreadable one is no error: there is no source then.
  void load(SourceSyntax syntax);
  /// From now on the file may have changed: it is read again when it has.
  void release() { may_have_changed_ = true; }

  /// Sets entry.source to the line with this key and value; else, when there is a source at all,
  /// entry.stale.
  /// \param key  as it is stored
  void annotate(std::string_view key, TableEntry& entry);

  /// A line whose key is asked for, whatever its value.
  struct KeyLine {
    SourcePos place = {};
    std::string key = {};  ///< As the text has it.
  };
  /// \param key  as it is stored
  std::optional<KeyLine> find_key(std::string_view key);
  SourceSyntax syntax() const { return syntax_; }

 private:
  void refresh();
  /// The line with a key, or the same in internal form where an index may have it so.
  std::optional<LineReader::Line> find_in_any_form(std::string_view key);
  std::optional<int> line_of(std::string_view key, std::string_view value);
  /// The first line with a key, until the next call.
  std::optional<LineReader::Line> find(std::string_view key);
  std::optional<LineReader::Line> search(std::string_view key);
  void index_all_lines();

  World& world_;
  std::string path_;
  TablePolicy policy_;
  bool loaded_ = false;
  bool may_have_changed_ = false;
  FileVersion version_ = {};  ///< Of the text that was loaded.
  SourceSyntax syntax_ = SourceSyntax::key_value;
  std::optional<std::string> content_ = {};  ///< None: no source, or lines_ has it.
  int searches_ = 0;
  std::optional<LineReader> found_ = {};  ///< Holds the text that search() gave.
  std::optional<LineIndex> lines_ = {};
};

}  // namespace lastmile
