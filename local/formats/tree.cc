// SPDX-License-Identifier: Apache-2.0
#include "local/formats/tree.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/text.h"
#include "local/formats/recipient_reply.h"
#include "local/formats/trace_line.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace {

/// Where the sources stand when nothing has to be fitted.
constexpr std::size_t kSourceColumn = 76;
/// Terminals narrower than this get lines that are too long.
constexpr std::size_t kLeastWidth = 20;
/// A row of wrapped text has so many columns, however deep in the tree it is.
constexpr std::size_t kLeastText = 10;

/// "Select Graphic Rendition" parameters of ECMA-48.
std::string_view escape_for(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::dim:
      return "\x1b[2m";
    case Ink::green:
      return "\x1b[32m";
    case Ink::yellow:
      return "\x1b[33m";
    case Ink::red:
      return "\x1b[31m";
  }
  return "";
}

// ---- The shape of the tree.

/// A list of more members than this is folded where that is wanted.
constexpr std::size_t kFoldAbove = 20;
/// So many members of a folded list are shown, whatever becomes of them.
constexpr std::size_t kShownOfFolded = 10;

/// Whether all below a node lands: nobody needs to look at it.
bool is_uneventful(const Trace& trace, NodeId id) {
  const NodeId end = trace.end_of(id);
  for (NodeId below = id; below < end; below = next_of(below)) {
    const Step step = trace.step(below);
    if (step == Step::loop || step == Step::note ||
        (step == Step::leaf && is_failure(trace.leaf(below).destination))) {
      return false;
    }
  }
  return true;
}

/// The children of a node that are drawn, and how many are left out.
struct DrawnChildren {
  std::vector<NodeId> ids = {};
  std::size_t folded = 0;
};

DrawnChildren drawn_children(const Trace& trace, NodeId id, bool folds) {
  const auto children = trace.children(id);
  const bool may_fold = folds && children.size() > kFoldAbove;
  DrawnChildren drawn;
  for (const NodeId child : children) {
    if (may_fold && drawn.ids.size() >= kShownOfFolded && is_uneventful(trace, child)) {
      ++drawn.folded;
    } else {
      drawn.ids.push_back(child);
    }
  }
  return drawn;
}

/// What stands on the left of a line.
struct Branches {
  std::string_view first = {};         ///< Of its first row.
  std::string_view continuation = {};  ///< Of the rows below, when its text is wrapped.
};

/// Calls `visit(branches, line)` for each line below the root, from top to bottom. Without
/// recursion: an expansion may be deeper than the stack.
template <class Visit>
void for_each_line(const Trace& trace, const LineMaker& maker, bool folds, Visit visit) {
  struct Pending {
    NodeId id = {};
    std::size_t indent = 0;  // Octets of `branches` that lead to it.
    bool is_last = false;
    std::size_t folded = 0;  // Not 0: this line stands for so many members.
  };
  std::vector<Pending> pending;
  const Glyphs& glyphs = maker.glyphs();
  std::string branches;
  /// \return whether there are any
  const auto push_children = [&](NodeId id, std::size_t indent) {
    const DrawnChildren children = drawn_children(trace, id, folds);
    if (children.folded > 0) {
      pending.push_back(Pending{id, indent, true, children.folded});
    }
    for (std::size_t i = children.ids.size(); i > 0; --i) {
      const bool is_last = i == children.ids.size() && children.folded == 0;
      pending.push_back(Pending{children.ids[i - 1], indent, is_last, 0});
    }
    return !children.ids.empty();
  };
  push_children(trace.root(), 0);
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    branches.resize(next.indent);
    const std::string first =
        branches + std::string(next.is_last ? glyphs.last_branch : glyphs.branch);
    branches += next.is_last ? glyphs.no_trunk : glyphs.trunk;
    if (next.folded > 0) {
      visit(Branches{first, branches}, maker.make_fold(next.folded));
      continue;
    }
    const NodeId drawn = drawn_node(trace, next.id);
    const std::string trunk = branches;
    const bool has_children = push_children(drawn, branches.size());
    const std::string continuation =
        trunk + std::string(has_children ? glyphs.trunk : glyphs.no_trunk);
    visit(Branches{first, continuation}, maker.make(next.id, drawn));
  }
}

/// Where the sources stand, and how wide a line may be (0: any width).
struct Layout {
  std::size_t source_column = kSourceColumn;
  std::size_t width = 0;
};

/// On a terminal the sources move to the right for long lines and to the left for long sources. A
/// source that would take more than a third of the width moves nothing: it has a row of its own.
Layout fit(const Trace& trace, const LineMaker& maker, const TreeStyle& style) {
  if (style.width == 0) {
    return {};
  }
  const std::size_t width = std::max(style.width, kLeastWidth);
  std::size_t longest_text = 0;
  std::size_t longest_source = 0;
  for_each_line(trace, maker, style.folds, [&](const Branches& branches, const TraceLine& line) {
    if (const std::size_t size = columns(line.source); size > 0 && size <= width / 3) {
      longest_text = std::max(longest_text, columns(branches.first) + columns(line.text));
      longest_source = std::max(longest_source, size);
    }
  });
  const std::size_t wanted = std::max(kSourceColumn, longest_text + kLineGap.size());
  return {std::min(wanted, width - longest_source), width};
}

