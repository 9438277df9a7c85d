#include "local/ledger.h"

#include <sqlite3.h>

#include <optional>
#include <utility>

#include "aliases/address.h"
#include "local/ledger_database.h"
#include "local/ledger_owner.h"

namespace lastmile {

LedgerKey ledger_key(std::string message, const Leaf& leaf) {
  LedgerKey key;
  key.message = std::move(message);
  key.kind = kind_of(leaf.destination);
  key.target = target_of(leaf.destination);
  key.recipient = to_internal(leaf.recipient.address);
  key.original = leaf.recipient.original;
  key.sender = to_internal(leaf.sender);
  key.uid = leaf.rights.uid;
  return key;
}

namespace {

/// Entries that one process removes because they are too old: enough to keep up, too few to be
/// felt.
constexpr int kPurgedAtOnce = 200;

enum class State { in_progress = 1, done = 2, uncertain = 3 };

std::int64_t seconds_of(Ledger::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Statement& bind(Statement& statement, const LedgerKey& key) {
  statement.text(key.message).text(key.kind).text(key.target).text(key.recipient);
  return statement.text(key.original).text(key.sender).number(key.uid);
}

class SqliteLedger final : public Ledger {
 public:
  explicit SqliteLedger(LedgerOptions options) : options_(std::move(options)) {}

  Claim claim(const LedgerKey& key, Time now) override {
    Claim answer = Claim::mine;
    attempt("delivering without it", [&] { return try_claim(key, seconds_of(now), answer); });
    return answer;
  }

  void settle(const LedgerKey& key, Settlement settlement, Time now) override {
    attempt("a retry may deliver again",
            [&] { return try_settle(key, settlement, seconds_of(now)); });
  }

  void forget(std::string_view message) override {
    attempt("its entries stay until they expire", [&] {
      Statement statement(database_.get(), "DELETE FROM delivery WHERE message = ?1");
      statement.text(message).step();
      return statement.trouble();
    });
  }

 private:
  struct Entry {
    State state = State::done;
    std::string owner = {};
    std::int64_t lease_end = 0;
    std::int64_t updated = 0;
  };

  /// Runs `work` on the open database; warns when that is not possible or fails.
  template <class Work>
  void attempt(const char* consequence, Work work) {
    if (unusable_) {
      return;
    }
    std::optional<Trouble> trouble = open();
    if (!trouble) {
      trouble = work();
    }
    if (trouble) {
      report(*trouble, consequence);
    }
  }

  void report(const Trouble& trouble, const char* consequence) {
    const bool locked = is_locked(trouble);
    if (options_.warn && !(locked && impatient_)) {
      options_.warn("ledger " + options_.path + ": " + trouble.text + "; " + consequence);
    }
    if (!locked) {
      unusable_ = true;
      database_.reset();
      return;
    }
    // Who has waited once does not wait again for each of a thousand destinations.
    impatient_ = true;
    if (database_) {
      sqlite3_busy_timeout(database_.get(), 0);
    }
  }

  std::optional<Trouble> open() {
    if (database_) {
      return std::nullopt;
    }
    owner_ = to_string(this_process());
    return open_ledger_database(
        options_.path, impatient_ ? std::chrono::milliseconds(0) : options_.patience, database_);
  }

  std::optional<Trouble> try_claim(const LedgerKey& key, std::int64_t now, Claim& answer) {
    Transaction transaction(database_.get());
    std::optional<Trouble> trouble = transaction.trouble();
    if (!trouble) {
      trouble = purge(now);
    }
    std::optional<Entry> entry;
    if (!trouble) {
      trouble = find(key, entry);
    }
    if (trouble) {
      return trouble;
    }
    // What was read is true whatever becomes of the rest.
    answer = judge(entry, now);
    if (answer == Claim::mine || answer == Claim::perhaps_done) {
      trouble = put(key, State::in_progress, now);
    }
    return trouble ? trouble : transaction.commit();
  }

  Claim judge(const std::optional<Entry>& entry, std::int64_t now) const {
    const std::int64_t lifetime = options_.lifetime.count();
    if (!entry || entry->updated < now - lifetime || entry->updated > now + lifetime) {
      return Claim::mine;
    }
    switch (entry->state) {
      case State::done:
        return Claim::done_before;
      case State::uncertain:
        return Claim::perhaps_done;
      case State::in_progress:
        break;
    }
    const std::int64_t lease = options_.lease.count();
    const bool lease_holds = now < entry->lease_end && entry->lease_end <= now + 2 * lease;
    const auto owner = parse_owner(entry->owner);
    const bool alive = owner && life_of(*owner) == Life::perhaps;
    return lease_holds && alive ? Claim::busy : Claim::perhaps_done;
  }

  std::optional<Trouble> try_settle(const LedgerKey& key, Settlement settlement, std::int64_t now) {
    switch (settlement) {
      case Settlement::done:
        return put(key, State::done, now);
      case Settlement::uncertain:
        return put(key, State::uncertain, now);
      case Settlement::not_done:
        return release(key);
    }
    return std::nullopt;
  }

  std::optional<Trouble> find(const LedgerKey& key, std::optional<Entry>& entry) {
    Statement statement(database_.get(),
                        "SELECT state, owner, lease_end, updated FROM delivery WHERE message = ?1 "
                        "AND kind = ?2 AND target = ?3 AND recipient = ?4 AND original = ?5 "
                        "AND sender = ?6 AND uid = ?7");
    if (bind(statement, key).step()) {
      entry = Entry{static_cast<State>(statement.number_at(0)), statement.text_at(1),
                    statement.number_at(2), statement.number_at(3)};
    }
    return statement.trouble();
  }

  /// What is done stays done, whatever a slower process says of it later; only a claim that judge()
  /// allowed replaces it.
  std::optional<Trouble> put(const LedgerKey& key, State state, std::int64_t now) {
    Statement statement(
        database_.get(),
        "INSERT INTO delivery (message, kind, target, recipient, original, sender, uid, state, "
        "owner, lease_end, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT DO UPDATE SET state = excluded.state, owner = excluded.owner, "
        "lease_end = excluded.lease_end, updated = excluded.updated "
        "WHERE NOT (delivery.state = 2 AND excluded.state = 3)");
    bind(statement, key).number(static_cast<int>(state)).text(owner_);
    statement.number(now + options_.lease.count()).number(now).step();
    return statement.trouble();
  }

  /// Gives a claim back, if it is still this process's.
  std::optional<Trouble> release(const LedgerKey& key) {
    Statement statement(database_.get(),
                        "DELETE FROM delivery WHERE message = ?1 AND kind = ?2 AND target = ?3 AND "
                        "recipient = ?4 AND original = ?5 AND sender = ?6 AND uid = ?7 "
                        "AND state = 1 AND owner = ?8");
    bind(statement, key).text(owner_).step();
    return statement.trouble();
  }

  /// Once for each process.
  std::optional<Trouble> purge(std::int64_t now) {
    if (purged_) {
      return std::nullopt;
    }
    purged_ = true;
    Statement statement(database_.get(),
                        "DELETE FROM delivery WHERE id IN "
                        "(SELECT id FROM delivery WHERE updated < ?1 LIMIT ?2)");
    statement.number(now - options_.lifetime.count()).number(kPurgedAtOnce).step();
    return statement.trouble();
  }

  LedgerOptions options_;
  std::string owner_;  ///< This process, once the file is open.
  DatabaseHandle database_;
  bool unusable_ = false;
  bool impatient_ = false;
  bool purged_ = false;
};

}  // namespace

std::unique_ptr<Ledger> open_ledger(LedgerOptions options) {
  return std::make_unique<SqliteLedger>(std::move(options));
}

}  // namespace lastmile
