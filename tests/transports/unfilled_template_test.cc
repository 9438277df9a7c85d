#include "transports/unfilled_template.h"

#include <string>
#include <utility>

#include "tests/support/catch.h"

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
  const auto explain = [&main_cf](const char* name) {
    return explain_unfilled_template(*main_cf, {"hash", name}, unavailable("No such file"));
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

}  // namespace
}  // namespace lastmile
