// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table.h"

namespace lastmile {

std::string to_string(const TableSpec& spec) {
  return spec.type + ":" + spec.name;
}

Result<TableSpec> parse_table_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return malformed("expecting \"type:name\" form instead of \"" + std::string(text) + "\"");
  }
  return TableSpec{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace lastmile
