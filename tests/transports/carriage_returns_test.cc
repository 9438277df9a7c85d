// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/carriage_returns.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

using AtLineEnd = CarriageReturnRule::AtLineEnd;

/// The content that comes in pieces of `size` octets.
std::string taken(CarriageReturnRule rule, std::string_view content, std::size_t size) {
  CarriageReturns filter(rule);
  std::string out;
  for (; !content.empty(); content.remove_prefix(std::min(size, content.size()))) {
    out += filter.feed(content.substr(0, size));
  }
  out += filter.end();
  return out;
}

TEST_CASE("carriage returns become what the rule says, however the content is cut") {
  struct Row {
    CarriageReturnRule rule;
    std::string_view content;
    std::string_view expected;
  };
  const Row rows[] = {
      {{AtLineEnd::keep, false}, "a\rb\r\n\r", "a\rb\r\n\r"},
      {{AtLineEnd::keep, true}, "a\rb\r\n\r", "a b \n "},
      {{AtLineEnd::remove, false}, "a\rb\r\r\n\r\n\r", "a\rb\n\n\r"},
      {{AtLineEnd::remove, true}, "a\r\rb\r\r\n\r\n\r\r", "a  b\n\n  "},
      {{AtLineEnd::remove, true}, "no such thing\n", "no such thing\n"},
      {{AtLineEnd::as_first_line, true}, "a\r\nb\r\n", "a\nb\n"},
      {{AtLineEnd::as_first_line, true}, "a\nb\r\n", "a\nb \n"},
      {{AtLineEnd::as_first_line, false}, "a\rb\nc\r\n", "a\rb\nc\r\n"},
      {{AtLineEnd::remove, true}, "", ""},
  };
  for (const Row& row : rows) {
    for (const std::size_t size : {1U, 2U, 3U, 100U}) {
      CAPTURE(row.content, size);
      CHECK(taken(row.rule, row.content, size) == row.expected);
    }
  }
}

}  // namespace
}  // namespace lastmile
