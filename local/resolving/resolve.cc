// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/resolve.h"

#include <algorithm>
#include <new>
#include <utility>

#include "aliases/text.h"
#include "local/resolving/fold_rounds.h"
#include "local/resolving/foresee.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/canonical.h"
#include "transports/rewrite.h"
#include "transports/transport_rules.h"

namespace lastmile {

namespace {

constexpr std::string_view kLocalService = "local";

/// local(8) may run as services of several names.
bool is_local_agent(const Pass& pass, std::string_view transport) {
  const Service* const service =
      pass.run.mail_system().settings().master_cf.find_transport(transport);
  return service != nullptr && service->program == "local";
}

/// The service, and its nexthop, of an MTA that hands over what it has routed here: those of
/// local_transport, or "local" where mail is delivered in another way now.
TransportNexthop target_of_handed_over(const Pass& pass, const Address& address) {
  TransportNexthop target =
      split_transport(pass.run.mail_system().settings().local_transport.value);
  if (!is_local_agent(pass, target.transport)) {
    target = {std::string(kLocalService), pass.run.mail_system().settings().myhostname.value};
  }
  if (target.nexthop.empty()) {
    target.nexthop = address.domain;
  }
  return target;
}

/// Whether the queue manager throws the mail away: it is a notification that nobody could take.
/// \see qmgr(8)
bool is_double_bounce(const Route& route, const Settings& settings) {
  return route.address_class == AddressClass::local &&
         fold_case(route.recipient.local_part) == fold_case(settings.double_bounce_sender.value);
}

/// An MTA has routed the message here already: only local_transport can still lead elsewhere.
void resolve_local(Pass& pass, const Recipient& recipient) {
  const NodeId root = pass.run.trace.root();
  Recipient qualified = recipient;
  qualified.address = rewrite_address(recipient.address, pass.run.mail_system().settings());
  auto local = is_local_domain(pass.run.mail_system(), qualified.address.domain);
  if (local && *local == Match::yes) {
    const auto& parameter = pass.run.mail_system().settings().local_transport;
    const auto target = split_transport(parameter.value);
    if (!is_local_agent(pass, target.transport)) {
      hand_over(pass, root, expansion_of(pass, qualified),
                destination_of(pass.run.mail_system().settings(), target, qualified.address.domain),
                {PassedBy::queue_manager, parameter.source, "local_transport"});
      return;
    }
  }
  deliver_as(pass, root, target_of_handed_over(pass, qualified.address),
             expansion_of(pass, qualified));
}

std::set<std::string, std::less<>> folded(const Settings& settings,
                                          std::span<const std::string> addresses) {
  std::set<std::string, std::less<>> result;
  for (const std::string& address : addresses) {
    result.insert(fold_case(settings, address));
  }
  return result;
}

/// The trace of a resolution that was given up: nothing of it is delivered.
Trace deferred_whole(const ResolveRequest& request, EnhancedStatus status, std::string text,
                     std::optional<SourcePos> source, std::string reason) {
  Leaf leaf;
  leaf.destination = Defer{status, std::move(text), reason};
  leaf.recipient = request.recipient;
  leaf.sender = request.sender;
  leaf.report_to = request.sender;
  leaf.reason = reason;
  Trace trace({.step = Step::address, .subject = to_external(request.recipient.address)});
  add_leaf_node(trace, trace.root(), std::move(leaf), std::move(source), std::move(reason));
  return trace;
}

/// That of one that asked for more than lastmile_expansion_limit.
Trace trace_of_spent(const ResolveRequest& request, const Budget& budget, std::size_t nodes) {
  return deferred_whole(request, "4.3.0"_dsn,
                        "expansion takes more than " + std::to_string(budget.limit()) +
                            " octets (lastmile_expansion_limit)",
                        budget.where(),
                        "given up after " + std::to_string(nodes) +
                            " steps: a list is too long, or files name each other too often");
}

/// Whose address a literal is depends on the interfaces, which a tree does not tell.
void note_assumed_interfaces(Pass& pass, NodeId parent, const Route& route) {
  const std::string& domain = route.recipient.domain;
  const bool is_own = route.address_class == AddressClass::local;
  if (domain.starts_with('[') && !is_own && !pass.run.world().is_on_network()) {
    add_note(pass.run.trace, parent,
             domain +
                 " is taken for another host: a tree does not tell the addresses of this one " +
                 "(inet_interfaces or proxy_interfaces may)",
             pass.path.queue_manager->rewriting().settings().inet_interfaces.source);
  }
}

/// REDIRECT: the queue manager has one recipient in place of each. \see access(5)
Recipient redirected(Pass& pass, NodeId parent, Recipient recipient) {
  const auto& redirect = pass.actions.redirect;
  if (redirect) {
    recipient.address = rewrite_address(redirect->value, pass.path.cleanup->rewriting().settings());
    pass.run.trace.add(parent, {.step = Step::rewrite,
                                .subject = "REDIRECT by " + redirect->by,
                                .detail = to_external(recipient.address),
                                .source = redirect->source});
  }
  return recipient;
}

}  // namespace

void deliver_as(Pass& pass, NodeId parent, const TransportNexthop& target, Expansion expansion,
                int hand_overs) {
  Agent agent(pass, target.transport, target.nexthop, hand_overs);
  const Settings& settings = pass.run.mail_system().settings();
  if (const auto failure = settings.failure_of_service(target.transport)) {
    add_failure(agent, parent, expansion, *failure, Failure::service);
    return;
  }
  expand_recipient(agent, parent, std::move(expansion));
}

Handled add_deferred_transport(Pass& pass, NodeId parent, const Expansion& expansion,
                               std::string_view transport) {
  const auto& deferred = pass.path.queue_manager->settings().defer_transports;
  if (std::ranges::find(deferred.value, transport) == deferred.value.end()) {
    return Handled::no;
  }
  add_leaf_of(pass, parent, expansion, "retry", Defer{"4.3.2"_dsn, "deferred transport"},
              deferred.source, "defer_transports");
  return Handled::yes;
}

void route_recipient(Pass& pass, NodeId parent, const Recipient& given) {
  const Recipient recipient = redirected(pass, parent, given);
  if (pass_content_filter(pass, parent, recipient) == Handled::yes) {
    return;
  }
  const Settings& queue_manager = pass.path.queue_manager->settings();
  Configuration& main_rewriting = pass.path.queue_manager->rewriting();
  Configuration& rewriting =
      pass.is_probe ? pass.run.configurations.of_probes(main_rewriting) : main_rewriting;
  auto route = route_address(rewriting, recipient.address, pass.sender);
  Expansion routed = expansion_of(pass, recipient);
  if (!route) {
    routed.recipient.address = stripped_recipient(rewriting, recipient.address);
    add_leaf_of(pass, parent, routed, "error", status_of(route.error(), Failure::address_resolver),
                route.error().source, route.error().message());
    return;
  }
  add_changes(pass, parent, std::move(route->changes));
  routed.recipient.address = route->recipient;
  if (!route->valid) {
    add_leaf_of(pass, parent, routed, "error", Bounce{"5.1.3"_dsn, "bad address syntax"}, {}, {});
    return;
  }
  TraceNode node{.step = Step::address_class,
                 .subject = std::string(name_of(route->address_class)),
                 .detail = route->class_reason,
                 .source = route->class_source};
  pass.run.trace.add(parent, node);
  note_assumed_interfaces(pass, parent, *route);
  for (std::string& warning : route->warnings) {
    add_note(pass.run.trace, parent, std::move(warning));
  }
  if (!route->entry.first.empty()) {
    TraceNode entry{.step = Step::transport,
                    .subject = route->entry.first,
                    .detail = route->entry.second,
                    .source = route->source};
    pass.run.trace.add(parent, entry);
  }
  show_misses(pass.run, parent,
              route->transport == "error" ? MissedSo::is_refused : MissedSo::goes_on);
  if (is_double_bounce(*route, queue_manager)) {
    hand_over(pass, parent, routed,
              Discard{"2.0.0"_dsn, "undeliverable postmaster notification discarded"},
              {PassedBy::queue_manager, queue_manager.double_bounce_sender.source,
               "double_bounce_sender"});
    return;
  }
  if (add_deferred_transport(pass, parent, routed, route->transport) == Handled::yes) {
    return;
  }
  if (is_local_agent(pass, route->transport)) {
    deliver_as(pass, parent, {route->transport, route->nexthop}, std::move(routed));
    return;
  }
  hand_over(pass, parent, routed,
            destination_of(pass.run.mail_system().settings(), {route->transport, route->nexthop},
                           route->recipient.domain),
            {PassedBy::queue_manager, route->source, route->parameter});
}

Resolver::Resolver(const Settings& settings, World& world, TableUse use)
    : configurations_(settings, world, use), virtual_services_(configurations_) {}

ResolveRequest Resolver::request_from(const Address& sender, Stage stage, const Service* entry) {
  ResolveRequest request;
  request.client_sender = sender;
  request.sender = sender;
  request.stage = stage;
  request.entry = entry;
  if (stage != Stage::local) {
    const MailPath path = configurations_.path_behind(configurations_.of_line(entry));
    auto canonical =
        canonical_sender(*path.cleanup, path.entry->settings(), sender, MessageOrigin::outside);
    if (canonical) {
      request.sender = *std::move(canonical);
    } else {
      request.sender_failure = std::move(canonical).error();
    }
  }
  return request;
}

void Resolver::release_tables() {
  configurations_.release_tables();
  virtual_services_.release_tables();
}

Trace Resolver::resolve(const ResolveRequest& request) {
  if (const std::string& fault = request.recipient.fault; !fault.empty()) {
    return deferred_whole(request, "4.1.3"_dsn, fault, {},
                          "an argument of the caller that is no address");
  }
  try {
    return resolve_within(request);
  } catch (const std::bad_alloc&) {
    // What was taken is free again here: this recipient waits, and those after it are delivered.
    return deferred_whole(request, "4.3.0"_dsn, "out of memory", {},
                          "out of memory while resolving");
  }
}

void Resolver::add_setting_notes(const ResolveRequest& request, const MailPath& path,
                                 Trace& trace) {
  Configuration& system = configurations_.mail_system();
  if (!notes_ || entry_of_notes_ != request.entry) {
    notes_ = notes_of_settings(path, system.settings(), system.world());
    entry_of_notes_ = request.entry;
  }
  if (request.stage != Stage::local) {
    for (const SettingNote& note : notes_->unfollowed) {
      if (note.is_of_content && request.content != nullptr) {
        continue;
      }
      add_note(trace, trace.root(), note.text, note.source);
    }
  }
  if (notes_->uncompiled) {
    add_note(trace, trace.root(), notes_->uncompiled->text, notes_->uncompiled->source);
  }
}

MailPath Resolver::path_of(const ResolveRequest& request) {
  Configuration& system = configurations_.mail_system();
  // Who hands over what it has routed says nothing of the programs that it came through.
  return request.stage == Stage::local
             ? MailPath{&system, &system, &system, {}}
             : configurations_.path_behind(configurations_.of_line(request.entry));
}

Trace Resolver::resolve_within(const ResolveRequest& request) {
  Trace trace({.step = Step::address, .subject = to_external(request.recipient.address)});
  const Settings& settings = configurations_.mail_system().settings();
  Run run{.configurations = configurations_,
          .virtual_services = virtual_services_,
          .request = request,
          .trace = trace,
          .budget = Budget(static_cast<std::size_t>(settings.lastmile_expansion_limit.value))};
  Pass pass{.run = run,
            .path = path_of(request),
            .entry = request.entry,
            .client = request.client,
            .client_sender = request.client_sender,
            .sender = request.sender,
            .sender_failure = request.sender_failure,
            .filter = {},
            .actions = {},
            .filtered = {},
            .delivered_to = folded(settings, request.delivered_to),
            .shown_accounts = {}};
  settings.postfix->take_met();
  add_setting_notes(request, pass.path, trace);
  if (request.stage == Stage::local) {
    resolve_local(pass, request.recipient);
  } else {
    enter_queue(pass, trace.root(), request.recipient);
  }
  if (run.budget.is_spent()) {
    return trace_of_spent(request, run.budget, trace.size());
  }
  if (!trace.has_acts()) {
    add_leaf_of(pass, trace.root(), expansion_of(pass, request.recipient),
                std::string(kLocalService), Bounce{"5.3.5"_dsn, "the expansion names no recipient"},
                {}, {});
  }
  if (request.resubmissions == Resubmissions::follow) {
    defer_shared_pipes(run);
  }
  if (request.misses != Misses::hidden) {
    show_copies(pass);
  }
  if (request.shows_surroundings) {
    note_release(*settings.postfix, trace);
  }
  return run.rounds.empty() ? std::move(trace) : fold_rounds(trace, run.rounds);
}

}  // namespace lastmile
