// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "local/resolving/trace.h"

namespace lastmile {

/// How a trace is drawn for a person.
struct TreeStyle {
  bool unicode = true;  ///< Box drawing and arrows; without: ASCII, for locales that are not UTF-8.
  bool color = false;
  /// Columns of the terminal, into which each line is wrapped; 0: not a terminal.
  std::size_t width = 0;
  /// Of a long list the members that land are counted, not shown.
  bool folds = false;
  /// main.cf and master.cf of this directory are shown by their names alone.
  std::string config_directory = "/etc/postfix";
  bool has_summary = true;            ///< The closing line that counts the destinations.
  std::optional<NodeId> marked = {};  ///< The node that the reader is to look at.
};

/// Draws a trace as a tree: one line for each step, with the place that caused it in a column on
/// the right, and a closing line that counts the destinations.
///
/// Nothing that was read from a file or a table reaches the terminal as it is: control characters
/// and bytes that are not UTF-8 are made visible.
void print_tree(std::ostream& out, const Trace& trace, const TreeStyle& style);

}  // namespace lastmile
