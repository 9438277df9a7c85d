// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/member.h"
#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

constexpr std::size_t kShownLength = 200;  // Of a right-hand side, in a trace.

std::string shortened(const std::string& value) {
  if (value.size() <= kShownLength) {
    return value;
  }
  std::size_t end = kShownLength;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) {
    --end;  // Not in the middle of a character.
  }
  return value.substr(0, end) + " ...";
}

/// Whose rights the commands and files of a table have: its owner's, or default_privs for root.
Handled take_context(Agent& agent, NodeId parent, const TableHit& hit, Expansion& expansion) {
  const auto defer = [&](Error::Kind kind) {
    const std::string reason =
        "the rights of commands and files are those of the owner of " + *hit.table;
    add_leaf(agent, parent, expansion, status_of({kind, reason, {}, {}}, Failure::alias_owner),
             hit.entry.source, reason);
    return Handled::yes;
  };
  switch (hit.owner.trust) {
    case TableOwner::Trust::root:
      expansion.context.reset();
      expansion.system_context = *hit.table + " belongs to root";
      return Handled::no;
    case TableOwner::Trust::unknown:
      // A server's table has no owner here, and root's rights are given to nobody.
      return defer(Error::Kind::misconfigured);
    case TableOwner::Trust::account:
      break;
  }
  auto account = agent.world().account_by_uid(hit.owner.uid);
  if (!account || !*account) {
    return defer(Error::Kind::unavailable);
  }
  expansion.context = **account;
  return Handled::no;
}

/// owner-NAME takes the place of the sender, and its members are submitted again from it.
Handled take_owner(Agent& agent, NodeId parent, const std::string& name, Expansion& expansion) {
  const Settings& settings = agent.local().settings();
  std::optional<TableHit> owner;
  // Else owner-x is a name as any other.
  if (settings.owner_request_special.value) {
    auto hit = agent.local().tables(&Settings::alias_maps).lookup("owner-" + name);
    if (!hit) {
      add_failure(agent, parent, expansion, hit.error(), Failure::alias_database);
      return Handled::yes;
    }
    owner = std::move(*hit);
  }
  if (!owner) {
    // The list above may have an owner. Its mail is submitted again member by member, and so is
    // that of a list below it unless reset_owner_alias begins anew.
    if (settings.reset_owner_alias.value) {
      expansion.owner.clear();
    }
    return Handled::no;
  }
  // Failures go to the name, whoever is behind it by then, unless somebody wants the people named.
  const std::string& text =
      settings.expand_owner_alias.value ? owner->entry.value : "owner-" + name;
  expansion.sender = rewrite_address(split_address(text), agent.local().rewriting().settings());
  expansion.owner = to_internal(expansion.sender);
  // The list is a sender of its own, who has asked for none of this. \see RFC 3461, 5.2.7.3
  expansion.recipient.original.clear();
  expansion.recipient.orcpt.clear();
  TraceNode node{.step = Step::owner_alias,
                 .subject = "owner-" + name,
                 .detail = "the sender becomes " + to_external(expansion.sender),
                 .source = owner->entry.source};
  agent.trace().add(parent, node);
  return Handled::no;
}

/// The entry of a name. Later releases store names in quotes where they need them, and find those
/// of older indexes as well.
Result<std::optional<TableHit>> find_alias(Agent& agent, const std::string& name) {
  TableList& tables = agent.local().tables(&Settings::alias_maps);
  const std::string quoted = to_external(Address{name, ""});
  if (quoted != name && agent.local().settings().postfix->has(VersionRule::aliases_asked_quoted)) {
    return tables.lookup_either(quoted, name);
  }
  return tables.lookup(name);
}

NodeId add_alias_node(Agent& agent, NodeId parent, const std::string& name, const TableHit& hit) {
  TraceNode node{.step = Step::alias,
                 .subject = "alias " + name,
                 .detail = shortened(hit.entry.value),
                 .source = hit.entry.source ? hit.entry.source : SourcePos{hit.table, 0}};
  const NodeId id = agent.trace().add(parent, node);
  if (hit.entry.stale) {
    add_note(agent.trace(), id,
             "the index " + *hit.table + " no longer agrees with its source text: run newaliases");
  }
  return id;
}

/// Whether the same alias is being expanded further up, for the same message.
bool is_open(const Trace& trace, NodeId alias) {
  const std::string subject = trace.node(alias).subject;
  for (auto above = trace.parent(alias); above; above = trace.parent(*above)) {
    const Step step = trace.step(*above);
    if (step == Step::resubmitted) {
      return false;
    }
    if (step == Step::alias && trace.node(*above).subject == subject) {
      return true;
    }
  }
  return false;
}

void expand_members(Agent& agent, NodeId parent, const Expansion& expansion,
                    const std::string& name, const TableHit& hit) {
  const auto members = parse_members(hit.entry.value);
  if (members.empty()) {
    // `name:` with nothing behind it, as an editor leaves it: a person will complete the line.
    const std::string reason = "no recipient in alias lookup result for " + name;
    add_leaf(agent, parent, expansion,
             status_of(misconfigured(reason, hit.entry.source), Failure::alias_database),
             hit.entry.source, reason);
    return;
  }
  for (const Member& member : members) {
    expand_member(agent, parent, expansion, member, std::nullopt);
  }
}

}  // namespace

Handled expand_alias(Agent& agent, NodeId parent, Expansion expansion, const std::string& name,
                     std::optional<std::string> unmatched) {
  ++expansion.level;
  if (agent.local().tables(&Settings::alias_maps).empty()) {
    return Handled::no;
  }
  // `bob: bob, carol` reaches the mailbox of bob.
  if (expansion.type != ExpansionType::none &&
      fold_case(agent.local().settings(), expansion.name) == name) {
    return Handled::no;
  }
  if (expansion.level > kMaxAliasLevel) {
    bounce(agent, parent, expansion, "5.4.6"_dsn, "alias database loop for " + name);
    return Handled::yes;
  }
  auto hit = find_alias(agent, name);
  if (!hit) {
    add_failure(agent, parent, expansion, hit.error(), Failure::alias_database);
    return Handled::yes;
  }
  if (!*hit) {
    return Handled::no;
  }
  const NodeId node = add_alias_node(agent, parent, name, **hit);
  // Postfix goes on until the names are nested too deep, and may reach others on the way; only what
  // people read is shorter.
  if (agent.run().request.resubmissions == Resubmissions::follow && is_open(agent.trace(), node)) {
    agent.run().rounds.push_back(node);
  }
  if (take_context(agent, node, **hit, expansion) == Handled::yes ||
      take_owner(agent, node, name, expansion) == Handled::yes) {
    return Handled::yes;
  }
  expansion.recipient.notify = notify_of_members(expansion.recipient.notify);
  expansion.type = ExpansionType::alias;
  expansion.name = name;
  expansion.unmatched_extension = std::move(unmatched);
  if (!agent.local().settings().frozen_delivered_to.value) {
    expansion.delivered = expansion.recipient.address;
  }
  if (agent.pass.is_probe) {
    // That there is an alias is all that a probe finds out.
    add_leaf(agent, parent, expansion, Discard{"2.0.0"_dsn, "aliased"});
    return Handled::yes;
  }
  expand_members(agent, node, expansion, name, **hit);
  return Handled::yes;
}

}  // namespace lastmile
