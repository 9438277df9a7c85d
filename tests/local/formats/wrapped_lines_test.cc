// SPDX-License-Identifier: Apache-2.0
#include "local/formats/wrapped_lines.h"

#include <sstream>
#include <string>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("wrapped lines: rows of one line") {
  struct Row {
    std::string line;
    std::size_t width;
    std::string rows;
  };
  const Row rows[] = {
      {"", 10, ""},
      {"alice and bob", 0, "alice and bob"},
      {"alice and bob", 13, "alice and bob"},
      {"alice and bob", 12, "alice and\n  bob"},
      {"alice and bob", 5, "alice\n  and\n  bob"},
      {"averyveryverylongword next", 10, "averyveryverylongword\n  next"},
      {"  alice and bob", 12, "  alice and\n    bob"},
      {"place  one, two, three", 16, "place  one, two,\n       three"},
      {"place  one averyverylong", 16, "place  one\n  averyverylong"},
      {"a very long place of mail  one, two", 20, "a very long place of\n  mail  one, two"},
      {"├─ place  one two", 14, "├─ place  one\n│    two"},
      {"├─ p  one two three", 14, "├─ p  one two\n│     three"},
      {"│  └─ alice and bob", 17, "│  └─ alice and\n│       bob"},
      {"|- alice and bob", 14, "|- alice and\n|    bob"},
      {"`- alice and bob", 14, "`- alice and\n     bob"},
      {"größe größe größe", 12, "größe größe\n  größe"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line, row.width);
    CHECK(wrap_line(row.line, row.width) == row.rows);
  }
}

TEST_CASE("wrapped lines: a stream, whatever the pieces in which it is written") {
  std::ostringstream out;
  {
    WrappedLines wrapped(out, 12);
    wrapped.stream() << "alice" << ' ' << "and bob\nca"
                     << "rol\n"
                     << std::flush << "dave and eve x";
    CHECK(out.str() == "alice and\n  bob\ncarol\n");
  }
  CHECK(out.str() == "alice and\n  bob\ncarol\ndave and eve\n  x");
}

TEST_CASE("wrapped lines: a stream that takes no more says so") {
  std::ostringstream out;
  WrappedLines wrapped(out, 12);
  out.setstate(std::ios::badbit);
  wrapped.stream() << "alice\n";
  CHECK_FALSE(wrapped.stream().good());
}

}  // namespace
}  // namespace lastmile
