// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <span>
#include <utility>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

/// Adds the leaf of what could not be decided; the administrator learns why.
void add_failed_leaf(Pass& pass, NodeId parent, Leaf leaf, const Error& error) {
  leaf.reason = error.message();
  std::string detail = leaf.reason;
  add_leaf_node(pass, parent, std::move(leaf), error.source, std::move(detail));
}

/// What a daemon that cannot start is to the queue manager.
void add_start_failure(Pass& pass, NodeId parent, const Leaf& leaf, const Error& error) {
  Leaf failed = leaf;
  failed.destination = status_of(error, Failure::service);
  add_failed_leaf(pass, parent, std::move(failed), error);
}

// ---- virtual(8)

void add_virtual_leaf(Pass& pass, NodeId parent, Leaf leaf, VirtualMailbox mailbox) {
  TraceNode node{.step = Step::mailbox_rule,
                 .subject = "virtual_mailbox_maps " + mailbox.key,
                 .detail = std::move(mailbox.value),
                 .source = mailbox.source};
  const NodeId id = pass.run.trace.add(parent, node);
  leaf.destination = std::move(mailbox.destination);
  leaf.rights = std::move(mailbox.rights);
  leaf.delivered_to = to_external(leaf.recipient.address);
  add_leaf_node(pass, id, std::move(leaf), std::move(mailbox.source), {});
}

void deliver_virtual(Pass& pass, NodeId parent, Leaf leaf, const std::string& service) {
  auto tables = pass.run.virtual_services.tables_of(service);
  if (!tables) {
    add_start_failure(pass, parent, leaf, tables.error());
    return;
  }
  begin_misses(pass.run);
  auto mailbox = (*tables)->find(leaf.recipient.address);
  show_misses(pass.run, parent, mailbox && *mailbox ? MissedSo::goes_on : MissedSo::is_refused);
  if (!mailbox) {
    leaf.destination = status_of(mailbox.error(), Failure::virtual_mailbox);
    add_failed_leaf(pass, parent, std::move(leaf), mailbox.error());
    return;
  }
  if (!*mailbox) {
    leaf.destination = Bounce{
        "5.1.1"_dsn,
        "unknown user: \"" +
            to_internal(fold_case(pass.run.mail_system().settings(), leaf.recipient.address)) +
            '"'};
    add_leaf_node(pass, parent, std::move(leaf),
                  pass.run.mail_system().settings().virtual_mailbox_maps.source, {});
    return;
  }
  add_virtual_leaf(pass, parent, std::move(leaf), **std::move(mailbox));
}

// ---- pipe(8)

/// The command for this recipient, as far as it is known without a message.
Result<std::string> command_shown(const PipeService& service, const Leaf& leaf,
                                  const std::string& nexthop, const Settings& settings) {
  Envelope envelope;
  envelope.sender = leaf.sender;
  const auto words =
      pipe_words(service, std::span(&leaf.recipient, 1), {nexthop, envelope, {}}, settings);
  if (!words) {
    return words.error();
  }
  return words_as_line(*words);
}