/// Prints lines. On a terminal nothing is cut: what has no room is wrapped.
class Printer {
 public:
  Printer(std::ostream& out, const TreeStyle& style, const Layout& layout)
      : out_(out), color_(style.color), layout_(layout) {}

  void print(const Branches& branches, const TraceLine& line) {
    const std::size_t used = columns(branches.first);
    const bool has_column = fits_into_column(line.source);
    const std::size_t end = layout_.width == 0 ? 0
                            : has_column       ? layout_.source_column - kLineGap.size()
                                               : layout_.width;
    const auto rows = wrapped(line.text, end, used);
    ink(Ink::dim, branches.first);
    ink(line.ink, rows.front());
    if (has_column) {
      const std::size_t text_end = used + columns(rows.front());
      const std::size_t gap = text_end + kLineGap.size() < layout_.source_column
                                  ? layout_.source_column - text_end
                                  : kLineGap.size();
      out_ << std::string(gap, ' ');
      ink(Ink::dim, line.source);
    }
    out_ << '\n';
    for (std::size_t i = 1; i < rows.size(); ++i) {
      print_row(branches, line.ink, rows[i]);
    }
    if (!has_column && !line.source.empty()) {
      for (const std::string& row : wrapped(line.source, layout_.width, used + kBranch)) {
        print_row(branches, Ink::dim, row);
      }
    }
  }

 private:
  static constexpr std::size_t kBranch = 3;  // Columns.

  bool fits_into_column(const std::string& source) const {
    return !source.empty() &&
           (layout_.width == 0 || layout_.source_column + columns(source) <= layout_.width);
  }

  /// \param end  the column where a row has to end; 0: nowhere
  /// \param first  the column where the first row begins; the others begin one branch deeper
  static std::vector<std::string> wrapped(const std::string& text, std::size_t end,
                                          std::size_t first) {
    if (end == 0 || first + columns(text) <= end) {
      return {text};
    }
    return wrap(text, std::max(kLeastText, end - std::min(end, first + kBranch)));
  }

  void print_row(const Branches& branches, Ink text_ink, const std::string& text) {
    ink(Ink::dim, branches.continuation);
    ink(text_ink, text);
    out_ << '\n';
  }

  void ink(Ink ink, std::string_view text) {
    const std::string_view escape = color_ && !text.empty() ? escape_for(ink) : "";
    out_ << escape << text << (escape.empty() ? "" : "\x1b[0m");
  }

  std::ostream& out_;
  bool color_;
  Layout layout_;
};

// ---- The closing line.

std::string count_of(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

/// "3 destinations, 1 bounce"; "refused at RCPT (550 5.1.1); would land in 1 destination".
std::string summary(const Trace& trace) {
  std::size_t destinations = 0;
  std::size_t bounces = 0;
  std::size_t deferrals = 0;
  std::size_t unknown = 0;  // What may not be looked at from here.
  for (const NodeId id : trace.leaves()) {
    const Destination& destination = trace.leaf(id).destination;
    if (std::holds_alternative<Bounce>(destination)) {
      ++bounces;
    } else if (const auto* const defer = std::get_if<Defer>(&destination)) {
      ++(defer->unseen ? unknown : deferrals);
    } else {
      ++destinations;
    }
  }
  std::string text;
  const auto reply = recipient_reply(trace);
  const bool is_stopped = reply && (reply->is_refusal() || reply->is_deferral());
  if (is_stopped) {
    text = (reply->is_refusal() ? "refused at RCPT (" : "deferred at RCPT (") + reply->codes() +
           (destinations == 0 ? "); " : "); would land in ");
  }
  text +=
      destinations == 0 ? "no destination" : count_of(destinations, "destination", "destinations");
  if (bounces > 0) {
    text += ", " + count_of(bounces, "bounce", "bounces");
  }
  if (deferrals > 0) {
    text += ", " + count_of(deferrals, "deferral", "deferrals");
  }
  if (unknown > 0) {
    text += ", " + std::to_string(unknown) + " unknown";
  }
  return text;
}

}  // namespace

void print_tree(std::ostream& out, const Trace& trace, const TreeStyle& style) {
  const LineMaker maker(trace, style);
  Printer printer(out, style, fit(trace, maker, style));
  TraceLine first = maker.make(trace.root(), trace.root());
  first.ink = Ink::bold;
  printer.print(Branches{"", maker.glyphs().trunk}, first);
  for_each_line(trace, maker, style.folds, [&](const Branches& branches, const TraceLine& line) {
    printer.print(branches, line);
  });
  if (!style.has_summary) {
    return;
  }
  const auto rows =
      wrap(printable(summary(trace)), style.width == 0 ? std::string::npos : style.width);
  for (const std::string& row : rows) {
    out << row << '\n';
  }
}

}  // namespace lastmile
