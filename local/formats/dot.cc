#include "local/formats/dot.h"

#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/text.h"
#include "local/formats/leaf_text.h"

namespace lastmile {

namespace {

/// A quoted ID of the DOT language. Labels go through it, too: `\n` in them is a line break, which
/// callers put in as a real one.
std::string quoted(std::string_view text) {
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

std::string label_of(const TraceNode& node) {
  const bool is_leaf = node.step == Step::leaf;
  std::string label = printable(is_leaf ? written_form(*node.leaf) : node.subject);
  if (!node.detail.empty()) {
    label += '\n' + printable(node.detail);
  }
  if (node.source) {
    label += '\n' + printable(to_string(*node.source));
  }
  return label;
}

std::string_view style_of(const TraceNode& node) {
  if (node.step == Step::loop) {
    return ", color=red";
  }
  if (node.step == Step::note) {
    return ", color=orange, style=dashed";
  }
  if (node.step == Step::duplicate || node.step == Step::miss) {
    return ", color=gray, style=dashed";
  }
  if (node.step != Step::leaf) {
    return "";
  }
  if (std::holds_alternative<Bounce>(node.leaf->destination)) {
    return ", shape=box, color=red";
  }
  if (std::holds_alternative<Defer>(node.leaf->destination)) {
    return ", shape=box, color=orange";
  }
  return ", shape=box, color=darkgreen";
}

std::string name_of(NodeId id) {
  return 'n' + std::to_string(static_cast<unsigned>(id));
}

}  // namespace

void print_dot(std::ostream& out, const Trace& trace) {
  out << "digraph " << quoted(printable(trace.node(trace.root()).subject)) << " {\n"
      << "  rankdir=LR;\n  node [shape=plaintext];\n";
  std::vector<NodeId> pending = {trace.root()};
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    const TraceNode& node = trace.node(id);
    out << "  " << name_of(id) << " [label=" << quoted(label_of(node)) << style_of(node) << "];\n";
    if (const auto parent = trace.parent(id)) {
      out << "  " << name_of(*parent) << " -> " << name_of(id) << ";\n";
    }
    const auto children = trace.children(id);
    pending.insert(pending.end(), children.rbegin(), children.rend());
  }
  out << "}\n";
}

}  // namespace lastmile