void deliver_pipe(Pass& pass, NodeId parent, Leaf leaf, const Service& service, HandOver handed) {
  const Settings& system = pass.run.mail_system().settings();
  const Settings& own = system.of_service(service.name);
  auto parsed = parse_pipe_service(service);
  auto rights = parsed ? pipe_rights(*parsed, service.source, own, pass.run.world())
                       : Result<Rights>(parsed.error());
  if (!rights) {
    add_start_failure(pass, parent, leaf, rights.error());
    return;
  }
  if (const auto limit = pipe_time_limit(own, service.name); !limit) {
    add_start_failure(pass, parent, leaf, limit.error());
    return;
  }
  const std::string nexthop = std::get<Transport>(leaf.destination).nexthop;
  auto command = command_shown(*parsed, leaf, nexthop, own);
  if (!command) {
    Error error = std::move(command).error();
    error.source = service.source;
    leaf.destination = status_of(error, Failure::command_setting);
    add_failed_leaf(pass, parent, std::move(leaf), error);
    return;
  }
  const std::size_t limit =
      handed.by == PassedBy::local_agent
          ? 1
          : destination_recipient_limit(pass.path.queue_manager->settings(), service.name);
  leaf.destination = Pipe{service.name, nexthop, *std::move(command), limit};
  leaf.rights = *std::move(rights);
  const NodeId id = add_leaf_node(pass, parent, std::move(leaf), std::move(handed.source),
                                  std::move(handed.parameter));
  auto objection = objection_to_several(parsed->flags, service.name);
  if (objection && limit != 1) {
    pass.run.lone_pipes.push_back({id, *std::move(objection), service.source});
  }
  add_surroundings(pass.run, id, own, parsed->directory.value_or(""), service.source);
}

// ---- another local(8)

/// The other service begins anew with the recipient, as with one from the queue.
void deliver_by_other(Pass& pass, NodeId parent, const Leaf& leaf, const Service& service,
                      HandOver handed) {
  const auto& target = std::get<Transport>(leaf.destination);
  TraceNode node{.step = Step::transport,
                 .subject = std::move(handed.parameter),
                 .detail = target.service + ':' + target.nexthop,
                 .source = std::move(handed.source)};
  const NodeId id = pass.run.trace.add(parent, node);
  if (handed.hand_overs >= kMaxHandOvers) {
    const std::string reason = "local(8) services hand the recipient to each other without end";
    Destination failed = status_of(misconfigured(reason, service.source), Failure::service_circle);
    std::get<Defer>(failed).reason = reason;
    add_leaf_of(pass, id, expansion_of(pass, leaf.recipient), service.name, std::move(failed),
                service.source, reason);
    return;
  }
  deliver_as(pass, id, {target.service, target.nexthop}, expansion_of(pass, leaf.recipient),
             handed.hand_overs + 1);
}

/// The service that a destination is handed to; null for what needs none.
const Service* service_of(const Destination& destination, const MasterCf& master_cf) {
  if (const auto* const transport = std::get_if<Transport>(&destination)) {
    return master_cf.find_transport(transport->service);
  }
  const auto* const lmtp = std::get_if<Lmtp>(&destination);
  return lmtp == nullptr ? nullptr : master_cf.find_transport(lmtp->service);
}

}  // namespace

void hand_over(Pass& pass, NodeId parent, const Expansion& expansion, Destination destination,
               HandOver handed) {
  Leaf leaf;
  leaf.recipient = expansion.recipient;
  leaf.sender = pass.sender;  // An owner- alias is not passed on.
  leaf.report_to = pass.sender;
  leaf.agent = agent_name(destination);
  const Settings& system = pass.run.mail_system().settings();
  const Service* const service = service_of(destination, system.master_cf);
  leaf.destination = std::move(destination);
  if (const auto* const deferred = std::get_if<Defer>(&leaf.destination)) {
    leaf.reason = deferred->reason;
  }
  if (const auto failure =
          service == nullptr ? std::nullopt : system.failure_of_service(service->name)) {
    add_start_failure(pass, parent, leaf, *failure);
    return;
  }
  if (service != nullptr && service->program == "virtual") {
    deliver_virtual(pass, parent, std::move(leaf), service->name);
    return;
  }
  if (service != nullptr && service->program == "pipe") {
    deliver_pipe(pass, parent, std::move(leaf), *service, std::move(handed));
    return;
  }
  if (service != nullptr && service->program == "local" && handed.by == PassedBy::local_agent) {
    deliver_by_other(pass, parent, leaf, *service, std::move(handed));
    return;
  }
  add_leaf_node(pass, parent, std::move(leaf), std::move(handed.source),
                std::move(handed.parameter));
}

}  // namespace lastmile
