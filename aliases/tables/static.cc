// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// Every key has the one value.
class StaticTable final : public Table {
 public:
  StaticTable(TableSpec spec, std::string value)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), value_(std::move(value)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view /*key*/) override {
    return std::optional(TableEntry{value_});
  }

 private:
  std::string value_;
};

Result<std::unique_ptr<Table>> open_static(const TableSpec& spec, World& /*world*/,
                                           const TablePolicy& /*policy*/) {
  std::string_view value = spec.name;
  if (value.starts_with('{')) {
    const auto inside = inside_braces(value);
    if (!inside) {
      return misconfigured("bad static:name syntax: " + inside.error().text);
    }
    value = trim(*inside);
  }
  return std::unique_ptr<Table>(std::make_unique<StaticTable>(spec, std::string(value)));
}

}  // namespace

const MapType kStaticMap = {
    .name = "static", .open = open_static, .recorded = TableRecord::nothing};

}  // namespace lastmile
