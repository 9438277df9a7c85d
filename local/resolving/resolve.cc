#include "local/resolving/resolve.h"

#include <utility>

#include "aliases/text.h"
#include "local/resolving/expansion.h"
#include "transports/canonical.h"
#include "transports/recipient_check.h"
#include "transports/rewrite.h"
#include "transports/transport_rules.h"

namespace lastmile {

namespace {

constexpr std::string_view kLocalService = "local";

/// Whether smtpd takes the recipient for no address of RFC 821, which is one in brackets alone and
/// has a local part. \see postconf(5), strict_rfc821_envelopes
bool is_too_lax(const Resolution& run, const Recipient& recipient) {
  return run.mail_system().settings().strict_rfc821_envelopes.value &&
         (!recipient.is_bare || to_internal(recipient.address).starts_with('@'));
}

/// The sender as trivial-rewrite(8) completes it for smtpd(8), which knows no canonical maps.
Address client_sender(const Resolution& run) {
  const Address& sender = run.request.client_sender;
  return sender.is_null() ? sender : rewrite_address(sender, run.mail_system().settings());
}

RecipientCheck recipient_check(const Resolution& run, const Recipient& recipient) {
  if (const auto failure = run.mail_system().settings().failure_of(Daemon::smtpd)) {
    return no_smtpd(*failure);
  }
  return is_too_lax(run, recipient)
             ? bad_recipient_syntax()
             : check_recipient(run.mail_system(), recipient.address, client_sender(run));
}

/// What smtpd would answer; in Stage::smtp a refusal is the end.
Handled add_recipient_check(Resolution& run, NodeId parent, const Recipient& recipient) {
  const RecipientCheck check = recipient_check(run, recipient);
  TraceNode node;
  node.step = Step::recipient_check;
  node.subject = "RCPT";
  node.detail = to_string(check);
  node.source = check.source;
  const NodeId id = run.trace.add(parent, std::move(node));
  if (!check.key.empty()) {
    TraceNode entry;
    entry.step = Step::recipient_check;
    entry.subject = check.decided_by + ' ' + check.key;
    run.trace.add(id, std::move(entry));
  }
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

/// local(8) may run as services of several names.
bool is_local_agent(const Resolution& run, std::string_view transport) {
  const Service* const service = run.mail_system().settings().master_cf.find_transport(transport);
  return service != nullptr && service->program == "local";
}

/// The service, and its nexthop, of an MTA that hands over what it has routed here: those of
/// local_transport, or "local" where mail is delivered in another way now.
TransportNexthop target_of_handed_over(const Resolution& run, const Address& address) {
  TransportNexthop target = split_transport(run.mail_system().settings().local_transport.value);
  if (!is_local_agent(run, target.transport)) {
    target = {std::string(kLocalService), run.mail_system().settings().myhostname.value};
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
void resolve_local(Resolution& run, const Recipient& recipient) {
  const NodeId root = run.trace.root();
  Recipient qualified = recipient;
  qualified.address = rewrite_address(recipient.address, run.mail_system().settings());
  auto local = is_local_domain(run.mail_system(), qualified.address.domain);
  if (local && *local == Match::yes) {
    const auto& parameter = run.mail_system().settings().local_transport;
    const auto target = split_transport(parameter.value);
    if (!is_local_agent(run, target.transport)) {
      hand_over(run, root, expansion_of(run, qualified),
                destination_of(run.mail_system().settings(), target, qualified.address.domain),
                {PassedBy::queue_manager, parameter.source, "local_transport"});
      return;
    }
  }
  deliver_as(run, root, target_of_handed_over(run, qualified.address),
             expansion_of(run, qualified));
}

/// The trace of an expansion that was given up: nothing of it is delivered.
std::set<std::string, std::less<>> folded(const Settings& settings,
                                          std::span<const std::string> addresses) {
  std::set<std::string, std::less<>> result;
  for (const std::string& address : addresses) {
    result.insert(fold_case(settings, address));
  }
  return result;
}

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

Expansion expansion_of(const Resolution& run, const Recipient& recipient) {
  Expansion expansion;
  expansion.recipient = recipient;
  expansion.sender = run.sender;
  return expansion;
}

void deliver_as(Resolution& run, NodeId parent, const TransportNexthop& target,
                Expansion expansion) {
  const std::string& service = target.transport;
  run_as_service(run, service);
  run.nexthop = target.nexthop;
  if (const auto failure = run.mail_system().settings().failure_of_service(service)) {
    add_failure(run, parent, expansion, *failure, Failure::service);
    return;
  }
  expand_recipient(run, parent, std::move(expansion));
}

void route_recipient(Resolution& run, NodeId parent, const Recipient& recipient) {
  const Expansion expansion = expansion_of(run, recipient);
  auto route = route_address(run.mail_system(), recipient.address, run.sender);
  if (!route) {
    add_leaf_of(run, parent, expansion, "error",
                status_of(route.error(), Failure::address_resolver), route.error().source,
                route.error().message());
    return;
  }
  Expansion routed = expansion;
  routed.recipient.address = route->recipient;
  if (!route->valid) {
    add_leaf_of(run, parent, routed, "error", Bounce{"5.1.3"_dsn, "bad address syntax"}, {}, {});
    return;
  }
  TraceNode node;
  node.step = Step::address_class;
  node.subject = std::string(name_of(route->address_class));
  node.detail = route->class_reason;
  node.source = route->class_source;
  run.trace.add(parent, std::move(node));
  for (std::string& warning : route->warnings) {
    add_note(run, parent, std::move(warning));
  }
  if (!route->entry.first.empty()) {
    TraceNode entry;
    entry.step = Step::transport;
    entry.subject = route->entry.first;
    entry.detail = route->entry.second;
    entry.source = route->source;
    run.trace.add(parent, std::move(entry));
  }
  if (is_double_bounce(*route, run.mail_system().settings())) {
    hand_over(run, parent, routed,
              Discard{"2.0.0"_dsn, "undeliverable postmaster notification discarded"},
              {PassedBy::queue_manager, run.mail_system().settings().double_bounce_sender.source,
               "double_bounce_sender"});
    return;
  }
  if (is_local_agent(run, route->transport)) {
    deliver_as(run, parent, {route->transport, route->nexthop}, std::move(routed));
    return;
  }
  hand_over(run, parent, routed,
            destination_of(run.mail_system().settings(), {route->transport, route->nexthop},
                           route->recipient.domain),
            {PassedBy::queue_manager, route->source, route->parameter});
}

Resolver::Resolver(const Settings& settings, World& world, TableUse use)
    : configurations_(settings, world, use), virtual_services_(configurations_) {}

Result<Address> Resolver::canonical_sender(const Address& sender, Stage stage) {
  return stage == Stage::local ? sender
                               : lastmile::canonical_sender(configurations_.mail_system(), sender,
                                                            MessageOrigin::outside);
}

void Resolver::release_tables() {
  configurations_.release_tables();
  virtual_services_.release_tables();
}

Trace Resolver::resolve(const ResolveRequest& request) {
  TraceNode root;
  root.step = Step::address;
  root.subject = to_external(request.recipient.address);
  Trace trace(std::move(root));
  Configuration& system = configurations_.mail_system();
  Resolution run{configurations_,
                 virtual_services_,
                 trace,
                 request,
                 "local",
                 &system,
                 request.sender,
                 folded(system.settings(), request.delivered_to),
                 DuplicateFilter(system.settings()),
                 0};
  if (request.stage != Stage::local) {
    note_settings(run, trace.root());
  }
  if (request.stage == Stage::local) {
    resolve_local(run, request.recipient);
  } else if (add_recipient_check(run, trace.root(), request.recipient) == Handled::no) {
    if (request.sender_failure) {
      add_cleanup_failure(run, trace.root(), request.recipient, *request.sender_failure);
    } else {
      expand_virtual(run, trace.root(), request.recipient);
    }
  }
  if (is_endless(run)) {
    return trace_of_endless(request);
  }
  if (!trace.has_acts()) {
    bounce(run, trace.root(), expansion_of(run, request.recipient), "5.3.5"_dsn,
           "the expansion names no recipient");
  }
  return trace;
}

}  // namespace lastmile
