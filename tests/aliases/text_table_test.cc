// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/text_table.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// "1:text|4:other|", stray lines with a '!'.
std::string lines_of(std::string_view content) {
  std::string all;
  LineReader reader(content);
  while (const auto line = reader.next()) {
    all +=
        std::to_string(line->number) + (line->is_stray ? "!" : ":") + std::string(line->text) + "|";
  }
  return all;
}

TEST_CASE("physical lines become logical ones") {
  struct Row {
    std::string_view content;
    std::string_view lines;
  };
  const Row rows[] = {
      {"", ""},
      {"\n\n \n", ""},
      {"a", "1:a|"},
      {"a\nb\n", "1:a|2:b|"},
      {"a\n b\n", "1:a b|"},
      {"a\n\tb\n c\nd", "1:a\tb c|4:d|"},
      {"# c\na\n# c\n b\n\n  # c\n c\n", "2:a b c|"},
      {"a # not a comment\n", "1:a # not a comment|"},
      {" stray\na\n", "1! stray|2:a|"},
      {"\n  stray\n more\na\n", "2!  stray more|4:a|"},
      {"a\r\nb\r\n", "1:a\r|2:b\r|"},
      {"a\n \n b\n", "1:a b|"},
      {std::string_view("a\0b\nc\n", 6), "1:a|2:c|"},
      {std::string_view("\0b\nc\n", 5), "2:c|"},
  };
  for (const Row& row : rows) {
    INFO(row.content);
    CHECK(lines_of(row.content) == row.lines);
  }
}

TEST_CASE("a reader can begin at any line") {
  const std::string_view content = "a\nb\n c\nd\n";
  LineReader reader(content, 2, 2);
  const auto line = reader.next();
  REQUIRE(line);
  CHECK(line->text == "b c");
  CHECK(line->number == 2);
  CHECK(line->offset == 2);
}

TEST_CASE("key and value are split as postmap splits them") {
  struct Row {
    std::string_view line;
    std::string_view key;
    std::string_view value;
  };
  const Row rows[] = {
      {"a b", "a", "b"},
      {"a\t b  c \t", "a", "b  c"},
      {"\"a b\" c", "\"a b\"", "c"},
      {"\"a \\\" b\" c", "\"a \\\" b\"", "c"},
      {"a\\ b c", "a\\ b", "c"},
      {"a\"b c\"d e", "a\"b c\"d", "e"},
      {"a: b", "a:", "b"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const auto entry = split_key_value(row.line);
    REQUIRE(entry.ok());
    CHECK(entry->key == row.key);
    CHECK(entry->value == row.value);
  }
  for (const std::string_view bad : {"", "a", "a ", "\"a b", "a\\ b", "a\\"}) {
    INFO(bad);
    CHECK_FALSE(split_key_value(bad).ok());
  }
}

TEST_CASE("an index finds each of many keys, and the first of two") {
  std::string content;
  for (int i = 0; i < 5000; ++i) {
    content += "Key" + std::to_string(i) + (i % 7 == 0 ? "\n   value" : " value") +
               std::to_string(i) + "\n";
  }
  content += "KEY17 other\n";
  TextIndex index(content, "/etc/text", {});
  for (int i = 0; i < 5000; ++i) {
    const auto found = index.find("key" + std::to_string(i));
    REQUIRE(found);
    CHECK(found->value == "value" + std::to_string(i));
  }
  CHECK_FALSE(index.find("Key1"));
  CHECK_FALSE(index.find("key5000"));
  REQUIRE(index.duplicate());
  CHECK(index.duplicate()->text == "duplicate entry: \"KEY17\"");
  CHECK(index.warnings().empty());
}

TEST_CASE("postmap warns of each duplicate and the first counts") {
  TablePolicy policy;
  policy.as_postmap = true;
  TextIndex index("a 1\nA 2\nlonely\nb 3\na 4\n", "/etc/text", policy);
  CHECK_FALSE(index.duplicate());
  REQUIRE(index.find("a"));
  CHECK(index.find("a")->value == "1");
  REQUIRE(index.warnings().size() == 3);
  CHECK(index.warnings()[0].message() == "/etc/text:2: duplicate entry: \"A\"");
  CHECK(index.warnings()[2].message() == "/etc/text:5: duplicate entry: \"a\"");
}

}  // namespace
}  // namespace lastmile
