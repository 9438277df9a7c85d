// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/append_note.h"

#include <string>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

const std::string kFirst = "From a@b  Sat Nov 21 02:56:11 2026\n";

bool is_ours(const std::string& tail) {
  TailJudge judge(kFirst);
  judge.feed(tail);
  TailJudge octet_by_octet(kFirst);
  for (const char c : tail) {
    octet_by_octet.feed({&c, 1});
  }
  CHECK(judge.is_ours() == octet_by_octet.is_ours());
  return judge.is_ours();
}

}  // namespace

TEST_CASE("a note is read as it was written, and nothing else is a note") {
  const AppendNote note = {12, 3456, kFirst};
  CHECK(to_string(note) == "1 12 3456 " + kFirst);
  CHECK(parse_append_note(to_string(note)) == note);
  CHECK(parse_append_note("1 0 0 From ") == AppendNote{0, 0, "From "});
  for (const char* text :
       {"", "1", "1 ", "1 1", "1 1 2", "1 1 2 ", "1 1 2 from x", "2 1 2 From x", "1 -1 2 From x",
        "1 1 -2 From x", "1 a 2 From x", "1  1 2 From x", "1 9223372036854775807 1 From x",
        "1 9223372036854775808 1 From x", "1 1.0 2 From x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_append_note(text));
  }
}

TEST_CASE("a note has the first line, or so much of it as there is room for") {
  CHECK(note_of(1, 2, kFirst + "Return-Path: <a@b>\n") == AppendNote{1, 2, kFirst});
  CHECK(note_of(1, 2, "From x").first_line == "From x");
  CHECK(note_of(1, 2, "").first_line.empty());
  CHECK(note_of(1, 2, "From " + std::string(5000, 'x') + "\n").first_line.size() == 256);
}

TEST_CASE("a part is longer than nothing and shorter than the message") {
  const AppendNote note = {100, 50, kFirst};
  CHECK_FALSE(is_part(note, 99));
  CHECK_FALSE(is_part(note, 100));
  CHECK(is_part(note, 101));
  CHECK(is_part(note, 149));
  CHECK_FALSE(is_part(note, 150));
  CHECK_FALSE(is_part(note, 151));
}

TEST_CASE("what may be other mail is never taken for a part of the noted message") {
  struct Row {
    std::string tail;
    bool ours;
  };
  const std::string other = "From c@d  Sat Nov 21 03:00:00 2026\nother mail\n\n";
  const Row rows[] = {
      {"", true},
      {"F", true},
      {kFirst.substr(0, 20), true},
      {kFirst, true},
      {kFirst + "Subject: x\n\nhal", true},
      {kFirst + "x\n>From here\nFrom: y\nfrom z\nFromm\n FFrom no time of day\n", true},
      {kFirst + "12:34:56\nReceived: from x; 12:34\n", true},
      {"From c@d  Sat Nov 21 02:56:11 2026\n", false},
      {" " + kFirst, false},
      {"text of other mail\n", false},
      {kFirst + "x\n" + other, false},
      {kFirst + "x\nFrom here", false},
      {kFirst + "From x", false},
      {kFirst + "cut in a line" + other, false},
      {kFirst + "cut before F" + other, false},
      {kFirst + "cut in a quotation\n>" + other, false},
      {kFirst + "cut at FFroFrom c@d 3:00 123:45:67", false},
      {kFirst.substr(0, 15) + other, false},
      {kFirst + "From\nx From \n12:34", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.tail);
    CHECK(is_ours(row.tail) == row.ours);
  }
}

}  // namespace lastmile
