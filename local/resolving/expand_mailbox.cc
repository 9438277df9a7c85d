// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/mailbox_rules.h"

namespace lastmile {

namespace {

void add_mailbox(Agent& agent, NodeId parent, Expansion expansion, const Account& account,
                 RuleAnswer answer) {
  if (!agent.local().settings().frozen_delivered_to.value) {
    expansion.delivered = expansion.recipient.address;
  }
  if (const auto* command = std::get_if<Command>(&answer.destination)) {
    expansion.context = account;
    add_command(agent, parent, expansion, command->line, answer.source, answer.parameter);
    return;
  }
  Effect effect;
  effect.destination = std::move(answer.destination);
  effect.rights = rights_of(account);
  effect.source = std::move(answer.source);
  effect.detail = std::move(answer.parameter);
  add_effect(agent, parent, expansion, std::move(effect));
}

}  // namespace

Handled expand_mailbox(Agent& agent, NodeId parent, Expansion expansion) {
  ++expansion.level;
  const auto fail = [&](const Error& error, Failure failure) {
    add_failure(agent, parent, expansion, error, failure);
    return Handled::yes;
  };
  if (agent.seen.add(mailbox_key(expansion.local_part)) == Seen::again) {
    add_duplicate(agent.trace(), parent, "mailbox of " + expansion.local_part);
    return Handled::yes;
  }
  auto transport = choose_mailbox_transport(agent.local(), {expansion.user, agent.nexthop});
  if (!transport) {
    return fail(transport.error(), Failure::table_lookup);
  }
  if (*transport) {
    hand_over(agent.pass, parent, expansion, std::move((*transport)->destination),
              {PassedBy::local_agent, std::move((*transport)->source),
               std::move((*transport)->parameter), agent.hand_overs});
    return Handled::yes;
  }
  auto account = agent.world().account_by_name(expansion.user);
  if (!account) {
    return fail(account.error(), Failure::user_lookup);
  }
  if (!*account) {
    return Handled::no;
  }
  auto answer = choose_mailbox(agent.local(), **account);
  if (!answer) {
    return fail(answer.error(), Failure::table_lookup);
  }
  show_misses(agent.run(), parent, MissedSo::goes_on);
  add_mailbox(agent, parent, std::move(expansion), **account, std::move(*answer));
  return Handled::yes;
}

}  // namespace lastmile
