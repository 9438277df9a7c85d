// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/text_table.h"

namespace lastmile {
namespace {

/// The text source itself, read when the table is opened.
class TexthashTable final : public Table {
 public:
  TexthashTable(TableSpec spec, TableOwner owner, bool want_source, TextIndex index)
      : Table(std::move(spec), owner), want_source_(want_source), index_(std::move(index)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const auto found = index_.find(key);
    if (!found) {
      return std::nullopt;
    }
    return std::optional(entry_of(found->value, found->line));
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return index_.for_each([&](std::string_view key, std::string_view value, int line) {
      return visit(key, entry_of(value, line));
    });
  }

  std::vector<Error> warnings() const override { return index_.warnings(); }
  bool keeps_spelling() const override { return true; }

 private:
  TableEntry entry_of(std::string_view value, int line) const {
    TableEntry entry{std::string(value)};
    if (want_source_) {
      entry.source = SourcePos{spec().name, line};
    }
    return entry;
  }

  bool want_source_;
  TextIndex index_;
};

Result<std::unique_ptr<Table>> open_texthash(const TableSpec& spec, World& world,
                                             const TablePolicy& policy) {
  auto text = read_table_text(world, spec.name, OpenWords::open_database);
  if (!text) {
    return std::move(text).error();
  }
  TextIndex index(std::move(text->content), spec.name, policy);
  if (index.duplicate()) {
    // A daemon gives up the whole table.
    Error error = *index.duplicate();
    error.kind = Error::Kind::misconfigured;
    return error;
  }
  return std::unique_ptr<Table>(
      std::make_unique<TexthashTable>(spec, text->owner, policy.want_source, std::move(index)));
}

}  // namespace

const MapType kTexthashMap = {
    .name = "texthash", .open = open_texthash, .recorded = TableRecord::text};

}  // namespace lastmile
