// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"

namespace lastmile {

namespace {

/// Takes the address apart and drops an extension that could name another directory.
void split_recipient(Agent& agent, NodeId parent, Expansion& expansion) {
  Address& address = expansion.recipient.address;
  if (address.domain.empty()) {
    add_note(agent.trace(), parent, "no @ in recipient address: " + address.local_part);
  }
  expansion.local_part = fold_case(agent.local().settings(), address.local_part);
  expansion.domain = fold_case(agent.local().settings(), address.domain);
  const std::string whole = expansion.local_part;
  const SplitLocalPart split =
      split_recipient(expansion.local_part, agent.local().settings().extension_rules);
  if (expansion.local_part != whole) {
    add_note(agent.trace(), parent, "address with illegal extension: " + whole);
  }
  expansion.user = split.user;
  expansion.delimiter = split.delimiter;
  expansion.extension = split.extension;
}

/// A recipient that begins with a backslash skips aliases and .forward.
bool take_backslash(Expansion& expansion) {
  std::string& local_part = expansion.recipient.address.local_part;
  if (local_part.empty() || local_part.front() != '\\') {
    return false;
  }
  local_part.erase(0, 1);
  expansion.local_part.erase(0, 1);
  expansion.user.erase(0, 1);
  return true;
}

Handled try_aliases(Agent& agent, NodeId parent, const Expansion& expansion) {
  if (expand_alias(agent, parent, expansion, expansion.local_part, std::nullopt) == Handled::yes) {
    return Handled::yes;
  }
  if (!expansion.extension) {
    return Handled::no;
  }
  const bool propagate = agent.local().settings().propagate_unmatched_extensions.value.contains(
      name_of(ExpansionType::alias));
  return expand_alias(agent, parent, expansion, expansion.user,
                      propagate ? expansion.extension : std::nullopt);
}

/// Whether a recipient that is no alias belongs to someone else than the one who forwards to it.
bool must_resubmit(const Settings& settings, const Expansion& expansion) {
  const bool owner_is_other =
      !expansion.owner.empty() && fold_case(settings, expansion.owner) != expansion.user;
  return owner_is_other || expansion.type == ExpansionType::include;
}

/// require_home_directory: a home that is not there defers, since its .forward may come back.
Handled check_home_directory(Agent& agent, NodeId parent, const Expansion& expansion) {
  auto account = agent.world().account_by_name(expansion.user);
  if (!account) {
    add_failure(agent, parent, expansion, account.error(), Failure::user_lookup);
    return Handled::yes;
  }
  if (!*account) {
    return Handled::no;
  }
  const auto attributes = agent.world().file_attributes(
      below_queue_directory(agent.local().settings(), (*account)->home), rights_of(**account),
      Symlinks::follow);
  if (attributes && *attributes) {
    return Handled::no;
  }
  if (!attributes && attributes.error().kind == Error::Kind::unseen) {
    add_failure(agent, parent, expansion, attributes.error(), Failure::forward_file);
    return Handled::yes;
  }
  std::string reason = "No such file or directory";
  if (!attributes) {
    const Error& error = attributes.error();
    reason = error.kind == Error::Kind::denied ? "Permission denied" : error.text;
  }
  add_leaf(agent, parent, expansion,
           Defer{"4.3.0"_dsn, "cannot access home directory " + (*account)->home + ": " + reason},
           agent.local().settings().require_home_directory.source, "require_home_directory");
  return Handled::yes;
}

/// The order of local(8): aliases, then what belongs to the user alone.
void deliver_switch(Agent& agent, NodeId parent, Expansion expansion) {
  ++expansion.level;
  // `\alice` in alice's own .forward keeps a copy: her mailbox, and no second look at the file.
  if (take_backslash(expansion)) {
    if (expand_mailbox(agent, parent, expansion) == Handled::no) {
      expand_unknown(agent, parent, std::move(expansion));
    }
    return;
  }
  begin_misses(agent.run());
  // Aliases come first: they are the administrator's word, above what a user wants.
  if (try_aliases(agent, parent, expansion) == Handled::yes) {
    return;
  }
  show_misses(agent.run(), parent, MissedSo::goes_on);
  expansion.unmatched_extension = expansion.extension;
  // Through the queue once more: a member that fails must not make the whole list be tried again,
  // and nobody's commands run for mail that somebody else has sent on.
  if (must_resubmit(agent.local().settings(), expansion)) {
    resubmit(agent, parent, expansion, std::nullopt);
    return;
  }
  // Before .forward is looked for: a home that is not mounted looks like one that has none.
  if (agent.local().settings().require_home_directory.value &&
      check_home_directory(agent, parent, expansion) == Handled::yes) {
    return;
  }
  if (expand_forward(agent, parent, expansion) == Handled::yes ||
      expand_mailbox(agent, parent, expansion) == Handled::yes) {
    return;
  }
  expand_unknown(agent, parent, std::move(expansion));
}

}  // namespace

void expand_recipient(Agent& agent, NodeId parent, Expansion expansion) {
  ++expansion.level;
  const std::string external = to_external(expansion.recipient.address);
  if (agent.is_too_deep(expansion.level)) {
    bounce(agent, parent, expansion, "5.4.6"_dsn, "recipient nesting limit exceeded");
    return;
  }
  const std::string internal = to_internal(expansion.recipient.address);
  if (agent.seen.add(recipient_key(expansion.level, internal)) == Seen::again) {
    add_duplicate(agent.trace(), parent, external);
    return;
  }
  if (agent.pass.delivered_to.contains(fold_case(agent.local().settings(), external))) {
    expansion.local_part =
        fold_case(agent.local().settings(), expansion.recipient.address.local_part);
    expansion.user =
        split_extension(expansion.local_part, agent.local().settings().extension_rules).user;
    bounce_to_owner(agent, parent, expansion, "5.4.6"_dsn, "mail forwarding loop for " + internal);
    return;
  }
  if (!expansion.delivered) {
    expansion.delivered = expansion.recipient.address;
  }
  split_recipient(agent, parent, expansion);
  if (expansion.user.empty()) {
    bounce(agent, parent, expansion, "5.1.3"_dsn, "null username in \"" + internal + "\"");
    return;
  }
  deliver_switch(agent, parent, std::move(expansion));
}

}  // namespace lastmile
