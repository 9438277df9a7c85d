// SPDX-License-Identifier: Apache-2.0
#include "aliases/overloaded.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

using Found = Verification::Result;

/// What the delivery of a probe tells. What another host would have to answer is not known here.
Verification verdict_on(const Destination& destination) {
  return std::visit(
      Overloaded{
          [](const Bounce& bounce) {
            return Verification{Found::undeliverable, bounce.text};
          },
          [](const Defer& defer) {
            return defer.unseen ? Verification{} : Verification{Found::deferred, defer.text};
          },
          [](const Lmtp&) { return Verification{}; },
          [](const Remote&) { return Verification{}; },
          [](const Transport&) { return Verification{}; },
          [](const auto&) {
            return Verification{Found::deliverable, {}};
          },
      },
      destination);
}

}  // namespace

Verification verify_address(Pass& pass, const Address& address) {
  if (pass.is_probe) {
    return {};
  }
  const Run& run = pass.run;
  Trace trace({.step = Step::address, .subject = to_external(address)});
  Run probe{.configurations = run.configurations,
            .virtual_services = run.virtual_services,
            .request = run.request,
            .trace = trace,
            .budget = run.budget};
  Pass way{.run = probe, .path = pass.path, .entry = pass.entry, .is_probe = true};
  Recipient recipient;
  recipient.address = address;
  recipient.original = to_external(address);
  expand_virtual(way, trace.root(), recipient);
  const auto leaves = trace.leaves();
  // A list of several members, and what is submitted again, have arrived.
  return leaves.size() == 1 ? verdict_on(trace.leaf(leaves.front()).destination)
                            : Verification{Found::deliverable, {}};
}

}  // namespace lastmile
