// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "local/delivering/deliver.h"
#include "local/delivering/ledger.h"

namespace lastmile {

/// What is left to be done when the MTA has learnt how a delivery ended: its name is not needed any
/// more, and the same message may come once more.
class PendingEnd {
 public:
  PendingEnd() = default;
  /// \param recipients  those that the MTA does not bring back
  PendingEnd(std::unique_ptr<Ledger> ledger, std::string message_key,
             std::vector<std::string> recipients);

  /// The MTA knows: forgets the message.
  void confirm();

 private:
  std::unique_ptr<Ledger> ledger_ = nullptr;  ///< Null: nothing is left to be done.
  std::string message_key_ = {};
  std::vector<std::string> recipients_ = {};
};

/// What the ledger knows of the leaves of one delivery, and what it is told of them.
class DeliveryRecord {
 public:
  /// \param message_key  see message_key()
  /// \param traces  one for each recipient; they have to outlive it
  DeliveryRecord(std::unique_ptr<Ledger> ledger, const std::string& message_key,
                 std::span<const Trace> traces);

  /// Asks for leaves, all at once. \return one answer for each, in the same order
  std::vector<Claim> claim(std::span<const LeafRef> leaves);

  /// Says how a leaf ended that was claimed.
  void settle(LeafRef leaf, Settlement settlement);

  /// Writes down what was settled, before something that may take long.
  void flush() { ledger_->flush(); }

  /// Whether a retry will find what was settled.
  bool remembers() { return ledger_->remembers(); }

  enum class End {
    settled,     ///< The MTA does not come back with these recipients.
    comes_back,  ///< It does.
    /// It does not, unless it is not told of the end: this process may be killed before its exit.
    /// By the name that the MTA gave the message, it is known again.
    settled_by_name,
  };
  /// Ends the record of this delivery. What was claimed and not settled is to be performed again.
  void finish(End end);

  /// Behind finish(): what is to be done when the MTA has learnt of the end.
  /// \param comes_back  for each recipient, whether the MTA brings it again
  PendingEnd await_confirmation(const std::vector<bool>& comes_back) &&;

 private:
  /// What all leaves that look like this one have in common.
  LedgerKey common_key(LeafRef leaf) const;
  LedgerKey key_of(LeafRef leaf) const;
  void count_copies();

  std::unique_ptr<Ledger> ledger_;
  std::string message_key_;
  std::vector<std::string> recipients_;
  std::span<const Trace> traces_;
  std::map<LeafRef, int> copies_ = {};  ///< Of leaves that look like one before them.
  std::set<LeafRef> unsettled_;         ///< Claimed by this process.
};

}  // namespace lastmile
