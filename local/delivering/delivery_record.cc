#include "local/delivering/delivery_record.h"

#include <chrono>
#include <utility>

#include "aliases/address.h"

namespace lastmile {

namespace {

/// The key of the first leaf that looks like this one.
LedgerKey ledger_key(std::string message, std::string original, const Leaf& leaf) {
  LedgerKey key;
  key.message = std::move(message);
  key.original = std::move(original);
  key.kind = kind_of(leaf.destination);
  key.target = target_of(leaf.destination);
  key.recipient = to_internal(leaf.recipient.address);
  key.sender = to_internal(leaf.sender);
  key.uid = leaf.rights->uid;
  return key;
}

Ledger::Time now() {
  return std::chrono::system_clock::now();
}

}  // namespace

DeliveryRecord::DeliveryRecord(std::unique_ptr<Ledger> ledger, const std::string& message_key,
                               std::span<const Trace> traces)
    : ledger_(std::move(ledger)), message_key_(message_key) {
  std::map<LedgerKey, int> copies;
  for (std::size_t index = 0; index < traces.size(); ++index) {
    const Trace& trace = traces[index];
    recipients_.push_back(trace.node(trace.root()).subject);
    for (const NodeId id : trace.acts()) {
      LedgerKey key = ledger_key(message_key_, recipients_.back(), trace.leaf(id));
      const int copy = copies[key]++;
      key.copy = copy;
      keys_.emplace(LeafRef{index, id}, std::move(key));
    }
  }
}

std::vector<Claim> DeliveryRecord::claim(std::span<const LeafRef> leaves) {
  std::vector<LedgerKey> keys;
  keys.reserve(leaves.size());
  for (const LeafRef leaf : leaves) {
    keys.push_back(keys_.at(leaf));
  }
  auto claims = ledger_->claim(keys, now());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (is_granted(claims[i])) {
      unsettled_.insert(leaves[i]);
    }
  }
  return claims;
}

void DeliveryRecord::settle(LeafRef leaf, Settlement settlement) {
  if (unsettled_.erase(leaf) != 0) {
    ledger_->settle(keys_.at(leaf), settlement, now());
  }
}

void DeliveryRecord::finish(End end) {
  if (end == End::settled) {
    ledger_->forget(message_key_, recipients_);
    return;
  }
  while (!unsettled_.empty()) {
    settle(*unsettled_.begin(), Settlement::not_done);
  }
  if (end == End::settled_by_name) {
    ledger_->expire_soon(message_key_, recipients_, now());
  } else {
    ledger_->flush();
  }
}

}  // namespace lastmile
