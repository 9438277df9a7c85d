// SPDX-License-Identifier: Apache-2.0
#include "transports/parameter_catalogue.h"

#include <set>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"
#include "transports/configuration.h"
#include "transports/default_changes.h"
#include "transports/default_parameters.h"
#include "transports/settings.h"
#include "transports/site_contents.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

TEST_CASE("the catalogue: every row is a parameter that has a default, and stands once") {
  std::set<std::string_view> names;
  for (const Parameter& parameter : parameter_catalogue()) {
    CAPTURE(parameter.name);
    CHECK(names.insert(parameter.name).second);
    const bool is_of_the_host = parameter.name == "myhostname" || parameter.name == "mydomain";
    CHECK((is_of_the_host || default_parameter_of_any(parameter.name).has_value()));
    CHECK(find_parameter(parameter.name) == &parameter);
    CHECK_FALSE(find_parameter(std::string(parameter.name) + "x") == &parameter);
  }
}

TEST_CASE("the catalogue: it has each of lastmile's own parameters") {
  for (const DefaultParameter& parameter : default_parameters()) {
    if (parameter.name.starts_with("lastmile_")) {
      CAPTURE(parameter.name);
      CHECK(find_parameter(parameter.name) != nullptr);
    }
  }
}

TEST_CASE("the catalogue: each parameter that names tables is asked and exported") {
  std::size_t count = 0;
  for (const Parameter& parameter : parameter_catalogue()) {
    if (!key_order_of(parameter)) {
      continue;
    }
    ++count;
    const std::string name(parameter.name);
    CAPTURE(name);
    const TableSpec table = {"texthash", "/t/" + name};
    MemoryWorld world;
    world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
    world.add_table(to_string(table), {{"key", "found"}});
    world.add_file("/etc/postfix/main.cf", name + " = " + to_string(table) + "\n");
    const auto settings = load_settings(world, "/etc/postfix");
    REQUIRE(settings.ok());
    const auto contents = site_contents(*settings, world);
    REQUIRE(contents.ok());
    CHECK(std::ranges::find(contents->tables, table, &TableToExport::spec) !=
          contents->tables.end());
    Configuration configuration(*settings, world);
    if (const auto* const tables = std::get_if<TablesParameter>(&parameter.kind)) {
      CHECK(&parameter_of(tables->member) == &parameter);
      const auto hit = configuration.tables(tables->member).lookup("key");
      REQUIRE(hit.ok());
      CHECK(hit->has_value());
    } else {
      const auto member = std::get<MatchListParameter>(parameter.kind).member;
      CHECK(&parameter_of(member) == &parameter);
      const auto listed = configuration.list(member).contains("key");
      REQUIRE(listed.ok());
      CHECK(*listed == Match::yes);
    }
  }
  CHECK(count > 20);
}

}  // namespace
}  // namespace lastmile
