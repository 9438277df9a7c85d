// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/delivery_record.h"

#include <algorithm>
#include <chrono>
#include <functional>
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

/// Of what tells the leaves of one message apart.
std::size_t hash_of(const LedgerKey& key) {
  return std::hash<std::string>()(key.original + '\0' + key.kind + '\0' + key.target + '\0' +
                                  key.recipient + '\0' + key.sender);
}

Ledger::Time now() {
  return std::chrono::system_clock::now();
}

}  // namespace

PendingEnd::PendingEnd(std::unique_ptr<Ledger> ledger, std::string message_key,
                       std::vector<std::string> recipients)
    : ledger_(std::move(ledger)),
      message_key_(std::move(message_key)),
      recipients_(std::move(recipients)) {}

void PendingEnd::confirm() {
  if (ledger_ && !recipients_.empty()) {
    ledger_->forget(message_key_, recipients_);
  }
  ledger_.reset();
}

DeliveryRecord::DeliveryRecord(std::unique_ptr<Ledger> ledger, const std::string& message_key,
                               std::span<const Trace> traces)
    : ledger_(std::move(ledger)), message_key_(message_key), traces_(traces) {
  for (const Trace& trace : traces) {
    recipients_.push_back(trace.node(trace.root()).subject);
  }
  count_copies();
}

// A list may have a million leaves, whose keys would take half a gigabyte. Those alone are made
// whose hash another one has, and all are made again when they are asked for.
void DeliveryRecord::count_copies() {
  std::vector<std::pair<std::size_t, LeafRef>> hashes;
  for (std::size_t index = 0; index < traces_.size(); ++index) {
    for (const NodeId id : traces_[index].acts()) {
      const LeafRef leaf = {index, id};
      hashes.emplace_back(hash_of(common_key(leaf)), leaf);
    }
  }
  std::sort(hashes.begin(), hashes.end());
  for (auto begin = hashes.begin(); begin != hashes.end();) {
    const auto end = std::find_if(begin, hashes.end(),
                                  [&](const auto& entry) { return entry.first != begin->first; });
    std::map<LedgerKey, int> counts;
    for (auto entry = begin; end - begin > 1 && entry != end; ++entry) {
      if (const int copy = counts[common_key(entry->second)]++; copy > 0) {
        copies_.emplace(entry->second, copy);
      }
    }
    begin = end;
  }
}

LedgerKey DeliveryRecord::common_key(LeafRef leaf) const {
  return ledger_key(message_key_, recipients_[leaf.trace], traces_[leaf.trace].leaf(leaf.node));
}

LedgerKey DeliveryRecord::key_of(LeafRef leaf) const {
  LedgerKey key = common_key(leaf);
  const auto copy = copies_.find(leaf);
  key.copy = copy == copies_.end() ? 0 : copy->second;
  return key;
}

std::vector<Claim> DeliveryRecord::claim(std::span<const LeafRef> leaves) {
  std::vector<LedgerKey> keys;
  keys.reserve(leaves.size());
  for (const LeafRef leaf : leaves) {
    keys.push_back(key_of(leaf));
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
    ledger_->settle(key_of(leaf), settlement, now());
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

PendingEnd DeliveryRecord::await_confirmation(const std::vector<bool>& comes_back) && {
  std::vector<std::string> settled;
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    if (!comes_back[i]) {
      settled.push_back(std::move(recipients_[i]));
    }
  }
  // It outlives the log of this delivery.
  ledger_->stop_warning();
  return {std::move(ledger_), std::move(message_key_), std::move(settled)};
}

}  // namespace lastmile
