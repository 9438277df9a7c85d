// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/address_lookup.h"
#include "transports/rewrite.h"

namespace lastmile {
namespace {

/// What sender_bcc_maps or recipient_bcc_maps has for an address.
Result<Ok> note_copy(Pass& pass, NodeId parent, TableList& table, const std::string& parameter,
                     const Address& address) {
  auto found = find_address(*pass.path.cleanup, table, address);
  if (!found) {
    return std::move(found).error().during("looking in " + parameter);
  }
  if (!*found) {
    return Ok{};
  }
  // One address in internal form, as always_bcc: quotes and commas are a part of it.
  add_copy(pass, parent, parameter + ' ' + (*found)->key, split_address((*found)->hit.entry.value),
           source_of((*found)->hit));
  return Ok{};
}

/// "mailbox:/var/mail/archive".
std::string places_of(const Pass& pass, const ResolveRequest& request, const std::string& copy) {
  constexpr std::size_t kMostNamed = 8;
  const auto address = parse_address(copy);
  if (!address) {
    return "no address";
  }
  const Run& run = pass.run;
  Trace trace({.step = Step::address, .subject = copy});
  Run another{.configurations = run.configurations,
              .virtual_services = run.virtual_services,
              .request = request,
              .trace = trace,
              .budget = run.budget};
  // What is there besides has no recipients besides, as what is submitted again.
  Pass way{.run = another,
           .path = pass.path,
           .entry = pass.entry,
           .sender = pass.sender,
           .resubmissions = 1};
  Recipient recipient;
  recipient.address = *address;
  recipient.original = copy;
  expand_virtual(way, trace.root(), recipient);
  std::vector<std::string> places;
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    const bool is_remote = std::holds_alternative<Remote>(leaf.destination);
    places.push_back(is_remote ? labelled("remote", to_external(leaf.recipient.address))
                               : to_string(leaf.destination));
  }
  const std::size_t more = places.size() > kMostNamed ? places.size() - kMostNamed : 0;
  places.resize(places.size() - more);
  return (places.empty() ? "nowhere" : comma_list(places)) +
         (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

void add_copy(Pass& pass, NodeId parent, std::string cause, const Address& copy,
              std::optional<SourcePos> source) {
  TraceNode node{
      .step = Step::copy,
      .subject = std::move(cause),
      .detail = to_external(rewrite_address(copy, pass.path.cleanup->rewriting().settings())),
      .source = std::move(source)};
  pass.run.trace.add(parent, node);
}

Result<Ok> note_copies(Pass& pass, NodeId parent, const Address& recipient) {
  const Settings& settings = pass.path.cleanup->settings();
  if (pass.resubmissions > 0) {
    return Ok{};
  }
  if (!settings.always_bcc.value.empty()) {
    add_copy(pass, parent, "always_bcc", split_address(settings.always_bcc.value),
             settings.always_bcc.source);
  }
  auto noted = note_copy(pass, parent, pass.path.cleanup->tables(&Settings::sender_bcc_maps),
                         "sender_bcc_maps", pass.sender);
  if (!noted) {
    return noted;
  }
  return note_copy(pass, parent, pass.path.cleanup->tables(&Settings::recipient_bcc_maps),
                   "recipient_bcc_maps", recipient);
}

void show_copies(Pass& pass) {
  Trace& trace = pass.run.trace;
  ResolveRequest request = pass.run.request;
  request.misses = Misses::hidden;
  const std::size_t size = trace.size();
  for (NodeId id = trace.root(); static_cast<std::size_t>(id) < size; id = next_of(id)) {
    if (trace.step(id) != Step::copy) {
      continue;
    }
    const TraceNode node = trace.node(id);
    add_note(trace, trace.root(),
             "the copy for " + node.detail + ": " + places_of(pass, request, node.detail),
             node.source);
  }
}

}  // namespace lastmile
