// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_group.h"

#include <set>
#include <string>
#include <utility>

#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

using Trust = TableOwner::Trust;

/// Stands for a table that could not be opened.
class UnavailableTable final : public Table {
 public:
  UnavailableTable(TableSpec spec, Error failure)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), failure_(std::move(failure)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view /*key*/) override { return failure_; }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& /*visit*/) override {
    return failure_;
  }

 private:
  Error failure_;
};

Error bad_group(const TableSpec& spec) {
  return misconfigured("bad syntax: \"" + to_string(spec) + "\"; need \"" + spec.type +
                       ":{type:name...}\"");
}

Error prefixed(const TableSpec& spec, Error error) {
  error.text = to_string(spec) + " is unavailable. " + error.text;
  return error;
}

}  // namespace

TableOwner TableGroup::owner() const {
  TableOwner whole{Trust::root, 0};
  for (const auto& table : tables) {
    const TableOwner part = table->owner();
    if (whole.trust == Trust::root || part.trust == Trust::unknown) {
      whole = part;
    } else if (part.trust == whole.trust && part.uid != whole.uid) {
      whole = {Trust::unknown, 0};
    }
  }
  return whole;
}

std::vector<Error> TableGroup::warnings() const {
  std::vector<Error> all;
  for (const auto& table : tables) {
    for (Error& warning : table->warnings()) {
      all.push_back(std::move(warning));
    }
  }
  return all;
}

void TableGroup::release() {
  for (const auto& table : tables) {
    table->release();
  }
}

Result<Listing> TableGroup::for_each_key(
    std::span<const std::unique_ptr<Table>> listed, Table& table,
    const std::function<bool(std::string_view, const TableEntry&)>& visit) {
  std::set<std::string, std::less<>> keys;
  for (const auto& part : listed) {
    auto listing = part->for_each([&keys](std::string_view key, const TableEntry& /*entry*/) {
      keys.emplace(key);
      return true;
    });
    if (!listing || *listing != Listing::complete) {
      return listing;
    }
  }
  for (const std::string& key : keys) {
    const auto entry = table.lookup(key);
    if (!entry) {
      return entry.error();
    }
    if (*entry && !visit(key, **entry)) {
      return Listing::stopped;
    }
  }
  return Listing::complete;
}

Result<TableGroup> open_table_group(const TableSpec& spec, World& world,
                                    const TablePolicy& policy) {
  const auto inside = inside_braces(spec.name);
  const auto words =
      inside ? split_list(*inside, Braces::protect) : std::vector<std::string_view>{};
  if (words.empty()) {
    return bad_group(spec);
  }
  TableGroup group;
  for (const std::string_view word : words) {
    const auto inner = parse_table_spec(word);
    if (!inner) {
      return bad_group(spec);
    }
    auto table = world.open_table(*inner, policy);
    if (table) {
      group.tables.push_back(*std::move(table));
    } else {
      group.tables.push_back(
          std::make_unique<UnavailableTable>(*inner, prefixed(*inner, std::move(table).error())));
    }
  }
  return group;
}

}  // namespace lastmile
