// SPDX-License-Identifier: Apache-2.0
#include "local/formats/trace_line.h"

#include <optional>
#include <variant>

#include "aliases/text.h"

namespace lastmile {

namespace {

constexpr Glyphs kUnicode = {"├─ ", "└─ ", "│  ", "   ", " → ", "⇒ ", "✗ ",
                             "↻ ",  "∞ ",  "= ",  "∅ ",  "! ",  "…",  "   ◀ this line"};
constexpr Glyphs kAscii = {"|- ", "`- ", "|  ", "   ", " -> ", "=> ", "x ",
                           "~ ",  "@ ",  "= ",  "- ",  "! ",   "...", "   <- this line"};

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

std::string short_source(const SourcePos& source, const std::string& config_directory) {
  for (const std::string_view name : {"main.cf", "master.cf", "lastmile.cf"}) {
    if (*source.file == config_directory + '/' + std::string(name)) {
      return to_string(SourcePos{std::string(name), source.line});
    }
  }
  return to_string(source);
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

std::string joined(const TraceNode& node, std::string_view between) {
  if (node.detail.empty() || node.subject.empty()) {
    return node.subject + node.detail;
  }
  return node.subject + std::string(between) + node.detail;
}

/// `replaced`: the leaf stands in the place of its address, which must not get lost.
bool shows_recipient(const Leaf& leaf, const LeafText& words, bool replaced) {
  if (needs_recipient(leaf.destination)) {
    return true;
  }
  return replaced && words.target.find(leaf.recipient.address.local_part) == std::string::npos;
}

}  // namespace

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

bool is_failure(const Destination& destination) {
  return std::holds_alternative<Bounce>(destination) || std::holds_alternative<Defer>(destination);
}

LineMaker::LineMaker(const Trace& trace, const TreeStyle& style)
    : trace_(trace), style_(style), glyphs_(style.unicode ? kUnicode : kAscii) {}

TraceLine LineMaker::make_fold(std::size_t count) const {
  return {std::string(glyphs_.ellipsis) + ' ' + std::to_string(count) +
              " more, which land; -v shows them",
          "", Ink::dim};
}

TraceLine LineMaker::make(NodeId id, NodeId drawn) const {
  const TraceNode node = trace_.node(drawn);
  TraceLine line = node.step == Step::leaf ? leaf_line(id, drawn) : step_line(node);
  if (line.source.empty()) {
    line.source = source_of(trace_.node(id));
  }
  line.text = printable(line.text);
  if (style_.marked && (*style_.marked == id || *style_.marked == drawn)) {
    line.text += glyphs_.mark;
  }
  line.source = printable(line.source);
  return line;
}

std::string LineMaker::source_of(const TraceNode& node) const {
  return node.source ? short_source(*node.source, style_.config_directory) : "";
}

TraceLine LineMaker::step_line(const TraceNode& node) const {
  const std::string source = source_of(node);
  switch (node.step) {
    case Step::address:
      return {joined(node, kLineGap), source, Ink::plain};
    case Step::account:
      return {node.detail.empty() ? node.subject : node.subject + " (" + node.detail + ')', source,
              Ink::plain};
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

TraceLine LineMaker::leaf_line(NodeId id, NodeId drawn) const {
  const TraceNode node = trace_.node(drawn);
  const Leaf leaf = trace_.leaf(drawn);
  const LeafText words = describe(leaf);
  const bool is_bounce = std::holds_alternative<Bounce>(leaf.destination);
  const bool fails = is_failure(leaf.destination);

  TraceLine line;
  line.ink = is_bounce ? Ink::red : fails ? Ink::yellow : Ink::green;
  line.text = is_bounce ? glyphs_.bounce : fails ? glyphs_.defer : glyphs_.destination;
  line.text += labelled(words.kind, words.target);
  if (shows_recipient(leaf, words, id != drawn)) {
    line.text += std::string(kLineGap) + words.recipient;
  }
  if (!words.via.empty()) {
    line.text += " via " + words.via;
  }
  if (shows_user(leaf, words, drawn)) {
    line.text += std::string(kLineGap) + "as " + words.user;
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

bool LineMaker::shows_user(const Leaf& leaf, const LeafText& words, NodeId drawn) const {
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
std::string LineMaker::rules_above(NodeId id, NodeId drawn) const {
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

}  // namespace lastmile
