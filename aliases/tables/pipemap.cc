// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_group.h"

namespace lastmile {
namespace {

/// What one table says is the key for the next.
class PipeTable final : public Table {
 public:
  PipeTable(TableSpec spec, TableGroup group)
      : Table(std::move(spec), group.owner()), group_(std::move(group)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    std::optional<TableEntry> stage = TableEntry{std::string(key)};
    for (const auto& table : group_.tables) {
      auto next = table->lookup(stage->value);
      if (!next) {
        return std::move(next).error().during("asking " + to_string(table->spec()));
      }
      if (!*next) {
        return std::nullopt;
      }
      stage = *std::move(next);
    }
    return stage;
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return TableGroup::for_each_key(std::span(group_.tables).first(1), *this, visit);
  }
  std::vector<Error> warnings() const override { return group_.warnings(); }
  void release() override { group_.release(); }

 private:
  TableGroup group_;
};

Result<std::unique_ptr<Table>> open_pipemap(const TableSpec& spec, World& world,
                                            const TablePolicy& policy) {
  auto group = open_table_group(spec, world, policy);
  if (!group) {
    return std::move(group).error();
  }
  return std::unique_ptr<Table>(std::make_unique<PipeTable>(spec, *std::move(group)));
}

}  // namespace

const MapType kPipeMap = {.name = "pipemap",
                          .open = open_pipemap,
                          .recorded = TableRecord::nothing,
                          .inner = InnerTables::group};

}  // namespace lastmile
