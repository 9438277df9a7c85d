// SPDX-License-Identifier: Apache-2.0
#include "local/formats/dot.h"

#include <ostream>
#include <string>
#include <string_view>
#include <variant>

#include "aliases/text.h"
#include "local/formats/leaf_text.h"

namespace lastmile {

namespace {

/// A quoted ID of the DOT language. Labels go through it, too: `\n` in them is a line break, which
/// callers put in as a real one.
std::string dot_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

std::string label_of(const Trace& trace, NodeId id) {
  const TraceNode node = trace.node(id);
  std::string label =
      printable(node.step == Step::leaf ? written_form(trace.leaf(id)) : node.subject);
  if (!node.detail.empty()) {
    label += '\n' + printable(node.detail);
  }
  if (node.source) {
    label += '\n' + printable(to_string(*node.source));
  }
  return label;
}

std::string_view style_of(const Trace& trace, NodeId id) {
  const Step step = trace.step(id);
  if (step == Step::loop) {
    return ", color=red";
  }
  if (step == Step::note) {
    return ", color=orange, style=dashed";
  }
  if (step == Step::duplicate || step == Step::miss) {
    return ", color=gray, style=dashed";
  }
  if (step != Step::leaf) {
    return "";
  }
  const Leaf leaf = trace.leaf(id);
  if (std::holds_alternative<Bounce>(leaf.destination)) {
    return ", shape=box, color=red";
  }
  if (std::holds_alternative<Defer>(leaf.destination)) {
    return ", shape=box, color=orange";
  }
  return ", shape=box, color=darkgreen";
}

std::string name_of(NodeId id) {
  return 'n' + std::to_string(static_cast<unsigned>(id));
}

}  // namespace

void print_dot(std::ostream& out, const Trace& trace) {
  out << "digraph " << dot_string(printable(trace.node(trace.root()).subject)) << " {\n"
      << "  rankdir=LR;\n  node [shape=plaintext];\n";
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const NodeId id{i};
    out << "  " << name_of(id) << " [label=" << dot_string(label_of(trace, id))
        << style_of(trace, id) << "];\n";
    if (const auto parent = trace.parent(id)) {
      out << "  " << name_of(*parent) << " -> " << name_of(id) << ";\n";
    }
  }
  out << "}\n";
}

}  // namespace lastmile
