// SPDX-License-Identifier: Apache-2.0
#include "local/questions/reverse_tree.h"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "aliases/text.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace {

/// `text`, and blanks up to a column, two at least.
std::string padded(const std::string& text, std::size_t column) {
  const std::size_t used = columns(text);
  return text + std::string(used + 2 > column ? 2 : column - used, ' ');
}

struct Glyphs {
  std::string_view branch = {};
  std::string_view last_branch = {};
  std::string_view trunk = {};
};

/// Files of the configuration are known by their names.
std::string shown(const SourcePos& source, const TreeStyle& style) {
  std::string text = printable(to_string(source));
  const std::string prefix = style.config_directory + '/';
  const bool is_main =
      text.starts_with(prefix + "main.cf") || text.starts_with(prefix + "master.cf");
  return is_main ? text.substr(prefix.size()) : text;
}

}  // namespace

void ReverseTree::add(const KnownAddress& known, const std::string& destination,
                      const std::vector<WayStep>& way) {
  Node* node = &roots_[destination];
  // The last step leads to the destination itself.
  for (std::size_t i = way.size() - 1; i-- > 0;) {
    Node& next = node->below[way[i].address];
    if (next.step.empty() && !next.source) {
      next.step = way[i + 1].step;
      next.source = way[i + 1].source;
    }
    node = &next;
  }
  if (is_wildcard(known)) {
    node->note = "(any name)";
  } else if (known.marks.first() == Mark::sample) {
    node->note = "(sample)";
  }
}

void ReverseTree::print(std::ostream& out, const TreeStyle& style, std::size_t deepest) const {
  for (const auto& [destination, node] : roots_) {
    out << printable(destination) << '\n';
    print_below(out, style, node, "", deepest);
  }
}

void ReverseTree::print_below(std::ostream& out, const TreeStyle& style, const Node& node,
                              const std::string& trunk, std::size_t levels) {
  constexpr std::size_t kStepColumn = 40;
  constexpr std::size_t kSourceColumn = 76;
  constexpr Glyphs kUnicode = {"├─ ", "└─ ", "│  "};
  constexpr Glyphs kAscii = {"|- ", "`- ", "|  "};
  const Glyphs& glyphs = style.unicode ? kUnicode : kAscii;
  std::size_t left = node.below.size();
  for (const auto& [address, below] : node.below) {
    const bool is_last = --left == 0;
    std::string line = trunk;
    line.append(is_last ? glyphs.last_branch : glyphs.branch).append(printable(address));
    line += below.note.empty() ? "" : ' ' + below.note;
    if (!below.step.empty()) {
      line = padded(line, kStepColumn) + printable(below.step);
    }
    out << (below.source ? padded(line, kSourceColumn) + shown(*below.source, style) : line)
        << '\n';
    if (levels != 1) {
      const std::string stem = trunk + std::string(is_last ? "   " : glyphs.trunk);
      print_below(out, style, below, stem, levels == 0 ? 0 : levels - 1);
    }
  }
}

}  // namespace lastmile
