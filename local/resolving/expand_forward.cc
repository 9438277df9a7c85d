// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/forward_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"

namespace lastmile {

namespace {

constexpr std::size_t kMaxForwardFile = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kShownLine = 200;  // Of the file, in a trace.

struct FoundForward {
  ForwardCandidate candidate = {};
  FileView file = {};
};

/// The first candidate that exists, whatever it is. A directory on the way that the user may not
/// search hides a candidate.
Result<std::optional<FoundForward>> find_forward(Agent& agent, const Expansion& expansion,
                                                 const Account& account) {
  const Settings& settings = agent.local().settings();
  const auto macros = delivery_macros(agent, expansion, account);
  for (ForwardCandidate& candidate : forward_candidates(
           settings.forward_path.value, macros.lookup(settings.forward_expansion_filter.value))) {
    auto file = agent.run().read_list(below_queue_directory(settings, candidate.path),
                                      rights_of(account), Symlinks::refuse, kMaxForwardFile);
    if (!file) {
      if (file.error().kind == Error::Kind::denied) {
        continue;
      }
      return std::move(file).error().during("reading .forward of " + account.name);
    }
    if (*file) {
      return FoundForward{std::move(candidate), std::move(**file)};
    }
  }
  return std::nullopt;
}

void add_account_node(Agent& agent, NodeId parent, const Account& account) {
  if (!agent.pass.shown_accounts.insert(account.name).second) {
    return;
  }
  TraceNode node{.step = Step::account,
                 .subject = "account " + account.name,
                 .detail = "uid " + std::to_string(account.uid) + ", " + account.home,
                 .source = SourcePos{"passwd", 0}};
  agent.trace().add(parent, node);
}

NodeId add_forward_node(Agent& agent, NodeId parent, const FoundForward& found) {
  TraceNode node{.step = Step::forward, .subject = ".forward"};
  // All that it names, as far as one line has room; its place is that of the first line that does.
  MemberLines lines(found.file.content, kShownLine);
  for (auto line = lines.next(); line && node.detail.size() < kShownLine; line = lines.next()) {
    if (!parse_members(line->text).empty()) {
      node.detail += (node.source ? ", " : "") + std::string(trim(line->text));
      node.source = node.source ? node.source : SourcePos{found.candidate.path, line->line};
    }
  }
  return agent.trace().add(parent, node);
}

Handled expand_found(Agent& agent, NodeId parent, Expansion expansion, const FoundForward& found) {
  const std::string& path = found.candidate.path;
  if (agent.seen.add(forward_key(path)) == Seen::again) {
    if (agent.seen.seen(forward_done_key(path)) == Seen::again) {
      add_duplicate(agent.trace(), parent, path);
      return Handled::yes;
    }
    return Handled::no;  // Inside of this very file: the user keeps a copy.
  }
  const auto& propagated = agent.local().settings().propagate_unmatched_extensions.value;
  if (found.candidate.used_extension || !propagated.contains(name_of(expansion.type))) {
    expansion.unmatched_extension.reset();
  }
  expansion.name = expansion.local_part;
  const NodeId node = add_forward_node(agent, parent, found);
  if (agent.pass.is_probe) {
    add_leaf(agent, node, expansion, Discard{"2.0.0"_dsn, "forwarded"});
    return Handled::yes;
  }
  expansion.recipient.notify = notify_of_members(expansion.recipient.notify);
  if (expand_lines(agent, node, expansion, path, found.file.content) == 0) {
    return Handled::no;
  }
  agent.seen.add(forward_done_key(path));
  return Handled::yes;
}

}  // namespace

Handled expand_forward(Agent& agent, NodeId parent, Expansion expansion) {
  ++expansion.level;
  const auto fail = [&](const Error& error, Failure failure) {
    add_failure(agent, parent, expansion, error, failure);
    return Handled::yes;
  };
  if (agent.local().settings().forward_path.value.empty()) {
    return Handled::no;
  }
  auto account = agent.world().account_by_name(expansion.user);
  if (!account) {
    return fail(account.error(), Failure::user_lookup);
  }
  if (!*account) {
    return Handled::no;
  }
  add_account_node(agent, parent, **account);
  auto found = find_forward(agent, expansion, **account);
  if (!found) {
    return fail(found.error(), Failure::forward_file);
  }
  if (!*found) {
    return Handled::no;
  }
  if (const auto problem = judge_forward((*found)->candidate.path, (*found)->file, **account)) {
    add_note(agent.trace(), parent, *problem, SourcePos{(*found)->candidate.path, 0});
    return Handled::no;
  }
  expansion.context = **account;
  expansion.type = ExpansionType::forward;
  expansion.owner = expansion.user;
  if (!agent.local().settings().frozen_delivered_to.value) {
    expansion.delivered = expansion.recipient.address;
  }
  return expand_found(agent, parent, std::move(expansion), **found);
}

}  // namespace lastmile
