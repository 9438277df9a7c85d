// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/uncompiled_table.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/alias_file.h"
#include "aliases/tables/index_builder.h"
#include "aliases/tables/line_index.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/source_lines.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/table_list.h"

namespace lastmile {
namespace {

bool is_file(World& world, const std::string& path) {
  const auto file = world.file_attributes(path, Rights{}, Symlinks::follow);
  return file && *file && (*file)->type == FileType::regular;
}

/// Whether a list of tables names one, by itself or within proxy: and the like. The type may be
/// another: one text is compiled into an index of each.
bool names(const std::vector<TableSpec>& tables, std::string_view path) {
  return std::ranges::any_of(tables, [path](const TableSpec& table) {
    const auto inner = inner_tables(table);
    return table.name == path || (inner && names(*inner, path));
  });
}

SourceSyntax syntax_of(const TableSpec& spec, const TablePolicy& policy) {
  for (const char* const parameter : {"alias_maps", "alias_database"}) {
    const auto value = policy.parameter ? policy.parameter(parameter) : std::nullopt;
    const auto tables = parse_table_list(value.value_or(""));
    if (tables && names(*tables, spec.name)) {
      return SourceSyntax::aliases;
    }
  }
  return SourceSyntax::key_value;
}

/// An aliases(5) text as if postalias(1) had compiled it.
class AliasText final : public Table {
 public:
  AliasText(TableSpec spec, TableText text, const TablePolicy& policy)
      : Table(std::move(spec), text.owner),
        policy_(policy),
        lines_(std::move(text.content), key_reader(SourceSyntax::aliases), policy),
        reader_(lines_.content(), this->spec().name, policy) {
    // Of two lines with one key the first counts, of those that make sense.
    LineReader lines = lines_.lines();
    while (const auto line = lines.next()) {
      if (reader_.read(*line)) {
        lines_.add(*line);
      }
    }
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    if (const auto line = lines_.find(key)) {
      if (auto entry = entry_of(*line)) {
        return std::optional(std::move(*entry));
      }
    }
    return key == kMarkOfAliases ? std::optional(TableEntry{std::string(key)}) : std::nullopt;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    LineReader reader = lines_.lines();
    while (const auto line = reader.next()) {
      const auto entry = entry_of(*line);
      const auto key = entry ? lines_.counting_key(*line) : std::nullopt;
      if (key && !visit(std::string(*key), *entry)) {
        return Listing::stopped;
      }
    }
    return visit(kMarkOfAliases, TableEntry{std::string(kMarkOfAliases)}) ? Listing::complete
                                                                          : Listing::stopped;
  }

  std::vector<Error> warnings() const override {
    return parse_alias_file(lines_.content(), spec().name, policy_).warnings;
  }

 private:
  std::optional<TableEntry> entry_of(const LineReader::Line& line) const {
    auto alias = reader_.read(line);
    if (!alias) {
      return std::nullopt;
    }
    TableEntry entry{std::move(alias->value)};
    if (policy_.want_source) {
      entry.source = std::move(alias->source);
    }
    return entry;
  }

  TablePolicy policy_;
  LineIndex lines_;
  AliasReader reader_;  ///< Of its text.
};

}  // namespace

bool is_uncompiled(const TableSpec& spec, World& world) {
  const MapType* const type = find_map_type(spec.type);
  return type != nullptr && type->index != nullptr && world.reads_texts_of_missing_indexes() &&
         !is_file(world, spec.name + std::string(type->index->suffix)) && is_file(world, spec.name);
}

bool is_taken_from_text(const TableSpec& spec, World& world, const TablePolicy& policy) {
  const MapType* const type = find_map_type(spec.type);
  return is_uncompiled(spec, world) ||
         (policy.compiles_aliases && type != nullptr && type->index != nullptr &&
          is_file(world, spec.name) && syntax_of(spec, policy) == SourceSyntax::aliases);
}

Result<std::unique_ptr<Table>> open_uncompiled(const TableSpec& spec, World& world,
                                               const TablePolicy& policy) {
  if (syntax_of(spec, policy) == SourceSyntax::key_value) {
    // Of two lines with one key postmap(1) takes the first, where a texthash: table is in error.
    TablePolicy of_postmap = policy;
    of_postmap.as_postmap = true;
    return kTexthashMap.open(spec, world, of_postmap);
  }
  auto text = read_table_text(world, spec.name, OpenWords::open);
  if (!text) {
    return std::move(text).error();
  }
  return std::unique_ptr<Table>(std::make_unique<AliasText>(spec, *std::move(text), policy));
}

}  // namespace lastmile
