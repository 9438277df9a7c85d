#include "local/formats/tree.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <string_view>
#include <variant>
#include <vector>

#include "aliases/text.h"
#include "local/formats/leaf_text.h"
#include "local/formats/recipient_reply.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace {

/// Where the sources stand when nothing has to be fitted.
constexpr std::size_t kSourceColumn = 76;
/// Between a line's text and its source.
constexpr std::string_view kGap = "  ";
/// Terminals narrower than this get lines that are too long.
constexpr std::size_t kLeastWidth = 20;
/// A row of wrapped text has so many columns, however deep in the tree it is.
constexpr std::size_t kLeastText = 10;

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
};

constexpr Glyphs kUnicode = {"├─ ", "└─ ", "│  ", "   ", " → ", "⇒ ", "✗ ",
                             "↻ ",  "∞ ",  "= ",  "∅ ",  "! ",  "…"};
constexpr Glyphs kAscii = {"|- ", "`- ", "|  ", "   ", " -> ", "=> ", "x ",
                           "~ ",  "@ ",  "= ",  "- ",  "! ",   "..."};

/// "Select Graphic Rendition" parameters of ECMA-48.
enum class Ink { plain, bold, dim, green, yellow, red };

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

/// One line, apart from the branches that lead to it.
struct Line {
  std::string text = {};
  std::string source = {};
  Ink ink = Ink::plain;
};

// ---- What a line says.

/// The leaf of mail that is submitted again and simply leaves this host.
std::optional<NodeId> leaf_of_departure(const Trace& trace, NodeId resubmitted) {
  std::optional<NodeId> leaf;
  for (const NodeId child : trace.children(resubmitted)) {
    const Step step = trace.step(child);
    if (step == Step::address_class) {
      continue;
    }
    if (leaf || step != Step::leaf ||
        !std::holds_alternative<Remote>(trace.leaf(child).destination)) {
      return std::nullopt;
    }
    leaf = child;
  }
  return leaf;
}

/// The node that is drawn for `id`: an address or a rule with nothing but one leaf below it is
/// drawn as that leaf, and an address that is only submitted again as what becomes of that.
NodeId drawn_node(const Trace& trace, NodeId id) {
  NodeId current = id;
  for (;;) {
    const Step step = trace.step(current);
    if (step == Step::leaf) {
      return current;
    }
    if (step == Step::resubmitted) {
      return leaf_of_departure(trace, current).value_or(current);
    }
    const bool may_vanish =
        step == Step::address || step == Step::mailbox_rule || step == Step::fallback_rule;
    if (!may_vanish || current == trace.root() || trace.children(current).size() != 1) {
      return id;
    }
    current = trace.children(current).front();
  }
}

std::string short_source(const SourcePos& source, const std::string& config_directory) {
  for (const std::string_view name : {"main.cf", "master.cf", "lastmile.cf"}) {
    if (*source.file == config_directory + '/' + std::string(name)) {
      return to_string(SourcePos{std::string(name), source.line});
    }
  }
  return to_string(source);
}

bool is_failure(const Destination& destination) {
  return std::holds_alternative<Bounce>(destination) || std::holds_alternative<Defer>(destination);
}

/// "mailbox_transport, main.cf:21": the rule, and where it stands.
std::string rule_and_source(const std::string& rule, const std::string& source) {
  return rule.empty() || source.empty() ? rule + source : rule + ", " + source;
}

/// An account is evident below the step that found it.
bool is_below_account(const Trace& trace, NodeId id, const std::string& name) {
  for (auto above = trace.parent(id); above; above = trace.parent(*above)) {
    if (trace.step(*above) == Step::account) {
      return trace.node(*above).subject == "account " + name;
    }
  }
  return false;
}

class LineMaker {
 public:
  LineMaker(const Trace& trace, const TreeStyle& style)
      : trace_(trace), style_(style), glyphs_(style.unicode ? kUnicode : kAscii) {}

  const Glyphs& glyphs() const { return glyphs_; }

