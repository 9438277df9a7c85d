// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/find_act.h"

#include <algorithm>
#include <string>
#include <utility>

#include "aliases/text.h"
#include "local/formats/leaf_text.h"

namespace lastmile {
namespace {

/// The destinations that a text can be about.
struct KindOfText {
  std::string_view begin = {};
  std::string_view kinds = {};
};

constexpr KindOfText kKindsOfTexts[] = {
    {"delivered to mailbox", "mailbox"},
    {"delivered to maildir", "maildir"},
    {"delivered to file: ", "file"},
    {"delivered to command: ", "command"},
    {"cannot update mailbox ", "mailbox"},
    {"delivery failed to mailbox ", "mailbox"},
    {"maildir delivery failed: ", "maildir"},
    {"cannot append message to file ", "file"},
    {"Command died ", "command pipe"},
    {"Command time limit ", "command pipe"},
    {"delivered via ", "pipe"},
};

/// The destinations that a daemon delivers to.
constexpr KindOfText kKindsOfPrograms[] = {
    {"local", "mailbox maildir file command discard"},
    {"virtual", "mailbox maildir file"},
    {"lmtp", "lmtp"},
    {"smtp", "remote transport lmtp"},
    {"pipe", "pipe transport"},
    {"discard", "discard transport"},
    {"error", "transport"},
    {"retry", "transport"},
};

std::string_view kinds_for(const Incident& incident) {
  for (const auto& [begin, kinds] : kKindsOfTexts) {
    if (incident.text.starts_with(begin)) {
      return kinds;
    }
  }
  for (const auto& [program, kinds] : kKindsOfPrograms) {
    if (incident.program == program) {
      return kinds;
    }
  }
  return "mailbox maildir file command discard lmtp remote transport pipe";
}

bool is_word_of(std::string_view words, std::string_view word) {
  const auto list = split_list(words);
  return std::ranges::find(list, word) != list.end();
}

/// As a log shows it: what it cannot print is a question mark there.
bool is_same_text(const std::string& traced, const std::string& logged) {
  constexpr std::size_t kCutAbove = 400;  // Long lines are cut by the log daemon.
  const std::string shown = printable(traced);
  const std::string other = printable(logged);
  return shown == other || (other.size() > kCutAbove && shown.starts_with(other));
}

/// Whether `relay=` of the line names the server of a leaf, as far as both can be compared.
bool is_other_server(const Lmtp& lmtp, const std::string& relay) {
  const std::size_t bracket = relay.find("[/");
  const std::string endpoint = to_string(lmtp.endpoint);
  const bool is_unix = endpoint.starts_with("unix:");
  if (relay.empty() || relay == "none") {
    return false;
  }
  if (bracket != std::string::npos) {
    const std::string path = relay.substr(bracket + 1, relay.rfind(']') - bracket - 1);
    return !is_unix || !(endpoint.ends_with(path) || path.ends_with(endpoint.substr(5)));
  }
  // Through an LMTP server one name may have many addresses: the port alone is sure.
  const std::size_t port = relay.rfind("]:");
  return is_unix && port != std::string::npos;
}

/// Whether the text names what stands at the leaf: its path, its command.
bool names_target(const Leaf& leaf, const LeafText& words, const Incident& incident) {
  if (const auto* pipe = std::get_if<Pipe>(&leaf.destination)) {
    return incident.relay == pipe->service;
  }
  if (words.target.empty()) {
    return false;
  }
  return incident.text.find(printable(words.target)) != std::string::npos ||
         (std::holds_alternative<Lmtp>(leaf.destination) && !incident.relay.empty());
}

int score_failing(const Leaf& leaf, const LeafText& words, const Incident& incident) {
  if (incident.status == "sent") {
    return 0;
  }
  const bool has_text = is_same_text(words.text, incident.text);
  const bool has_code = words.dsn == incident.dsn;
  const bool has_class =
      !incident.dsn.empty() && words.dsn.substr(0, 1) == incident.dsn.substr(0, 1);
  const bool is_same = is_same_address(leaf.recipient.address, incident.to);
  if (!is_same && !has_text) {
    return 0;
  }
  // Another failure of that recipient explains nothing.
  if (!has_text && !has_code && !(has_class && incident.text.empty())) {
    return 0;
  }
  return (is_same ? 4 : 0) + (has_text ? 6 : 0) + (has_code ? 2 : 0);
}

int score_delivering(const Leaf& leaf, const LeafText& words, const Incident& incident) {
  if (!is_word_of(kinds_for(incident), words.kind)) {
    return 0;
  }
  if (const auto* lmtp = std::get_if<Lmtp>(&leaf.destination);
      lmtp != nullptr && is_other_server(*lmtp, incident.relay)) {
    return 0;
  }
  const bool is_same =
      is_same_address(leaf.recipient.address, incident.to) ||
      (words.kind == "remote" && is_same_address(split_address(words.target), incident.to));
  const bool is_named = names_target(leaf, words, incident);
  return is_same ? 4 + (is_named ? 2 : 0) : 0;
}

/// What is queued again appears in the log as forwarded.
int score_resubmitted(const Trace& trace, NodeId id, const Incident& incident) {
  const bool is_queued_again = trace.step(id) == Step::resubmitted ||
                               std::holds_alternative<Remote>(trace.leaf(id).destination);
  if (!is_queued_again || !incident.text.starts_with("forwarded as ")) {
    return 0;
  }
  for (auto above = trace.parent(id); above; above = trace.parent(*above)) {
    const TraceNode node = trace.node(*above);
    const bool is_address = node.step == Step::address || node.step == Step::resubmitted;
    if (is_address && is_same_address(split_address(node.subject), incident.to)) {
      return 6;
    }
  }
  return 2;
}

FoundAct judge(const Trace& trace, NodeId id, const Incident& incident) {
  FoundAct found{id};
  const Leaf leaf = trace.leaf(id);
  if (incident.text.starts_with("forwarded as ")) {
    found.score = score_resubmitted(trace, id, incident);
    return found;
  }
  if (trace.step(id) != Step::leaf) {
    return found;
  }
  const LeafText words = describe(leaf);
  const auto* deferred = std::get_if<Defer>(&leaf.destination);
  found.unseen = deferred != nullptr && deferred->unseen;
  found.fails = words.kind == "bounce" || words.kind == "defer";
  if (found.unseen) {
    found.score = is_same_address(leaf.recipient.address, incident.to) ? 1 : 0;
  } else {
    found.score = found.fails ? score_failing(leaf, words, incident)
                              : score_delivering(leaf, words, incident);
  }
  return found;
}

}  // namespace

bool is_same_address(const Address& address, std::string_view text) {
  const auto folded = [](const Address& one) { return fold_case(printable(to_internal(one))); };
  const auto external = parse_address(text);
  const auto is = [&](const Address& other) {
    if (other.domain.empty()) {
      return fold_case(printable(address.local_part)) == fold_case(printable(other.local_part));
    }
    return folded(address) == folded(other);
  };
  return (external && is(*external)) || is(split_address(text));
}

std::optional<FoundAct> find_act(const Trace& trace, const Incident& incident) {
  std::optional<FoundAct> best;
  for (NodeId id = trace.root(); id < trace.end_of(trace.root()); id = next_of(id)) {
    if (!trace.is_act(id)) {
      continue;
    }
    const FoundAct found = judge(trace, id, incident);
    if (found.score > 0 && (!best || found.score > best->score)) {
      best = found;
    }
  }
  return best;
}

}  // namespace lastmile
