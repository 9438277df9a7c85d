// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/content_actions.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// What has become of a header: what stands before it, itself or "-", and what was said.
std::string checked(const char* where, const char* action, const char* content) {
  LogLines log;
  const CheckedContent result =
      apply_check({where, "smtp_header_checks", "Q1"}, action, content, log);
  std::string text = result.before + result.content.value_or("-");
  for (const LogLine& line : log) {
    text += '\n' + std::string(line.is_warning ? "warning: " : "") + line.text;
  }
  return text;
}

}  // namespace

TEST_CASE("checks do what their table says") {
  struct Row {
    const char* where;
    const char* action;
    const char* expected;
  };
  const Row rows[] = {
      {"header", "DUNNO", "X: y"},
      {"header", "dunno whatever", "X: y"},
      {"header", "OK", "X: y"},
      {"header", "IGNORE", "-"},
      {"header", "ignore because", "-"},
      {"header", "STRIP", "-\nQ1: strip: header X: y"},
      {"header", "STRIP  gone", "-\nQ1: strip: header X: y: gone"},
      {"header", "WARN", "X: y\nQ1: warning: header X: y"},
      {"header", "INFO look", "X: y\nQ1: info: header X: y: look"},
      {"header", "REPLACE A: b", "A: b\nQ1: replace: header X: y: A: b"},
      {"header", "REPLACE", "X: y\nwarning: REPLACE action without text in smtp_header_checks map"},
      {"header", "REPLACE nothing",
       "X: y\nwarning: bad REPLACE header text \"nothing\" in smtp_header_checks map -- need "
       "\"headername: headervalue\""},
      {"body", "REPLACE nothing", "nothing\nQ1: replace: body X: y: nothing"},
      {"header", "PREPEND A: b", "A: b\nX: y\nQ1: prepend: header X: y: A: b"},
      {"header", "PREPEND", "X: y\nwarning: PREPEND action without text in smtp_header_checks map"},
      {"body", "PREPEND more", "more\nX: y\nQ1: prepend: body X: y: more"},
      {"header", "REJECT no",
       "X: y\nwarning: unsupported command in smtp_header_checks map: REJECT no"},
      {"header", "", "X: y\nwarning: unsupported command in smtp_header_checks map: "},
  };
  for (const Row& row : rows) {
    INFO(row.action);
    CHECK(checked(row.where, row.action, "X: y") == row.expected);
  }
}

}  // namespace lastmile
