// SPDX-License-Identifier: Apache-2.0
#include "local/formats/svg.h"

#include <sstream>
#include <string>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

std::string picture_of(const Trace& trace) {
  std::ostringstream out;
  print_svg(out, trace, TreeStyle{});
  return out.str();
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST_CASE(
    "a picture has a card for each address and destination, and a line to each but the first") {
  const std::string text = picture_of(sample_trace());
  CHECK(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
  CHECK(text.ends_with("</svg>\n"));
  CHECK(text.find("<title>root@example.com</title>") != std::string::npos);
  CHECK(text.find(">alias root → alice, ops@partner.example</text>") != std::string::npos);
  CHECK(text.find(">/etc/aliases:3</text>") != std::string::npos);
  const std::size_t cards = count(text, "<rect x=");
  CHECK(cards > 3);
  CHECK(count(text, "<path ") == cards - 1);
}

TEST_CASE("no text of a trace is markup in a picture") {
  TraceBuilder build("<script>\"&@example.com");
  build.add(build.root(), Step::note, "a\x01<b>");
  const std::string text = picture_of(build.trace());
  CHECK(text.find("<script") == std::string::npos);
  CHECK(text.find("&lt;script&gt;&quot;&amp;@example.com") != std::string::npos);
  CHECK(text.find('\x01') == std::string::npos);
}

TEST_CASE("a picture may be deeper than the stack, and wraps what is long") {
  TraceBuilder build("deep@example.com");
  NodeId below = build.root();
  for (int i = 0; i < 20'000; ++i) {
    below = build.add(below, i % 2 == 0 ? Step::alias : Step::address, "a");
    build.add(below, Step::note, "n");
  }
  CHECK(picture_of(build.trace()).ends_with("</svg>\n"));

  TraceBuilder wide("wide@example.com");
  wide.add(wide.root(), Step::note, std::string(30, 'x') + ' ' + std::string(30, 'y'));
  const std::string text = picture_of(wide.trace());
  CHECK(text.find(">! " + std::string(30, 'x') + "</text>") != std::string::npos);
  CHECK(text.find('>' + std::string(30, 'y') + "</text>") != std::string::npos);
}

}  // namespace
}  // namespace lastmile::test
