// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace lastmile {

/// One destination of one message.
struct LedgerKey {
  /// What tells this message from all others for as long as an entry lives. An entry that is taken
  /// for another message's loses mail. \see message_key()
  std::string message = {};
  /// The recipient for whom the MTA called, external form: two recipients of a message that lead to
  /// one mailbox are two copies there.
  std::string original = {};
  std::string kind = {};       ///< "mailbox", "command", ...
  std::string target = {};     ///< What stands behind the kind.
  std::string recipient = {};  ///< After expansion, internal form.
  std::string sender = {};     ///< After owner- aliases, internal form.
  uid_t uid = 0;               ///< With whose rights.
  /// Counts destinations of one delivery that are alike in all else: each gets its copy.
  int copy = 0;

  friend bool operator<(const LedgerKey& left, const LedgerKey& right) {
    const auto all = [](const LedgerKey& key) {
      return std::tie(key.message, key.original, key.kind, key.target, key.recipient, key.sender,
                      key.uid, key.copy);
    };
    return all(left) < all(right);
  }
};

/// What may be done with a destination.
enum class Claim {
  mine,          ///< Perform it.
  perhaps_done,  ///< Perform it; an earlier attempt may have got through before it was cut off.
  done_before,   ///< Do not perform it: it is done.
  busy,          ///< Do not perform it: another process is at it. Try again later.
};

/// Whether who asked may perform it.
constexpr bool is_granted(Claim claim) {
  return claim == Claim::mine || claim == Claim::perhaps_done;
}

/// How an attempt ended.
enum class Settlement {
  done,       ///< Delivered, or failed for good and reported: never to be performed again.
  not_done,   ///< Nothing was delivered: to be performed again.
  uncertain,  ///< Nobody knows; to be performed again, with a word about it.
};

/// The record of destinations that messages have reached, so that a retry delivers what is missing
/// and nothing else.
///
/// It can prevent a second copy; it never prevents a first one. Whatever is wrong with it (locked,
/// damaged, not writable), the answer is Claim::mine after a bounded time, and a warning.
class Ledger {
 public:
  using Time = std::chrono::system_clock::time_point;

  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  virtual ~Ledger() = default;

  /// Asks for destinations, and takes those whose answer is `mine` or `perhaps_done`. A claim whose
  /// process is gone, or that is older than the lease, is free again: its end is uncertain.
  /// \return one answer for each key, in the same order
  virtual std::vector<Claim> claim(std::span<const LedgerKey> keys, Time now) = 0;

  /// Says how a claimed destination ended. It is written down by the next call of another function:
  /// what follows at once costs no transaction of its own.
  virtual void settle(const LedgerKey& key, Settlement settlement, Time now) = 0;

  /// Writes down what was settled.
  virtual void flush() = 0;

  /// Drops all that is known of a message for recipients that the MTA will not bring back. Keeps it
  /// while another process that was told `busy` has not come back for it.
  virtual void forget(const std::string& message, std::span<const std::string> originals) = 0;

  /// Keeps what is known of a message for these recipients only for as long as an MTA that did not
  /// learn how this delivery ended takes to come back: a few hours. Another message is never taken
  /// for this one meanwhile when the MTA has given it a name.
  virtual void expire_soon(const std::string& message, std::span<const std::string> originals,
                           Time now) = 0;

  /// Whether a retry will find what is settled. Once this is false, it stays so.
  virtual bool remembers() = 0;

  /// Nobody is there any more to be told of trouble.
  virtual void stop_warning() {}
};

/// The ledger of who keeps none: everything may be performed, and nothing is remembered.
class ForgetfulLedger final : public Ledger {
 public:
  std::vector<Claim> claim(std::span<const LedgerKey> keys, Time /*now*/) override {
    return std::vector<Claim>(keys.size(), Claim::mine);
  }
  void settle(const LedgerKey& /*key*/, Settlement /*settlement*/, Time /*now*/) override {}
  void flush() override {}
  void forget(const std::string& /*message*/, std::span<const std::string> /*originals*/) override {
  }
  void expire_soon(const std::string& /*message*/, std::span<const std::string> /*originals*/,
                   Time /*now*/) override {}
  bool remembers() override { return false; }
};

}  // namespace lastmile
