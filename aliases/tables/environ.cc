#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"

namespace lastmile {
namespace {

/// The environment of this process; the name of the table means nothing.
class EnvironTable final : public Table {
 public:
  explicit EnvironTable(TableSpec spec) : Table(std::move(spec), {TableOwner::Trust::root, 0}) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const char* value = ::secure_getenv(std::string(key).c_str());
    return value == nullptr ? std::nullopt : std::optional(TableEntry{value});
  }
};

Result<std::unique_ptr<Table>> open_environ(const TableSpec& spec, World& /*world*/,
                                            const TablePolicy& /*policy*/) {
  return std::unique_ptr<Table>(std::make_unique<EnvironTable>(spec));
}

}  // namespace

const MapType kEnvironMap = {.name = "environ", .open = open_environ};

}  // namespace lastmile
