// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_group.h"

namespace lastmile {
namespace {

/// Asks all its tables with one key and joins what they say with commas.
class UnionTable final : public Table {
 public:
  UnionTable(TableSpec spec, TableGroup group)
      : Table(std::move(spec), group.owner()), group_(std::move(group)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    std::optional<TableEntry> whole;
    for (const auto& table : group_.tables) {
      auto part = table->lookup(key);
      if (!part) {
        return std::move(part).error().during("asking " + to_string(table->spec()));
      }
      if (*part) {
        add(**std::move(part), whole);
      }
    }
    return whole && whole->value.empty() ? std::nullopt : whole;
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return TableGroup::for_each_key(group_.tables, *this, visit);
  }
  std::vector<Error> warnings() const override { return group_.warnings(); }
  std::optional<NearMiss> near_miss(std::string_view key) override {
    for (const auto& table : group_.tables) {
      if (auto near = table->near_miss(key)) {
        return near;
      }
    }
    return std::nullopt;
  }
  void release() override { group_.release(); }

 private:
  /// The line of the first part stands for the whole.
  static void add(TableEntry part, std::optional<TableEntry>& whole) {
    if (!whole) {
      whole = std::move(part);
      return;
    }
    whole->value += whole->value.empty() ? part.value : "," + part.value;
    whole->stale = whole->stale || part.stale;
  }

  TableGroup group_;
};

Result<std::unique_ptr<Table>> open_unionmap(const TableSpec& spec, World& world,
                                             const TablePolicy& policy) {
  auto group = open_table_group(spec, world, policy);
  if (!group) {
    return std::move(group).error();
  }
  return std::unique_ptr<Table>(std::make_unique<UnionTable>(spec, *std::move(group)));
}

}  // namespace

const MapType kUnionMap = {.name = "unionmap",
                           .open = open_unionmap,
                           .recorded = TableRecord::nothing,
                           .inner = InnerTables::group};

}  // namespace lastmile
