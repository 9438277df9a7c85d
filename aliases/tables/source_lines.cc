#include "aliases/tables/source_lines.h"

#include <utility>

#include "aliases/tables/table_file.h"

namespace lastmile {

SourceLines::SourceLines(World& world, std::string path, const TablePolicy& policy)
    : world_(world), path_(std::move(path)), policy_(policy) {}

void SourceLines::load(SourceSyntax syntax) {
  loaded_ = true;
  auto text = read_table_text(world_, path_, OpenWords::open);
  if (text && syntax == SourceSyntax::key_value) {
    entries_.emplace(std::move(text->content), path_, policy_);
  }
}

void SourceLines::annotate(std::string_view key, TableEntry& entry) {
  if (!entries_) {
    return;
  }
  const auto found = entries_->find(key);
  if (found && found->value == entry.value) {
    entry.source = SourcePos{path_, found->line};
  } else {
    entry.stale = true;
  }
}

}  // namespace lastmile
