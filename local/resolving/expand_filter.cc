// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/content_filter.h"
#include "transports/entry_services.h"

namespace lastmile {

namespace {

/// A filter's mail goes round: this many times no message is filtered on purpose.
constexpr int kMaxFilters = 20;

/// What the filter gives back is a message that comes in, at a service of its own.
void reenter(Pass& pass, NodeId parent, const ContentFilter& filter, const Service& entry,
             const Recipient& recipient) {
  Run& run = pass.run;
  Pass next{.run = run,
            .path = run.configurations.path_behind(run.configurations.of_line(&entry)),
            .entry = &entry,
            .client = client_on_this_host(),
            .client_sender = pass.sender,
            .sender = pass.sender,
            .sender_failure = {},
            .filter = {},
            .actions = {},
            .filtered = pass.filtered,
            .delivered_to = pass.delivered_to,
            .resubmissions = pass.resubmissions,
            .levels_before = pass.levels_before,
            .shown_accounts = {}};
  Recipient again = recipient;
  again.original = to_external(recipient.address);
  again.is_bare = true;
  const std::string key = filter.target + ' ' + entry.name + ' ' +
                          fold_case(pass.path.cleanup->settings(), again.original);
  const bool is_again = !next.filtered.insert(key).second;
  if (is_again || next.filtered.size() > kMaxFilters) {
    run.trace.add(parent, {.step = Step::loop,
                           .subject = filter.parameter + ' ' + filter.target,
                           .detail = "mail goes from the filter to itself, until it has passed too "
                                     "many hosts",
                           .source = filter.source});
    add_leaf_of(next, parent, expansion_of(next, again), "cleanup",
                Bounce{"5.4.0"_dsn, "too many hops"}, filter.source, filter.parameter);
    return;
  }
  reenter_queue(next, parent, again);
}

/// The filter is a destination when nobody knows where mail goes from there.
void end_at_filter(Pass& pass, NodeId parent, const ContentFilter& filter, const std::string& why,
                   const Expansion& expansion, Transport transport) {
  add_note(pass.run.trace, parent, "what the filter does is not known: " + why, filter.source);
  Leaf leaf;
  leaf.recipient = expansion.recipient;
  leaf.sender = pass.sender;
  leaf.report_to = pass.sender;
  leaf.agent = transport.service;
  leaf.destination = std::move(transport);
  add_leaf_node(pass, parent, std::move(leaf), filter.source, filter.parameter);
}

/// Adds the service at which mail comes back, and follows it from there; ends at the filter where
/// that is not known.
void follow_filter(Pass& pass, NodeId parent, const ContentFilter& filter,
                   const Recipient& recipient, Transport transport) {
  const Reinjection back = find_reinjection(filter, pass.entry, pass.run.configurations);
  if (back.entry == nullptr) {
    end_at_filter(pass, parent, filter, back.reason, expansion_of(pass, recipient),
                  std::move(transport));
    return;
  }
  const NodeId id = pass.run.trace.add(parent, {.step = Step::entry,
                                                .subject = back.entry->name,
                                                .detail = back.entry->program,
                                                .source = back.entry->source});
  reenter(pass, id, filter, *back.entry, recipient);
}

NodeId add_filter_node(Pass& pass, NodeId parent, const ContentFilter& filter) {
  return pass.run.trace.add(parent, {.step = Step::content_filter,
                                     .subject = filter.parameter,
                                     .detail = filter.target,
                                     .source = filter.source});
}

/// A transport of the queue manager's, with the nexthop that a filter has which names none.
TransportNexthop transport_of(const ContentFilter& filter, const Address& recipient,
                              const Settings& queue_manager) {
  TransportNexthop target = split_transport(filter.target);
  if (target.nexthop.empty()) {
    target.nexthop = queue_manager.default_filter_nexthop.value;
  }
  if (target.nexthop.empty()) {
    target.nexthop = recipient.domain.empty() ? queue_manager.myhostname.value : recipient.domain;
  }
  return target;
}

}  // namespace

Handled pass_proxy_filter(Pass& pass, NodeId parent, const Recipient& recipient) {
  const auto filter = proxy_filter_of(pass.path.entry->settings());
  if (!filter || !answers_recipients(pass) ||
      pass.run.request.resubmissions == Resubmissions::stop) {
    return Handled::no;
  }
  const NodeId id = add_filter_node(pass, parent, *filter);
  follow_filter(pass, id, *filter, recipient, {"smtpd_proxy_filter", filter->target});
  return Handled::yes;
}

Handled pass_content_filter(Pass& pass, NodeId parent, const Recipient& recipient) {
  if (!pass.filter) {
    return Handled::no;
  }
  const ContentFilter& filter = *pass.filter;
  const Settings& queue_manager = pass.path.queue_manager->settings();
  const NodeId id = add_filter_node(pass, parent, filter);
  const TransportNexthop target = transport_of(filter, recipient.address, queue_manager);
  const Expansion expansion = expansion_of(pass, recipient);
  if (add_deferred_transport(pass, id, expansion, target.transport) == Handled::yes) {
    return Handled::yes;
  }
  Destination destination = destination_of(pass.run.mail_system().settings(), target, {});
  const bool is_end = std::holds_alternative<Defer>(destination) ||
                      std::holds_alternative<Bounce>(destination) ||
                      std::holds_alternative<Discard>(destination) ||
                      pass.run.mail_system().settings().failure_of_service(target.transport);
  if (is_end || pass.run.request.resubmissions == Resubmissions::stop) {
    hand_over(pass, id, expansion, std::move(destination),
              {PassedBy::queue_manager, filter.source, filter.parameter});
  } else {
    follow_filter(pass, id, filter, recipient, {target.transport, target.nexthop});
  }
  return Handled::yes;
}

}  // namespace lastmile
