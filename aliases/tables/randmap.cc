// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// FNV-1a: the same on every machine and in every build.
std::uint64_t hash_of(std::string_view key) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char octet : key) {
    hash = (hash ^ static_cast<unsigned char>(octet)) * 1099511628211U;
  }
  return hash;
}

/// Where Postfix draws a value by chance, the key draws it here: keys are spread over the values,
/// and one key has one value, in every run. Resolving has to be deterministic, so that a trace
/// foretells a delivery. TableEntry::alternatives lists what may come out in Postfix.
class RandTable final : public Table {
 public:
  RandTable(TableSpec spec, std::vector<std::string> values)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), values_(std::move(values)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    TableEntry entry{values_[hash_of(key) % values_.size()]};
    entry.alternatives = values_;
    return std::optional(std::move(entry));
  }

 private:
  std::vector<std::string> values_;
};

Result<std::unique_ptr<Table>> open_randmap(const TableSpec& spec, World& /*world*/,
                                            const TablePolicy& /*policy*/) {
  std::vector<std::string> values;
  if (const auto inside = inside_braces(spec.name)) {
    const auto words = split_list(*inside, Braces::protect);
    values.assign(words.begin(), words.end());
  }
  if (values.empty()) {
    return misconfigured("bad syntax: \"" + to_string(spec) + "\"; need \"randmap:{value...}\"");
  }
  return std::unique_ptr<Table>(std::make_unique<RandTable>(spec, std::move(values)));
}

}  // namespace

const MapType kRandMap = {
    .name = "randmap", .is_pattern = true, .open = open_randmap, .recorded = TableRecord::nothing};

}  // namespace lastmile
