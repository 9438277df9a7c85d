#include <utility>

#include "aliases/forward_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/text.h"
#include "local/resolving/expansion.h"

namespace lastmile {

namespace {

constexpr std::size_t kMaxFileSize = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kShownLine = 200;  // Of the file, in a trace.

struct FoundForward {
  ForwardCandidate candidate = {};
  FileView file = {};
};

/// The first candidate that exists, whatever it is. A directory on the way that the user may not
/// search hides a candidate.
Result<std::optional<FoundForward>> find_forward(Resolution& run, const Expansion& expansion,
                                                 const Account& account) {
  const Settings& settings = run.local().settings();
  const auto macros = delivery_macros(run, expansion, account);
  for (ForwardCandidate& candidate : forward_candidates(
           settings.forward_path.value, macros.lookup(settings.forward_expansion_filter.value))) {
    auto file = run.world().read_file(below_queue_directory(settings, candidate.path),
                                      rights_of(account), Symlinks::refuse, kMaxFileSize);
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

void add_account_node(Resolution& run, NodeId parent, const Account& account) {
  if (!run.shown_accounts.insert(account.name).second) {
    return;
  }
  TraceNode node;
  node.step = Step::account;
  node.subject = "account " + account.name;
  node.detail = "uid " + std::to_string(account.uid) + ", " + account.home;
  node.source = SourcePos{"passwd", 0};
  run.trace.add(parent, std::move(node));
}

NodeId add_forward_node(Resolution& run, NodeId parent, const FoundForward& found) {
  TraceNode node;
  node.step = Step::forward;
  node.subject = ".forward";
  for (const MemberLine& line : read_member_lines(found.file.content, kShownLine)) {
    if (!parse_members(line.text).empty()) {
      node.detail = std::string(trim(line.text));
      node.source = SourcePos{found.candidate.path, line.line};
      break;
    }
  }
  return run.trace.add(parent, std::move(node));
}

Handled expand_found(Resolution& run, NodeId parent, Expansion expansion,
                     const FoundForward& found) {
  const std::string& path = found.candidate.path;
  if (run.seen.add(forward_key(path)) == Seen::again) {
    if (run.seen.seen(forward_done_key(path)) == Seen::again) {
      add_duplicate(run, parent, path);
      return Handled::yes;
    }
    return Handled::no;  // Inside of this very file: the user keeps a copy.
  }
  const auto& propagated = run.local().settings().propagate_unmatched_extensions.value;
  if (found.candidate.used_extension || !propagated.contains(name_of(expansion.type))) {
    expansion.unmatched_extension.reset();
  }
  expansion.name = expansion.local_part;
  const NodeId node = add_forward_node(run, parent, found);
  expansion.recipient.notify = notify_of_members(expansion.recipient.notify);
  if (expand_lines(run, node, expansion, path, found.file.content) == 0) {
    return Handled::no;
  }
  run.seen.add(forward_done_key(path));
  return Handled::yes;
}

}  // namespace

Handled expand_forward(Resolution& run, NodeId parent, Expansion expansion) {
  ++expansion.level;
  const auto fail = [&](const Error& error, Failure failure) {
    add_failure(run, parent, expansion, error, failure);
    return Handled::yes;
  };
  if (run.local().settings().forward_path.value.empty()) {
    return Handled::no;
  }
  auto account = run.world().account_by_name(expansion.user);
  if (!account) {
    return fail(account.error(), Failure::user_lookup);
  }
  if (!*account) {
    return Handled::no;
  }
  add_account_node(run, parent, **account);
  auto found = find_forward(run, expansion, **account);
  if (!found) {
    return fail(found.error(), Failure::forward_file);
  }
  if (!*found) {
    return Handled::no;
  }
  if (const auto problem = judge_forward((*found)->candidate.path, (*found)->file, **account)) {
    add_note(run, parent, *problem, SourcePos{(*found)->candidate.path, 0});
    return Handled::no;
  }
  expansion.context = **account;
  expansion.type = ExpansionType::forward;
  expansion.owner = expansion.user;
  if (!run.local().settings().frozen_delivered_to.value) {
    expansion.delivered = expansion.recipient.address;
  }
  return expand_found(run, parent, std::move(expansion), **found);
}

}  // namespace lastmile
