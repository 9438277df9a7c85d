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

/// The text beside an index: it tells which line an entry comes from, and whether the index was
/// made of other text.
class SourceLines {
 public:
  /// `world` must outlive the object. Nothing is read before load().
  SourceLines(World& world, std::string path, const TablePolicy& policy);

  bool is_loaded() const { return loaded_; }
  /// Reads the file in one pass. A missing or unreadable one is no error: there is no source then.
  void load(SourceSyntax syntax);

  /// Sets entry.source to the line with this key and value; else, when there is a source at all,
  /// entry.stale.
  /// \param key  as it is stored
  void annotate(std::string_view key, TableEntry& entry);

 private:
  std::optional<int> line_of(std::string_view key, std::string_view value);

  World& world_;
  std::string path_;
  TablePolicy policy_;
  bool loaded_ = false;
  SourceSyntax syntax_ = SourceSyntax::key_value;
  std::optional<LineIndex> lines_ = {};
};

}  // namespace lastmile
