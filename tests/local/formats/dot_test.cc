// SPDX-License-Identifier: Apache-2.0
#include "local/formats/dot.h"

#include <sstream>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

TEST_CASE("a graph has a node for each step and an edge to each but the first") {
  std::ostringstream out;
  print_dot(out, sample_trace());
  const std::string text = out.str();
  CHECK(text.starts_with("digraph \"root@example.com\" {\n"));
  CHECK(text.ends_with("}\n"));
  CHECK(text.find(R"(n2 [label="alias root\nalice, ops@partner.example\n/etc/aliases:3"];)") !=
        std::string::npos);
  CHECK(text.find("  n0 -> n2;\n") != std::string::npos);
  CHECK(text.find(R"(label="remote:ops@partner.example", shape=box, color=darkgreen])") !=
        std::string::npos);
}

TEST_CASE("no text of a trace ends a label of a graph") {
  TraceBuilder build("x\"];evil[label=\"@example.com");
  build.add(build.root(), Step::note, "back\\slash \"quoted\"\nline");
  std::ostringstream out;
  print_dot(out, build.trace());
  CHECK(out.str().find(R"(label="x\"];evil[label=\"@example.com")") != std::string::npos);
  CHECK(out.str().find(R"(label="back\\slash \"quoted\"?line")") != std::string::npos);
}

}  // namespace
}  // namespace lastmile::test
