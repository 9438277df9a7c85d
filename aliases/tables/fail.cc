// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "aliases/tables/map_type_list.h"

namespace lastmile {
namespace {

/// Every lookup fails for now: for tests of what happens then.
class FailTable final : public Table {
 public:
  explicit FailTable(TableSpec spec) : Table(std::move(spec), {TableOwner::Trust::root, 0}) {}

  Result<std::optional<TableEntry>> lookup(std::string_view /*key*/) override { return failure(); }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& /*visit*/) override {
    return failure();
  }

 private:
  static Error failure() { return unavailable("a table of type fail never answers"); }
};

Result<std::unique_ptr<Table>> open_fail(const TableSpec& spec, World& /*world*/,
                                         const TablePolicy& /*policy*/) {
  return std::unique_ptr<Table>(std::make_unique<FailTable>(spec));
}

}  // namespace

const MapType kFailMap = {
    .name = "fail", .is_pattern = true, .open = open_fail, .recorded = TableRecord::nothing};

}  // namespace lastmile
