#include <utility>

#include "aliases/text.h"
#include "aliases/tokens.h"
#include "local/resolving/expansion.h"
#include "transports/fallback_rules.h"

namespace lastmile {

namespace {

void bounce_unknown(Resolution& run, NodeId parent, const Expansion& expansion) {
  bounce(run, parent, expansion, "5.1.1"_dsn, "unknown user: \"" + expansion.user + "\"");
}

/// luser_relay names one address, with the macros of the recipient; `|command`, `/file` and lists
/// mean nothing here.
void relay_unknown(Resolution& run, NodeId parent, Expansion expansion) {
  const auto& parameter = run.local().settings().luser_relay;
  const auto macros = delivery_macros(run, expansion, expansion.context);
  auto text = expand_macros(parameter.value, macros.lookup({}));
  if (!text) {
    add_failure(run, parent, expansion, std::move(text).error().during("expanding luser_relay"),
                Failure::command_setting);
    return;
  }
  // Read as tokens that are not grouped: commas, comments and blanks between words belong to the
  // name.
  const std::string name = internal_list(text->text, scan_tokens(text->text));
  const Address target = rewrite_address(split_address(name), run.mail_system().settings());
  const Settings& settings = run.local().settings();
  // An address that relays to itself would never end. Postfix compares two different forms here,
  // and loses mail for an address that needs quoting; the same form on both sides does not.
  if (fold_case(settings, target) == fold_case(settings, expansion.recipient.address)) {
    bounce_unknown(run, parent, expansion);
    return;
  }
  TraceNode node;
  node.step = Step::fallback_rule;
  node.subject = "luser_relay";
  node.detail = to_external(target);
  node.source = parameter.source;
  const NodeId id = run.trace.add(parent, std::move(node));
  expansion.unmatched_extension.reset();
  expand_address(run, id, std::move(expansion), target, parameter.source);
}

}  // namespace

void expand_unknown(Resolution& run, NodeId parent, Expansion expansion) {
  ++expansion.level;
  if (run.seen.add(unknown_key(expansion.local_part)) == Seen::again) {
    add_duplicate(run, parent, expansion.local_part);
    return;
  }
  auto fallback = choose_fallback_transport(run.local(), {expansion.user, run.nexthop});
  if (!fallback) {
    add_failure(run, parent, expansion, fallback.error(), Failure::table_lookup);
    return;
  }
  if (*fallback) {
    hand_over(
        run, parent, expansion, std::move((*fallback)->destination),
        {PassedBy::local_agent, std::move((*fallback)->source), std::move((*fallback)->parameter)});
    return;
  }
  if (!run.local().settings().luser_relay.value.empty()) {
    relay_unknown(run, parent, std::move(expansion));
    return;
  }
  if (expansion.user == "postmaster" || expansion.user == "mailer-daemon") {
    add_leaf(run, parent, expansion, Discard{}, {}, "required alias not found: " + expansion.user);
    return;
  }
  bounce_unknown(run, parent, expansion);
}

}  // namespace lastmile