  /// The line in place of so many members of a list.
  Line make_fold(std::size_t count) const {
    return {std::string(glyphs_.ellipsis) + ' ' + std::to_string(count) +
                " more, which land; -v shows them",
            "", Ink::dim};
  }

  /// \param id  a node of the tree
  /// \param drawn  the node that is drawn in its place
  Line make(NodeId id, NodeId drawn) const {
    const TraceNode node = trace_.node(drawn);
    Line line = node.step == Step::leaf ? leaf_line(id, drawn) : step_line(node);
    if (line.source.empty()) {
      line.source = source_of(trace_.node(id));
    }
    line.text = printable(line.text);
    line.source = printable(line.source);
    return line;
  }

 private:
  std::string source_of(const TraceNode& node) const {
    return node.source ? short_source(*node.source, style_.config_directory) : "";
  }

  Line step_line(const TraceNode& node) const {
    const std::string source = source_of(node);
    switch (node.step) {
      case Step::address:
        return {joined(node, kGap), source, Ink::plain};
      case Step::account:
        return {node.detail.empty() ? node.subject : node.subject + " (" + node.detail + ')',
                source, Ink::plain};
      case Step::content_filter:
        return {joined(node, " "), source, Ink::plain};
      case Step::entry:
        return {"comes back at " + node.subject + " (" + node.detail + ')', source, Ink::plain};
      case Step::restriction:
        return {joined(node, ": "), source, Ink::dim};
      case Step::address_class:
      case Step::surroundings:
      case Step::recipient_check:
      case Step::transport:
      case Step::owner_alias:
      case Step::copy:
      case Step::mailbox_rule:
      case Step::fallback_rule:
        return {joined(node, ": "), source, Ink::plain};
      case Step::resubmitted:
        return {node.subject + " (submitted again as a new message)", source, Ink::plain};
      case Step::duplicate:
        return {std::string(glyphs_.duplicate) + joined(node, ": "), source, Ink::dim};
      case Step::loop:
        return {std::string(glyphs_.loop) + joined(node, ": "), source, Ink::red};
      case Step::miss:
        return {std::string(glyphs_.miss) + joined(node, ": "), source, Ink::dim};
      case Step::note:
        return {std::string(glyphs_.note) + joined(node, ": "), source, Ink::yellow};
      case Step::rewrite:
      case Step::virtual_alias:
      case Step::alias:
      case Step::include:
      case Step::forward:
      case Step::leaf:
        break;
    }
    return {joined(node, glyphs_.gives), source, Ink::plain};
  }

  static std::string joined(const TraceNode& node, std::string_view between) {
    if (node.detail.empty() || node.subject.empty()) {
      return node.subject + node.detail;
    }
    return node.subject + std::string(between) + node.detail;
  }

  Line leaf_line(NodeId id, NodeId drawn) const {
    const TraceNode node = trace_.node(drawn);
    const Leaf leaf = trace_.leaf(drawn);
    const LeafText words = describe(leaf);
    const bool is_bounce = std::holds_alternative<Bounce>(leaf.destination);
    const bool fails = is_failure(leaf.destination);

    Line line;
    line.ink = is_bounce ? Ink::red : fails ? Ink::yellow : Ink::green;
    line.text = is_bounce ? glyphs_.bounce : fails ? glyphs_.defer : glyphs_.destination;
    line.text += labelled(words.kind, words.target);
    if (shows_recipient(leaf, words, id != drawn)) {
      line.text += std::string(kGap) + words.recipient;
    }
    if (!words.via.empty()) {
      line.text += " via " + words.via;
    }
    if (shows_user(leaf, words, drawn)) {
      line.text += std::string(kGap) + "as " + words.user;
      line.text += leaf.rights_reason->empty() ? "" : ", since " + *leaf.rights_reason;
    }
    line.source = source_of(node);
    if (fails && !node.detail.empty()) {
      line.text += " (" + node.detail + ')';
    } else {
      // What only says that the address is no one's here explains nothing.
      const bool departs = std::holds_alternative<Remote>(leaf.destination) && !node.source;
      line.source = rule_and_source(departs ? "" : node.detail, line.source);
    }
    if (line.source.empty()) {
      line.source = rules_above(id, drawn);
    }
    return line;
  }

