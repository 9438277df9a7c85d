#include "local/resolve.h"

#include <utility>

#include "aliases/text.h"
#include "local/expansion.h"
#include "transports/recipient_check.h"
#include "transports/transport_rules.h"

namespace lastmile {

namespace {

Expansion expansion_of(const Resolution& run, const Recipient& recipient) {
  Expansion expansion;
  expansion.recipient = recipient;
  expansion.sender = run.sender;
  return expansion;
}

/// What smtpd would answer; in Stage::smtp a refusal is the end.
Handled add_recipient_check(Resolution& run, NodeId parent, const Recipient& recipient) {
  const RecipientCheck check = check_recipient(run.configuration, recipient.address, run.sender);
  TraceNode node;
  node.step = Step::recipient_check;
  node.subject = "RCPT";
  node.detail = to_string(check);
  node.source = check.source;
  const NodeId id = run.trace.add(parent, std::move(node));
  if (run.request.stage != Stage::smtp || check.reply_code < 400) {
    return Handled::no;
  }
  const Expansion expansion = expansion_of(run, recipient);
  const Destination refusal = check.reply_code < 500
                                  ? Destination(Defer{check.status, check.text})
                                  : Destination(Bounce{check.status, check.text});
  add_leaf_of(run, id, expansion, "smtpd", refusal, check.source, check.decided_by);
  return Handled::yes;
}

/// local(8) may run as a service of another name, and goes by that name then. One that sets
/// parameters of its own with -o is left alone: they would not be heeded here.
bool is_local_agent(const Resolution& run, std::string_view transport) {
  const Service* const service = run.settings().master_cf.find_transport(transport);
  return transport == run.service ||
         (service != nullptr && service->program == "local" && service->overrides.empty());
}

/// Whether the queue manager throws the mail away: it is a notification that nobody could take.
/// \see qmgr(8)
bool is_double_bounce(const Route& route, const Settings& settings) {
  return route.address_class == AddressClass::local &&
         fold_case(route.recipient.local_part) == fold_case(settings.double_bounce_sender.value);
}

/// An MTA has routed the message here already: only local_transport can still lead elsewhere.
void resolve_local(Resolution& run, const Recipient& recipient) {
  const NodeId root = run.trace.root();
  Recipient qualified = recipient;
  qualified.address = rewrite_address(recipient.address, run.settings());
  auto local = is_local_domain(run.configuration, qualified.address.domain);
  if (local && *local == Match::yes) {
    const auto& parameter = run.settings().local_transport;
    const auto target = split_transport(parameter.value);
    if (is_local_agent(run, target.transport)) {
      run.service = target.transport;
    } else {
      hand_over(run, root, expansion_of(run, qualified),
                destination_of(run.settings(), target, qualified.address.domain), parameter.source,
                "local_transport");
      return;
    }
  }
  expand_recipient(run, root, expansion_of(run, qualified));
}

/// The trace of an expansion that was given up: nothing of it is delivered.
Trace trace_of_endless(const ResolveRequest& request) {
  Leaf leaf;
  leaf.destination =
      Defer{"4.3.0"_dsn, "include and .forward files lead to each other without end"};
  leaf.recipient = request.recipient;
  leaf.sender = request.sender;
  leaf.report_to = request.sender;
  TraceNode root;
  root.step = Step::address;
  root.subject = to_external(request.recipient.address);
  Trace trace(std::move(root));
  TraceNode node;
  node.step = Step::leaf;
  node.subject = to_string(leaf.destination);
  node.leaf = std::make_shared<const Leaf>(std::move(leaf));
  trace.add(trace.root(), std::move(node));
  return trace;
}

}  // namespace

void route_recipient(Resolution& run, NodeId parent, const Recipient& recipient) {
  const Expansion expansion = expansion_of(run, recipient);
  auto route = route_address(run.configuration, recipient.address, run.sender);
  if (!route) {
    add_leaf_of(run, parent, expansion, "error",
                status_of(route.error(), Failure::address_resolver), route.error().source,
                route.error().message());
    return;
  }
  if (!route->valid) {
    add_leaf_of(run, parent, expansion, "error", Bounce{"5.1.3"_dsn, "bad address syntax"}, {}, {});
    return;
  }
  Expansion routed = expansion;
  routed.recipient.address = route->recipient;
  TraceNode node;
  node.step = Step::address_class;
  node.subject = std::string(name_of(route->address_class));
  node.detail = route->class_reason;
  node.source = route->class_source;
  run.trace.add(parent, std::move(node));
  if (is_double_bounce(*route, run.settings())) {
    hand_over(run, parent, routed,
              Discard{"2.0.0"_dsn, "undeliverable postmaster notification discarded"},
              run.settings().double_bounce_sender.source, "double_bounce_sender");
    return;
  }
  if (is_local_agent(run, route->transport)) {
    run.service = route->transport;
    expand_recipient(run, parent, std::move(routed));
    return;
  }
  hand_over(
      run, parent, routed,
      destination_of(run.settings(), {route->transport, route->nexthop}, route->recipient.domain),
      route->source, route->parameter);
}

Resolver::Resolver(const Settings& settings, World& world, TableSources sources)
    : configuration_(settings, world, sources) {}

Address Resolver::canonical_sender(const Address& sender, Stage stage) const {
  if (stage == Stage::local) {
    return sender;
  }
  const Settings& settings = configuration_.settings();
  Address canonical = rewrite_address(sender, settings);
  const bool is_mail_system = fold_case(canonical.local_part) == "mailer-daemon" &&
                              fold_case(canonical.domain) == fold_case(settings.myorigin.value);
  return is_mail_system ? Address{} : canonical;
}

Trace Resolver::resolve(const ResolveRequest& request) {
  TraceNode root;
  root.step = Step::address;
  root.subject = to_external(request.recipient.address);
  Trace trace(std::move(root));
  Resolution run{configuration_,
                 trace,
                 request,
                 "local",
                 request.sender,
                 {request.delivered_to.begin(), request.delivered_to.end()},
                 DuplicateFilter(configuration_.settings().duplicate_filter_limit.value),
                 0};
  if (request.stage == Stage::local) {
    resolve_local(run, request.recipient);
  } else if (add_recipient_check(run, trace.root(), request.recipient) == Handled::no) {
    expand_virtual(run, trace.root(), request.recipient);
  }
  if (is_endless(run)) {
    return trace_of_endless(request);
  }
  if (trace.acts().empty()) {
    bounce(run, trace.root(), expansion_of(run, request.recipient), "5.3.5"_dsn,
           "the expansion names no recipient");
  }
  return trace;
}

}  // namespace lastmile
