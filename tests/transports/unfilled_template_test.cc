// SPDX-License-Identifier: Apache-2.0
#include "transports/unfilled_template.h"

#include <string>
#include <utility>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

TEST_CASE("templates: what a deploy tool would have filled in") {
  const std::pair<const char*, const char*> rows[] = {
      {"/etc/postfix/@@ENV@@/virtual", "@@ENV@@"},
      {"/etc/{{ host.name }}/virtual", "{{ host.name }}"},
      {"/etc/{{env}}/{{ host }}", "{{env}}"},
      {"/etc/<%= env %>/virtual", "<%= env %>"},
      {"/etc/%%ENV%%/virtual", "%%ENV%%"},
      {"/etc/__ENV__/virtual", "__ENV__"},
      {"/etc/{% if x %}a", "{% if x %}"},
      {"/etc/postfix/virtual", ""},
      {"/etc/post@@fix", ""},
      {"/etc/@@@@/x", ""},
      {"/etc/my__table", ""},
      {"/etc/a{b}c", ""},
      {"", ""},
  };
  for (const auto& [text, found] : rows) {
    CAPTURE(text);
    CHECK(find_placeholder(text).value_or("") == found);
  }
}

TEST_CASE("templates: the line of main.cf that nobody has filled") {
  const auto main_cf = MainCf::parse(
      "a = b\nvirtual_alias_maps = hash:/etc/@@ENV@@/virtual\nalias_maps = hash:${NOSUCH}/aliases\n"
      "transport_maps = hash:${config_directory}/transport\n",
      "/etc/postfix/main.cf");
  REQUIRE(main_cf.ok());
  test::MemoryWorld world;
  const auto explain = [&](const std::string& name) {
    return explain_unfilled_template(*main_cf, world, "hash:" + name, unavailable("No such file"));
  };
  const Error placeholder = explain("/etc/@@ENV@@/virtual");
  CHECK(placeholder.text ==
        "No such file; /etc/postfix/main.cf:2: virtual_alias_maps: \"@@ENV@@\" is a placeholder "
        "that nothing has filled in");
  REQUIRE(placeholder.source);
  CHECK(placeholder.source->line == 2);
  CHECK(explain("/aliases").text ==
        "No such file; /etc/postfix/main.cf:3: alias_maps: $NOSUCH is no parameter and stands for "
        "nothing");
  CHECK(explain("/etc/postfix/transport").text == "No such file");
  CHECK(explain("/etc/other").text == "No such file");
}

TEST_CASE("templates: files of lists, and the settings of tables") {
  const auto main_cf = MainCf::parse(
      "mydestination = /@@ENV@@/domains, $myhostname\nmynetworks = /etc/{{ nets }}\n"
      "alias_maps = proxy:pgsql:/etc/users.cf, inline:{{a = __X__}}\n",
      "/etc/postfix/main.cf");
  REQUIRE(main_cf.ok());
  test::MemoryWorld world;
  world.add_file("/etc/users.cf", "# hosts = @@NOT@@\nuser = u\nhosts = {{ db }}\nquery = {{q}}\n");
  world.add_file("/etc/filled.cf", "hosts = db\n");
  const std::pair<const char*, const char*> rows[] = {
      {"/@@ENV@@/domains",
       "No; /etc/postfix/main.cf:1: mydestination: \"@@ENV@@\" is a placeholder that nothing has "
       "filled in"},
      {"/etc/{{",
       "No; /etc/postfix/main.cf:2: mynetworks: \"{{ nets }}\" is a placeholder that nothing has "
       "filled in"},
      {"proxy:pgsql:/etc/users.cf",
       "No; /etc/users.cf:3: hosts: \"{{ db }}\" is a placeholder that nothing has filled in"},
      {"pgsql:/etc/filled.cf", "No"},
      {"pgsql:/etc/nosuch.cf", "No"},
      {"hash:/etc/users.cf", "No"},
      {"inline:{{a = __X__}}", "No"},
  };
  for (const auto& [named, text] : rows) {
    CAPTURE(named);
    CHECK(explain_unfilled_template(*main_cf, world, named, unavailable("No")).text == text);
  }
}

}  // namespace
}  // namespace lastmile
