// SPDX-License-Identifier: Apache-2.0
#include "aliases/member.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// Members in internal form: `address`, `file /x`, `command x`, `include /x`, joined by "; ".
std::string shown(std::string_view text) {
  std::string result;
  for (const Member& member : parse_members(text)) {
    result += result.empty() ? "" : "; ";
    if (const auto* address = std::get_if<AddressMember>(&member)) {
      result += to_internal(address->address);
    } else if (const auto* file = std::get_if<FileMember>(&member)) {
      result += "file " + file->path;
    } else if (const auto* command = std::get_if<CommandMember>(&member)) {
      result += "command " + command->line;
    } else {
      result += "include " + std::get<IncludeMember>(member).path;
    }
  }
  return result;
}

TEST_CASE("a list of members is read as Postfix reads it") {
  struct Row {
    const char* text;
    const char* members;
  };
  const Row rows[] = {
      // Words and commas
      {"", ""},
      {" ,, ", ""},
      {"alice", "alice"},
      {"alice, bob", "alice; bob"},
      {"a, , b", "a; b"},
      {"alice bob", "alice; bob"},
      {"alice (x) bob", "alice; bob"},
      {"alice # note", "alice; #; note"},
      {"alice . bob", "alice.bob"},
      {"alice @ x", "alice@x"},
      {"a (x (y) z) @ b", "a@b"},
      {"a\t\r\nb", "a; b"},
      {"a%b!c", "a%b!c"},
      {"a [1.2] b", "a; [1.2]; b"},
      // Phrases and angle brackets
      {"Full Name <alice@x>", "alice@x"},
      {"<alice>, <bob>", "alice; bob"},
      {"<alice> <bob>", "alice; bob"},
      {"Staff <alice,bob>, carol", "alice, bob; carol"},
      {"<>", ""},
      {"a <b> c", "b; c"},
      {"a: b <c>", "a; c"},
      {"<a b@c>", "ab@c"},
      {"<@a,@b:c@d>", "@a, @b:c@d"},
      {"<alice", "<alice"},
      {"alice>", "alice"},
      {"|/bin/cat -u >/tmp/y", "command /bin/cat-u; file /tmp/y"},
      // Quotes and backslashes
      {"\"alice bob\"@x", "alice bob@x"},
      {"\\alice", "alice"},
      {"\"\\alice\"", "alice"},
      {"\"\\\\alice\"", "\\alice"},
      {"\"unterminated", "unterminated"},
      {"a\\", "a"},
      {"a\\,b", "a,b"},
      {"\"a\tb\"", "a b"},
      // Groups
      {"x: a, b;", "a; b"},
      {"x:a b", "x:a; b"},
      {"alice;bob", "alice; bob"},
      {";", ""},
      {"p, g: a, b;, c", "p; a; b; c"},
      {"g: a; h: b; c", "b; c"},  // As in Postfix: the name of h reaches back to a comma.
      {":include:/p;", "file /p"},
      {":include:/p, g: a;", "file /p; a"},
      {"g: a;, :include:/p", "a; include /p"},
      {"|cmd; bob", "command cmd; bob"},
      // Files
      {"/tmp/foo bar", "file /tmp/foo; bar"},
      {"\"/tmp/foo bar\"", "file /tmp/foo bar"},
      {"/tmp/foo\\ bar", "file /tmp/foo bar"},
      {"~/mail", "file ~/mail"},
      {"~bob/mail", "file ~bob/mail"},
      {"/dev/null@x", "file /dev/null@x"},
      // Commands
      {"|cmd arg", "command cmd; arg"},
      {"|\"cmd arg\"", "command cmd arg"},
      {"\"|cmd arg\"", "command cmd arg"},
      {"\"|cmd 'a b' \\\"c\\\" \\\\d\"", "command cmd 'a b' \"c\" \\d"},
      {"|cmd,bob", "command cmd; bob"},
      {"\"|printf 'a\\tb'\"", "command printf 'atb'"},
      // Includes
      {":include:/p", "include /p"},
      {"\":include:/p\"", "include /p"},
      {":Include:/p", "include /p"},
      {":include:/p q", "include /p; q"},
      {":include:\"/p q\"", "include /p q"},
      {"\":include:/p q\"", "include /p q"},
      {":includes:/p", ":includes:/p"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(shown(row.text) == row.members);
  }
}

TEST_CASE("an empty pair of quotes is one empty address") {
  const auto members = parse_members("\"\"");
  REQUIRE(members.size() == 1);
  CHECK(std::get<AddressMember>(members[0]).address.is_null());
}

TEST_CASE("a list ends at a NUL octet") {
  using namespace std::literals;
  CHECK(shown("alice\0, root"sv) == "alice");
}

TEST_CASE("a member prints itself on one line") {
  CHECK(to_string(Member{AddressMember{{"john doe", "x"}}}) == "\"john doe\"@x");
  CHECK(to_string(Member{FileMember{"/f"}}) == "/f");
  CHECK(to_string(Member{CommandMember{"cat -u"}}) == "|cat -u");
  CHECK(to_string(Member{IncludeMember{"/l"}}) == ":include:/l");
}

TEST_CASE("what is nested deeply is read without recursion") {
  constexpr std::size_t kDepth = 100000;
  CHECK(shown(std::string(kDepth, '(') + std::string(kDepth, ')') + "alice") == "alice");
  CHECK(shown(std::string(kDepth, '(')).empty());
  CHECK(parse_members(std::string(kDepth, '<') + "a" + std::string(kDepth, '>')).size() == 1);
  CHECK(shown(std::string(kDepth, ';')).empty());
}

}  // namespace
}  // namespace lastmile
