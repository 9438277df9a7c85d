// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/leaves.h"

#include <utility>

#include "aliases/overloaded.h"
#include "aliases/text.h"
#include "local/resolving/foresee.h"
#include "transports/rewrite.h"

namespace lastmile {

NodeId add_leaf_node(Trace& trace, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail) {
  return trace.add(parent,
                   {.step = Step::leaf, .detail = std::move(detail), .source = std::move(source)},
                   std::move(leaf));
}

NodeId add_leaf_node(Pass& pass, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail) {
  if (pass.run.request.resubmissions == Resubmissions::follow) {
    if (auto failure = foreseen_failure(pass, leaf)) {
      leaf.destination = *std::move(failure);
    }
  }
  const auto& soft_bounce = pass.run.mail_system().settings().of_service(leaf.agent).soft_bounce;
  const auto* const bounced = std::get_if<Bounce>(&leaf.destination);
  // A delivery needs the bounce itself: its log says SOFTBOUNCE, and status filters come first.
  if (bounced != nullptr && soft_bounce.value &&
      pass.run.request.resubmissions == Resubmissions::follow) {
    EnhancedStatus status = bounced->status;
    status.status_class = StatusClass::transient;
    leaf.destination = Defer{status, bounced->text};
    detail += detail.empty() ? "soft_bounce" : "; soft_bounce";
    if (!source) {
      source = soft_bounce.source;
    }
  }
  return add_leaf_node(pass.run.trace, parent, std::move(leaf), std::move(source),
                       std::move(detail));
}

namespace {

Leaf leaf_of(const Pass& pass, const Expansion& expansion, std::string reporter,
             Destination destination) {
  Leaf leaf;
  leaf.destination = std::move(destination);
  leaf.recipient = expansion.recipient;
  leaf.sender = expansion.sender;
  leaf.report_to = pass.sender;
  leaf.agent = std::move(reporter);
  return leaf;
}

/// Which value of prepend_delivered_header a destination answers to; empty for those that get no
/// header here.
std::string_view header_name_for(const Destination& destination) {
  return std::visit(Overloaded{
                        [](const Mailbox&) -> std::string_view { return "file"; },
                        [](const Maildir&) -> std::string_view { return "file"; },
                        [](const File&) -> std::string_view { return "file"; },
                        [](const Command&) -> std::string_view { return "command"; },
                        [](const auto&) -> std::string_view { return {}; },
                    },
                    destination);
}

}  // namespace

std::string agent_name(const Destination& destination) {
  return std::visit(Overloaded{
                        [](const Lmtp& lmtp) { return lmtp.service; },
                        [](const Pipe& pipe) { return pipe.service; },
                        [](const Transport& transport) { return transport.service; },
                        [](const Remote&) { return std::string("sendmail"); },
                        [](const Bounce&) { return std::string("error"); },
                        [](const Defer&) { return std::string("retry"); },
                        [](const Discard&) { return std::string("discard"); },
                        [](const auto&) { return std::string("local"); },
                    },
                    destination);
}

NodeId add_leaf(Agent& agent, NodeId parent, const Expansion& expansion, Destination destination,
                std::optional<SourcePos> source, std::string detail) {
  return add_leaf_of(agent.pass, parent, expansion, agent.service, std::move(destination),
                     std::move(source), std::move(detail));
}

NodeId add_leaf_of(Pass& pass, NodeId parent, const Expansion& expansion, std::string reporter,
                   Destination destination, std::optional<SourcePos> source, std::string detail) {
  Leaf leaf = leaf_of(pass, expansion, std::move(reporter), std::move(destination));
  if (const auto* const unknown = std::get_if<Defer>(&leaf.destination);
      unknown != nullptr && unknown->unseen) {
    leaf.reason = unknown->reason;
    detail = "to see it: sudo, or a site file that root has exported";
  }
  if (leaf.reason->empty() && leaf.agent != "smtpd") {  // Which tells its client alone.
    leaf.reason = detail;
  }
  return add_leaf_node(pass, parent, std::move(leaf), std::move(source), std::move(detail));
}

NodeId add_effect(Agent& agent, NodeId parent, const Expansion& expansion, Effect effect) {
  Leaf leaf = leaf_of(agent.pass, expansion, agent.service, std::move(effect.destination));
  const auto header = header_name_for(leaf.destination);
  if (!header.empty() && expansion.delivered &&
      agent.local().settings().prepend_delivered_header.value.contains(header)) {
    leaf.delivered_to = to_external(*expansion.delivered);
  }
  leaf.rights = std::move(effect.rights);
  leaf.rights_reason = std::move(effect.rights_reason);
  if (effect.report == Report::to_owner) {
    leaf.report_to = owner_or_sender(agent, expansion);
  }
  return add_leaf_node(agent.pass, parent, std::move(leaf), std::move(effect.source),
                       std::move(effect.detail));
}

void bounce(Agent& agent, NodeId parent, const Expansion& expansion, EnhancedStatus status,
            std::string text, std::optional<SourcePos> source) {
  add_leaf(agent, parent, expansion, Bounce{status, std::move(text)}, std::move(source));
}

void bounce_to_owner(Agent& agent, NodeId parent, const Expansion& expansion, EnhancedStatus status,
                     std::string text) {
  add_effect(agent, parent, expansion,
             {Bounce{status, std::move(text)}, {}, Report::to_owner, {}, {}});
}

Address owner_or_sender(Agent& agent, const Expansion& expansion) {
  const Settings& settings = agent.local().settings();
  if (!settings.owner_request_special.value) {
    return agent.pass.sender;
  }
  // As the address spells them; the lookup folds case, the new address does not.
  const std::string& local_part = expansion.recipient.address.local_part;
  const std::string user(split_extension(local_part, settings.extension_rules).user);
  for (const std::string& name : {local_part, user}) {
    auto hit = agent.local().tables(&Settings::alias_maps).lookup("owner-" + name);
    if (!hit) {
      // The lookups that led here were answered; this one decides no delivery.
      return agent.pass.sender;
    }
    if (*hit) {
      const bool by_value = settings.expand_owner_alias.value;
      return rewrite_address(split_address(by_value ? (*hit)->entry.value : "owner-" + name),
                             agent.local().rewriting().settings());
    }
  }
  return agent.pass.sender;
}

void add_cleanup_failure(Pass& pass, NodeId parent, const Recipient& recipient,
                         const Error& error) {
  add_leaf_of(pass, parent, expansion_of(pass, recipient), "cleanup",
              status_of(error, Failure::virtual_alias), error.source, error.message());
}

void add_failure(Agent& agent, NodeId parent, const Expansion& expansion, const Error& error,
                 Failure failure) {
  add_leaf(agent, parent, expansion, status_of(error, failure), error.source, error.message());
}

NodeId add_note(Trace& trace, NodeId parent, std::string text, std::optional<SourcePos> source) {
  return trace.add(parent,
                   {.step = Step::note, .subject = std::move(text), .source = std::move(source)});
}

void add_duplicate(Trace& trace, NodeId parent, std::string subject) {
  trace.add(parent,
            {.step = Step::duplicate, .subject = std::move(subject), .detail = "reached before"});
}

}  // namespace lastmile
