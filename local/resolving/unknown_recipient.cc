// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/text.h"
#include "aliases/tokens.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/fallback_rules.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

void bounce_unknown(Agent& agent, NodeId parent, const Expansion& expansion) {
  explain_unknown(agent, parent, expansion);
  bounce(agent, parent, expansion, "5.1.1"_dsn, "unknown user: \"" + expansion.user + "\"");
}

/// luser_relay names one address, with the macros of the recipient; `|command`, `/file` and lists
/// mean nothing here.
void relay_unknown(Agent& agent, NodeId parent, Expansion expansion) {
  const auto& parameter = agent.local().settings().luser_relay;
  const auto macros = delivery_macros(agent, expansion, expansion.context);
  auto text = expand_macros(parameter.value, macros.lookup({}));
  if (!text) {
    add_failure(agent, parent, expansion, std::move(text).error().during("expanding luser_relay"),
                Failure::command_setting);
    return;
  }
  // Read as tokens that are not grouped: commas, comments and blanks between words belong to the
  // name.
  const std::string name = internal_list(text->text, scan_tokens(text->text));
  const Address target = rewrite_address(split_address(name), agent.local().rewriting().settings());
  const Settings& settings = agent.local().settings();
  // An address that relays to itself would never end. Postfix compares two different forms here,
  // and loses mail for an address that needs quoting; the same form on both sides does not.
  if (fold_case(settings, target) == fold_case(settings, expansion.recipient.address)) {
    bounce_unknown(agent, parent, expansion);
    return;
  }
  TraceNode node{.step = Step::fallback_rule,
                 .subject = "luser_relay",
                 .detail = to_external(target),
                 .source = parameter.source};
  const NodeId id = agent.trace().add(parent, node);
  expansion.unmatched_extension.reset();
  expand_address(agent, id, std::move(expansion), target, parameter.source);
}

}  // namespace

void expand_unknown(Agent& agent, NodeId parent, Expansion expansion) {
  ++expansion.level;
  if (agent.seen.add(unknown_key(expansion.local_part)) == Seen::again) {
    add_duplicate(agent.trace(), parent, expansion.local_part);
    return;
  }
  auto fallback = choose_fallback_transport(agent.local(), {expansion.user, agent.nexthop});
  if (!fallback) {
    add_failure(agent, parent, expansion, fallback.error(), Failure::table_lookup);
    return;
  }
  if (*fallback) {
    hand_over(agent.pass, parent, expansion, std::move((*fallback)->destination),
              {PassedBy::local_agent, std::move((*fallback)->source),
               std::move((*fallback)->parameter), agent.hand_overs});
    return;
  }
  if (!agent.local().settings().luser_relay.value.empty()) {
    relay_unknown(agent, parent, std::move(expansion));
    return;
  }
  if (expansion.user == "postmaster" || expansion.user == "mailer-daemon") {
    explain_unknown(agent, parent, expansion);
    add_leaf(agent, parent, expansion, Discard{}, {},
             "required alias not found: " + expansion.user);
    return;
  }
  bounce_unknown(agent, parent, expansion);
}

}  // namespace lastmile
