#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "local/trace.h"

namespace lastmile {

/// One destination of one message.
struct LedgerKey {
  /// What tells this message from all others for as long as an entry lives. A queue ID alone is not
  /// enough: an MTA uses it again. An entry that is taken for another message's loses mail.
  std::string message = {};
  std::string kind = {};       ///< "mailbox", "command", ...
  std::string target = {};     ///< What stands behind the kind.
  std::string recipient = {};  ///< After expansion, internal form.
  /// As it came into the mail system: two recipients of a message that lead to one mailbox are two
  /// copies there.
  std::string original = {};
  std::string sender = {};  ///< After owner- aliases, internal form.
  uid_t uid = 0;            ///< With whose rights.

  friend bool operator==(const LedgerKey&, const LedgerKey&) = default;
};

/// The key of a leaf.
LedgerKey ledger_key(std::string message, const Leaf& leaf);

/// What may be done with a destination.
enum class Claim {
  mine,          ///< Perform it.
  perhaps_done,  ///< Perform it; an earlier attempt may have got through before it was cut off.
  done_before,   ///< Do not perform it: it is done.
  busy,          ///< Do not perform it: another process is at it. Try again later.
};

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

  /// Asks for a destination, and takes it when the answer is `mine` or `perhaps_done`. A claim
  /// whose process is gone, or that is older than the lease, is free again: its end is uncertain.
  virtual Claim claim(const LedgerKey& key, Time now) = 0;

  /// Says how a claimed destination ended.
  virtual void settle(const LedgerKey& key, Settlement settlement, Time now) = 0;

  /// Drops all that is known of a message that the MTA will not bring back.
  virtual void forget(std::string_view message) = 0;
};

/// `lastmile_ledger =`: everything is to be performed, nothing is remembered.
class NullLedger final : public Ledger {
 public:
  Claim claim(const LedgerKey& /*key*/, Time /*now*/) override { return Claim::mine; }
  void settle(const LedgerKey& /*key*/, Settlement /*settlement*/, Time /*now*/) override {}
  void forget(std::string_view /*message*/) override {}
};

struct LedgerOptions {
  std::string path = {};  ///< Its directory must exist. The file is made with mode 0600.
  /// After this time an entry means nothing any more. Longer than an MTA tries.
  std::chrono::seconds lifetime = std::chrono::hours(5 * 24);
  /// Longer than any delivery takes.
  std::chrono::seconds lease = std::chrono::hours(1);
  /// How long a call may wait for other processes.
  std::chrono::milliseconds patience = std::chrono::seconds(1);
  /// Gets each kind of trouble once.
  std::function<void(const std::string&)> warn = {};
};

/// A ledger in an SQLite file, for any number of processes of one host. The file is opened by the
/// first call that needs it. The process may fork; the child must not use the ledger.
std::unique_ptr<Ledger> open_ledger(LedgerOptions options);

}  // namespace lastmile
