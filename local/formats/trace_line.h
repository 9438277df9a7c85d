// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "local/formats/leaf_text.h"
#include "local/formats/tree.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// The signs of a drawn trace.
struct Glyphs {
  std::string_view branch = {};
  std::string_view last_branch = {};
  std::string_view trunk = {};
  std::string_view no_trunk = {};
  std::string_view gives = {};  ///< Between a name and what it expands to.
  std::string_view destination = {};
  std::string_view bounce = {};
  std::string_view defer = {};
  std::string_view loop = {};
  std::string_view duplicate = {};
  std::string_view miss = {};
  std::string_view note = {};
  std::string_view ellipsis = {};
  std::string_view mark = {};
};

/// Between a line's text and its source.
inline constexpr std::string_view kLineGap = "  ";

/// How a line stands out.
enum class Ink { plain, bold, dim, green, yellow, red };

/// What is drawn for a node, apart from what leads to it. Nothing has to be escaped any more.
struct TraceLine {
  std::string text = {};
  std::string source = {};  ///< "main.cf:6", and the rule before it.
  Ink ink = Ink::plain;
};

/// The node that is drawn for `id`: an address or a rule with nothing but one leaf below it is
/// drawn as that leaf, and an address that is only submitted again as what becomes of that.
NodeId drawn_node(const Trace& trace, NodeId id);

/// Whether a bounce or a deferral.
bool is_failure(const Destination& destination);

/// Says in a line what happened at a node, alike in all formats that people look at.
class LineMaker {
 public:
  /// Both are referred to.
  LineMaker(const Trace& trace, const TreeStyle& style);

  const Glyphs& glyphs() const { return glyphs_; }

  /// The line in place of so many members of a list.
  TraceLine make_fold(std::size_t count) const;

  /// \param id  a node of the tree
  /// \param drawn  the node that is drawn in its place
  TraceLine make(NodeId id, NodeId drawn) const;

 private:
  std::string source_of(const TraceNode& node) const;
  TraceLine step_line(const TraceNode& node) const;
  TraceLine leaf_line(NodeId id, NodeId drawn) const;
  bool shows_user(const Leaf& leaf, const LeafText& words, NodeId drawn) const;
  std::string rules_above(NodeId id, NodeId drawn) const;

  const Trace& trace_;
  const TreeStyle& style_;
  const Glyphs& glyphs_;
};

}  // namespace lastmile