  /// `replaced`: the leaf stands in the place of its address, which must not get lost.
  static bool shows_recipient(const Leaf& leaf, const LeafText& words, bool replaced) {
    if (needs_recipient(leaf.destination)) {
      return true;
    }
    return replaced && words.target.find(leaf.recipient.address.local_part) == std::string::npos;
  }

  bool shows_user(const Leaf& leaf, const LeafText& words, NodeId drawn) const {
    if (words.user.empty()) {
      return false;
    }
    if (std::holds_alternative<Command>(leaf.destination) ||
        std::holds_alternative<Pipe>(leaf.destination) ||
        std::holds_alternative<File>(leaf.destination)) {
      return true;
    }
    const bool is_mailbox = std::holds_alternative<Mailbox>(leaf.destination) ||
                            std::holds_alternative<Maildir>(leaf.destination);
    return is_mailbox && !is_below_account(trace_, drawn, words.user) &&
           words.user != leaf.recipient.address.local_part;
  }

  /// The rule that was not drawn because its leaf is, or the line that names the address.
  std::string rules_above(NodeId id, NodeId drawn) const {
    for (NodeId above = drawn; above != id;) {
      above = trace_.parent(above).value_or(id);
      const TraceNode node = trace_.node(above);
      const bool is_address = node.step == Step::address || node.step == Step::resubmitted;
      const std::string rule = is_address ? "" : node.subject;
      std::string text = rule_and_source(rule, source_of(node));
      if (!text.empty()) {
        return text;
      }
    }
    return "";
  }

  const Trace& trace_;
  const TreeStyle& style_;
  const Glyphs& glyphs_;
};

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
  for_each_line(trace, maker, style.folds, [&](const Branches& branches, const Line& line) {
    if (const std::size_t size = columns(line.source); size > 0 && size <= width / 3) {
      longest_text = std::max(longest_text, columns(branches.first) + columns(line.text));
      longest_source = std::max(longest_source, size);
    }
  });
  const std::size_t wanted = std::max(kSourceColumn, longest_text + kGap.size());
  return {std::min(wanted, width - longest_source), width};
}

/// Prints lines. On a terminal nothing is cut: what has no room is wrapped.
class Printer {
 public:
  Printer(std::ostream& out, const TreeStyle& style, const Layout& layout)
      : out_(out), color_(style.color), layout_(layout) {}

  void print(const Branches& branches, const Line& line) {
    const std::size_t used = columns(branches.first);
    const bool has_column = fits_into_column(line.source);
    const std::size_t end = layout_.width == 0 ? 0
                            : has_column       ? layout_.source_column - kGap.size()
                                               : layout_.width;
    const auto rows = wrapped(line.text, end, used);
    ink(Ink::dim, branches.first);
    ink(line.ink, rows.front());
    if (has_column) {
      const std::size_t text_end = used + columns(rows.front());
      const std::size_t gap = text_end + kGap.size() < layout_.source_column
                                  ? layout_.source_column - text_end
                                  : kGap.size();
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
  for (const NodeId id : trace.leaves()) {
    const Destination& destination = trace.leaf(id).destination;
    if (std::holds_alternative<Bounce>(destination)) {
      ++bounces;
    } else if (std::holds_alternative<Defer>(destination)) {
      ++deferrals;
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
  return text;
}

}  // namespace

void print_tree(std::ostream& out, const Trace& trace, const TreeStyle& style) {
  const LineMaker maker(trace, style);
  Printer printer(out, style, fit(trace, maker, style));
  Line first = maker.make(trace.root(), trace.root());
  first.ink = Ink::bold;
  printer.print(Branches{"", maker.glyphs().trunk}, first);
  for_each_line(trace, maker, style.folds,
                [&](const Branches& branches, const Line& line) { printer.print(branches, line); });
  const auto rows =
      wrap(printable(summary(trace)), style.width == 0 ? std::string::npos : style.width);
  for (const std::string& row : rows) {
    out << row << '\n';
  }
}

}  // namespace lastmile
