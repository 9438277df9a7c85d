// SPDX-License-Identifier: Apache-2.0
// Invariant: the configuration file of a table is refused with a line, or each of its parameters
// has a value without white space at its ends; a wrong number or choice is told with its line; and
// what a query is made of never ends the process.
#include <cstddef>
#include <cstdint>
#include <string>

#include "aliases/tables/sql_query.h"
#include "aliases/tables/table_settings.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

constexpr std::string_view kNames[] = {
    "hosts",   "dbpath",       "query",       "table",           "domain",    "result_format",
    "timeout", "select_field", "where_field", "expansion_limit", "debuglevel"};

void check(const std::string& content) {
  test::MemoryWorld world;
  world.add_file("/etc/table.cf", content);
  const auto settings = TableSettings::load({"sqlite", "/etc/table.cf"}, world, {});
  if (!settings) {
    LM_CHECK(settings.error().source && settings.error().source->line > 0);
    return;
  }
  for (const std::string_view name : kNames) {
    const auto value = settings->find(name);
    LM_CHECK(!value || (!value->empty() && settings->is_set(name)));
    LM_CHECK(!value || (value->front() != ' ' && value->back() != ' ' &&
                        value->find('\n') == std::string::npos));
    LM_CHECK(settings->require(name).ok() == value.has_value());
    const auto number = settings->number(name, 7, 1);
    LM_CHECK(number ? *number >= 1 : number.error().source.has_value());
    const auto choice = settings->choice(name, TableSettings::Choice::no);
    LM_CHECK(choice.ok() || choice.error().source.has_value());
  }
  const auto query = read_query(*settings, "?");
  LM_CHECK(query.ok() || !query.error().message().empty());
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
