// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/content_rewriter.h"

#include <span>

#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::lmtp {
namespace {

std::string name_of(HeaderClass header_class) {
  switch (header_class) {
    case HeaderClass::primary:
      return "P";
    case HeaderClass::mime:
      return "M";
    case HeaderClass::nested:
      return "N";
  }
  return "?";
}

/// Rules that show what they are given: `P[header]` and `(line)`, `(piece` where it goes on.
ContentRules showing_rules() {
  ContentRules rules;
  rules.header = [](HeaderClass header_class, std::string_view header, std::string& result) {
    result += name_of(header_class) + '[' + std::string(header) + "]\n";
    return header != "Fail: header";
  };
  rules.line = [](std::string_view line, bool ends_line, std::string& result) {
    result += '(' + std::string(line) + (ends_line ? ")\n" : "");
    return line != "fail";
  };
  return rules;
}

std::string rewrite(const ContentRules& rules, const std::vector<std::string_view>& pieces) {
  ContentRewriter rewriter(rules);
  std::string result;
  for (const std::string_view piece : pieces) {
    if (!rewriter.append(piece, result)) {
      return "failed";
    }
  }
  return rewriter.finish(result) ? result : "failed";
}

struct Row {
  std::string content;
  std::string expected;
};

void check_rows(const ContentRules& rules, std::span<const Row> rows) {
  for (const Row& row : rows) {
    INFO(row.content);
    for (const auto& pieces : all_cuts(row.content)) {
      CHECK(rewrite(rules, pieces) == row.expected);
    }
  }
}

}  // namespace

TEST_CASE("content is taken apart into headers and lines, however it is cut") {
  const Row rows[] = {
      {"", ""},
      {"A: b\n\ntext\n", "P[A: b]\n()\n(text)\n"},
      {"A: b\r\nC: d\r\n\r\ntext", "P[A: b]\nP[C: d]\n()\n(text)\n"},
      {"A : b\n", "P[A: b]\n"},
      {"A: b\n c\n\td\n\nx\n", "P[A: b\n c\n\td]\n()\n(x)\n"},
      {"no header\nA: b\n", "()\n(no header)\n(A: b)\n"},
      {"A: b\nno header\n", "P[A: b]\n()\n(no header)\n"},
      {"MIME-Version: 1.0\n\n", "M[MIME-Version: 1.0]\n()\n"},
      {"\nA: b\n", "()\n(A: b)\n"},
      // Parts.
      {"Content-Type: multipart/mixed; boundary=b\n\npre: x\n--b\nA: b\n\ntext\n--b\nno\n--b--\nC: "
       "d\n",
       "M[Content-Type: multipart/mixed; boundary=b]\n()\n(pre: x)\n(--b)\nM[A: b]\n()\n(text)\n"
       "(--b)\n(no)\n(--b--)\n(C: d)\n"},
      {"Content-Type: message/rfc822\n\nA: b\nContent-Id: 1\n\nC: d\n",
       "M[Content-Type: message/rfc822]\n()\nN[A: b]\nM[Content-Id: 1]\n()\n(C: d)\n"},
      {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\ntext\n--b\n",
       "M[Content-Type: multipart/digest; boundary=b]\n()\n(--b)\n()\nN[A: "
       "b]\n()\n(text)\n(--b)\n"},
      {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
       "boundary=c\n"
       "\n--c\nA: b\n\n--b\nC: d\n",
       "M[Content-Type: multipart/mixed; boundary=b]\n()\n(--b)\n"
       "M[Content-Type: multipart/mixed; boundary=c]\n()\n(--c)\nM[A: b]\n()\n(--b)\nM[C: d]\n"},
      // What cannot be said.
      {"Fail: header\n\n", "failed"},
      {"\nfail\n", "failed"},
  };
  check_rows(showing_rules(), rows);
}

TEST_CASE("content is read within limits") {
  ContentRules rules = showing_rules();
  rules.max_line = 8;
  rules.max_header = 4;
  rules.max_nesting = 1;
  const Row rows[] = {
      {"A: b\n c\n d\n\n", "P[A: b]\n()\n"},
      {"\n123456789\n", "()\n(12345678(9)\n"},
      {"\n12345678\n", "()\n(12345678)\n"},
  };
  check_rows(rules, rows);
}

TEST_CASE("without checks there is one header") {
  ContentRules rules = showing_rules();
  rules.reads_structure = false;
  rules.line = {};
  const Row rows[] = {
      {"Content-Type: message/rfc822\n\nA: b\n", "M[Content-Type: message/rfc822]\n\nA: b\n"},
  };
  check_rows(rules, rows);
}

}  // namespace lastmile::lmtp
