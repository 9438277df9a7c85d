// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// A variable that import_environment lets into the programs of Postfix.
struct Variable {
  std::string name = {};
  std::optional<std::string> value = {};  ///< nullopt: as it is in the environment.
};

/// Reads `NAME NAME=VALUE {NAME = VALUE}`. \see postconf(5), import_environment
std::vector<Variable> read_variables(std::string_view text) {
  std::vector<Variable> variables;
  for (const std::string_view word : split_list(text, Braces::protect)) {
    const auto inside = inside_braces(word);
    const std::string_view item = inside ? *inside : word;
    const std::size_t equals = std::min(item.find('='), item.size());
    Variable variable{std::string(trim(item.substr(0, equals))), std::nullopt};
    if (equals < item.size()) {
      variable.value = trim(item.substr(equals + 1));
    }
    variables.push_back(std::move(variable));
  }
  return variables;
}

std::optional<TableEntry> own_variable(const std::string& name) {
  const char* const value = ::secure_getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional(TableEntry{value});
}

/// The environment of a program of Postfix, or where the table is asked as postmap -q does that of
/// this process. The name of the table means nothing.
class EnvironTable final : public Table {
 public:
  EnvironTable(TableSpec spec, std::optional<std::vector<Variable>> imported)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), imported_(std::move(imported)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    if (!imported_) {
      return own_variable(std::string(key));
    }
    const auto found = std::find_if(imported_->rbegin(), imported_->rend(),
                                    [key](const Variable& each) { return each.name == key; });
    if (found == imported_->rend()) {
      return std::optional<TableEntry>();
    }
    return found->value ? std::optional(TableEntry{*found->value}) : own_variable(found->name);
  }

 private:
  std::optional<std::vector<Variable>> imported_;
};

Result<std::unique_ptr<Table>> open_environ(const TableSpec& spec, World& /*world*/,
                                            const TablePolicy& policy) {
  std::optional<std::vector<Variable>> imported;
  if (!policy.as_postmap && policy.parameter) {
    imported = read_variables(policy.parameter("import_environment").value_or(""));
  }
  return std::unique_ptr<Table>(std::make_unique<EnvironTable>(spec, std::move(imported)));
}

}  // namespace

const MapType kEnvironMap = {.name = "environ", .open = open_environ};

}  // namespace lastmile
