// SPDX-License-Identifier: Apache-2.0
#include "aliases/logical_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

std::string shown(std::string_view content) {
  std::string text;
  LineReader reader(content);
  while (const auto line = reader.next()) {
    text += std::to_string(line->number) + '@' + std::to_string(line->offset) +
            (line->is_stray ? "!" : "") + '[' + std::string(line->text) + ']';
  }
  return text;
}

TEST_CASE("continuation lines are joined, comments and empty lines dropped") {
  CHECK(shown("").empty());
  CHECK(shown("a") == "1@0[a]");
  CHECK(shown("a\n b\nc\n") == "1@0[a b]3@5[c]");
  CHECK(shown("a\n\n # x\n\tb\n#y\n c\n") == "1@0[a\tb c]");
  CHECK(shown("# x\n\na\n") == "3@5[a]");
  CHECK(shown("a\n\fb\n\vc") == "1@0[a\fb\vc]");
}

TEST_CASE("a continuation of nothing is stray") {
  CHECK(shown(" a\nb") == "1@0![ a]2@3[b]");
  CHECK(shown("# x\n a\n b\nc\n") == "2@4![ a b]4@10[c]");
}

TEST_CASE("text behind a NUL octet is not seen") {
  using namespace std::literals;
  CHECK(shown("a\0b\n c\nd\n"sv) == "1@0[a]3@7[d]");
}

TEST_CASE("a reader can begin in the middle") {
  LineReader reader("a\nb\n c\n", 2, 2);
  const auto line = reader.next();
  REQUIRE(line);
  CHECK(line->number == 2);
  CHECK(line->text == "b c");
}

TEST_CASE("a text is split where a line begins that continues none") {
  const std::pair<std::string_view, std::size_t> rows[] = {
      {"", 0},         {"a", 0},           {"a\n", 0},           {"a\nb", 2},
      {"a\nb\n c", 2}, {"a\nb\n#\n c", 2}, {"a\n\n\n \t\n", 0},  {"a\n\n\nb\n", 4},
      {" a\nb", 3},    {"\nb", 1},         {"a\nb\n\n c\nd", 8},
  };
  for (const auto& [text, size] : rows) {
    INFO(text);
    CHECK(whole_lines(text) == size);
    CHECK(whole_lines(text, size) == size);
    CHECK(whole_lines(text, size + 1) == 0);
    // Nothing is lost, and both parts read as the whole.
    LineReader whole(text);
    LineReader first(text.substr(0, size));
    while (const auto line = first.next()) {
      CHECK(whole.next()->text == line->text);
    }
    CHECK(first.next_number() == std::count(text.begin(), text.begin() + size, '\n') + 1);
    LineReader second(text.substr(size));
    while (const auto line = second.next()) {
      CHECK(whole.next()->text == line->text);
    }
    CHECK_FALSE(whole.next());
  }
}

}  // namespace
}  // namespace lastmile
