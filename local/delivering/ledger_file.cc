// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_file.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "local/delivering/ledger_database.h"
#include "local/delivering/ledger_owner.h"

namespace lastmile {

namespace {

/// Entries that one process looks at to remove those that are too old. Keys are digests, so that
/// processes look at all parts of the file in turn.
constexpr int kExaminedAtOnce = 20;

/// For how long what is done is kept behind the end of a message, for an MTA that did not learn of
/// it: twice Postfix's longest wait between two attempts (maximal_backoff_time), and more.
constexpr std::int64_t kKeptBehindEnd = std::int64_t{3} * 3600;

enum class State { in_progress = 1, done = 2, uncertain = 3 };

std::int64_t seconds_of(Ledger::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// The columns that name one entry, and the condition that it is the one of a key; parameters 1 to
/// 8 are what bind() binds.
const std::string kKeyColumns = "message, original, kind, target, recipient, sender, uid, copy";
const std::string kIsKey = '(' + kKeyColumns + ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// What a file is at a path: another one in its place, or one that others may write to now, is not
/// the one that was opened.
struct FileMark {
  bool exists = false;
  dev_t device = 0;
  ino_t number = 0;
  uid_t owner = 0;
  mode_t mode = 0;

  static FileMark of(const std::string& path) {
    struct stat attributes = {};
    if (lstat(path.c_str(), &attributes) != 0) {
      return {};
    }
    return {true, attributes.st_dev, attributes.st_ino, attributes.st_uid, attributes.st_mode};
  }
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

Statement& bind(Statement& statement, const LedgerKey& key) {
  statement.text(key.message).text(key.original).text(key.kind).text(key.target);
  return statement.text(key.recipient).text(key.sender).number(key.uid).number(key.copy);
}

}  // namespace

struct KeptLedgerFile::State {
  DatabaseHandle database = {};
  std::string path = {};
  FileMark mark = {};
  pid_t process = 0;  ///< A child must not use what its parent has opened.
};

KeptLedgerFile::KeptLedgerFile() : state_(std::make_unique<State>()) {}
KeptLedgerFile::~KeptLedgerFile() = default;

namespace {

class SqliteLedger final : public Ledger {
 public:
  explicit SqliteLedger(LedgerOptions options) : options_(std::move(options)) {}
  SqliteLedger(const SqliteLedger&) = delete;
  SqliteLedger& operator=(const SqliteLedger&) = delete;
  ~SqliteLedger() override {
    write_settled();
    give_back();
  }

  std::vector<Claim> claim(std::span<const LedgerKey> keys, Time now) override {
    std::vector<Claim> answers(keys.size(), Claim::mine);
    attempt("delivering without it", [&] { return try_claim(keys, seconds_of(now), answers); });
    return answers;
  }

  void settle(const LedgerKey& key, Settlement settlement, Time now) override {
    settled_.push_back({key, settlement, seconds_of(now)});
  }

  void flush() override { write_settled(); }

  void forget(const std::string& message, std::span<const std::string> originals) override {
    attempt("its entries stay until they expire", [&] { return try_forget(message, originals); });
  }

  void expire_soon(const std::string& message, std::span<const std::string> originals,
                   Time now) override {
    attempt("a retry may deliver again",
            [&] { return try_expire_soon(message, originals, seconds_of(now)); });
  }

  void stop_warning() override { options_.warn = {}; }

  bool remembers() override {
    if (!database_ && !unusable_ && !impatient_) {
      attempt("delivering without it", [] { return std::optional<Trouble>(); });
    }
    return !unusable_ && !impatient_;
  }

 private:
  struct Entry {
    State state = State::done;
    std::string owner = {};
    std::int64_t lease_end = 0;
    std::int64_t updated = 0;
    bool is_awaited = false;
  };
  struct Settled {
    LedgerKey key = {};
    Settlement settlement = Settlement::uncertain;
    std::int64_t time = 0;
  };

  /// Runs `work` in one transaction on the open database, behind what was settled before; warns
  /// when that is not possible or fails.
  template <class Work>
  void attempt(const char* consequence, Work work) {
    if (unusable_) {
      return;
    }
    std::optional<Trouble> trouble = open();
    if (!trouble) {
      trouble = transact(work);
    }
    if (trouble) {
      report(*trouble, consequence);
    }
  }

  template <class Work>
  std::optional<Trouble> transact(Work work) {
    Transaction transaction(database_.get());
    std::optional<Trouble> trouble = transaction.trouble();
    for (const Settled& each : settled_) {
      if (!trouble) {
        trouble = record(each);
      }
    }
    if (!trouble) {
      trouble = work();
    }
    if (!trouble) {
      trouble = transaction.commit();
    }
    if (!trouble) {
      settled_.clear();
    }
    return trouble;
  }

  void write_settled() {
    if (!settled_.empty()) {
      attempt("a retry may deliver again", [] { return std::optional<Trouble>(); });
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
    take_kept();
    if (database_) {
      return std::nullopt;
    }
    auto trouble = open_ledger_database(
        options_.path, impatient_ ? std::chrono::milliseconds(0) : options_.patience, database_);
    mark_ = FileMark::of(options_.path);
    return trouble;
  }

  void take_kept() {
    if (options_.kept == nullptr || !options_.kept->state().database) {
      return;
    }
    KeptLedgerFile::State& kept = options_.kept->state();
    if (kept.process != getpid()) {
      // Not even closed, which would be a use.
      static_cast<void>(kept.database.release());
      return;
    }
    mark_ = FileMark::of(options_.path);
    if (kept.path == options_.path && mark_.exists && kept.mark == mark_) {
      database_ = std::move(kept.database);
      const auto patience = impatient_ ? std::chrono::milliseconds(0) : options_.patience;
      sqlite3_busy_timeout(database_.get(), static_cast<int>(patience.count()));
    }
    kept.database.reset();
  }

  void give_back() {
    if (options_.kept != nullptr && database_) {
      options_.kept->state() = {std::move(database_), options_.path, mark_, getpid()};
    }
  }

  std::optional<Trouble> try_claim(std::span<const LedgerKey> keys, std::int64_t now,
                                   std::vector<Claim>& answers) {
    std::optional<Trouble> trouble;
    for (std::size_t i = 0; i < keys.size() && !trouble; ++i) {
      trouble = try_claim(keys[i], now, answers[i]);
    }
    return trouble || keys.empty() ? trouble : purge(keys.front().message, now);
  }

  std::optional<Trouble> try_claim(const LedgerKey& key, std::int64_t now, Claim& answer) {
    std::optional<Entry> entry;
    if (auto trouble = find(key, entry)) {
      return trouble;
    }
    // What was read is true whatever becomes of the rest.
    answer = judge(entry, now);
    switch (answer) {
      case Claim::mine:
      case Claim::perhaps_done:
        return put(key, State::in_progress, now);
      case Claim::busy:
        return set_awaited(key, true);
      case Claim::done_before:
        return entry->is_awaited ? set_awaited(key, false) : std::nullopt;
    }
    return std::nullopt;
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

  std::optional<Trouble> record(const Settled& settled) {
    switch (settled.settlement) {
      case Settlement::done:
        return put(settled.key, State::done, settled.time);
      case Settlement::uncertain:
        return put(settled.key, State::uncertain, settled.time);
      case Settlement::not_done:
        return release(settled.key);
    }
    return std::nullopt;
  }

  std::optional<Trouble> find(const LedgerKey& key, std::optional<Entry>& entry) {
    Statement statement(
        database_.get(),
        "SELECT state, owner, lease_end, updated, awaited FROM delivery WHERE " + kIsKey);
    if (bind(statement, key).step()) {
      entry = Entry{static_cast<State>(statement.number_at(0)), statement.text_at(1),
                    statement.number_at(2), statement.number_at(3), statement.number_at(4) > 0};
    }
    return statement.trouble();
  }

  /// What is done stays done, whatever a slower process says of it later; only a claim that judge()
  /// allowed replaces it.
  std::optional<Trouble> put(const LedgerKey& key, State state, std::int64_t now) {
    Statement statement(
        database_.get(),
        "INSERT INTO delivery (" + kKeyColumns +
            ", state, owner, lease_end, updated, awaited) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0) "
            "ON CONFLICT DO UPDATE SET state = excluded.state, owner = excluded.owner, "
            "lease_end = excluded.lease_end, updated = excluded.updated, "
            // Who takes a claim over may be the one that was awaited.
            "awaited = CASE excluded.state WHEN 1 THEN 0 ELSE awaited END "
            "WHERE NOT (delivery.state = 2 AND excluded.state = 3)");
    bind(statement, key).number(static_cast<int>(state)).text(owner_);
    statement.number(now + options_.lease.count()).number(now).step();
    return statement.trouble();
  }

  /// Whether a process that was told `busy` has still to come back. One that asks twice is one; of
  /// several, the first that comes back stands for all.
  std::optional<Trouble> set_awaited(const LedgerKey& key, bool awaited) {
    Statement statement(database_.get(), "UPDATE delivery SET awaited = ?9 WHERE " + kIsKey);
    bind(statement, key).number(awaited ? 1 : 0).step();
    return statement.trouble();
  }

  /// Gives a claim back, if it is still this process's.
  std::optional<Trouble> release(const LedgerKey& key) {
    Statement statement(database_.get(),
                        "DELETE FROM delivery WHERE " + kIsKey + " AND state = 1 AND owner = ?9");
    bind(statement, key).text(owner_).step();
    return statement.trouble();
  }

  std::optional<Trouble> try_forget(const std::string& message,
                                    std::span<const std::string> originals) {
    // Asked once: the answer is a walk over all entries of the message, and this transaction
    // changes nothing of it.
    Statement awaited(database_.get(),
                      "SELECT 1 FROM delivery WHERE message = ?1 AND awaited > 0 LIMIT 1");
    const bool is_awaited = awaited.text(message).step();
    if (auto trouble = awaited.trouble(); trouble || is_awaited) {
      return trouble;
    }
    return for_each_original("DELETE FROM delivery", message, originals);
  }

  std::optional<Trouble> try_expire_soon(const std::string& message,
                                         std::span<const std::string> originals, std::int64_t now) {
    const std::int64_t begin = now - options_.lifetime.count() + kKeptBehindEnd;
    return for_each_original(
        "UPDATE delivery SET updated = min(updated, " + std::to_string(begin) + ")", message,
        originals);
  }

  /// Runs a statement for what is known of a message and each of these recipients.
  std::optional<Trouble> for_each_original(const std::string& change, const std::string& message,
                                           std::span<const std::string> originals) {
    std::optional<Trouble> trouble;
    for (std::size_t i = 0; i < originals.size() && !trouble; ++i) {
      Statement statement(database_.get(), change + " WHERE message = ?1 AND original = ?2");
      statement.text(message).text(originals[i]).step();
      trouble = statement.trouble();
    }
    return trouble;
  }

  /// Removes some old entries, once for each process.
  std::optional<Trouble> purge(const std::string& message, std::int64_t now) {
    if (std::exchange(purged_, true)) {
      return std::nullopt;
    }
    Statement statement(database_.get(), "DELETE FROM delivery WHERE updated < ?1 AND (" +
                                             kKeyColumns + ") IN (SELECT " + kKeyColumns +
                                             " FROM delivery WHERE message > ?2 ORDER BY " +
                                             kKeyColumns + " LIMIT ?3)");
    statement.number(now - options_.lifetime.count()).text(message).number(kExaminedAtOnce).step();
    return statement.trouble();
  }

  LedgerOptions options_;
  std::string owner_;  ///< This process, once the file is open.
  DatabaseHandle database_;
  FileMark mark_ = {};            ///< Of the file that is open.
  std::vector<Settled> settled_;  ///< Not yet written down.
  bool unusable_ = false;
  bool impatient_ = false;
  bool purged_ = false;
};

}  // namespace

std::unique_ptr<Ledger> open_ledger(LedgerOptions options) {
  return std::make_unique<SqliteLedger>(std::move(options));
}

}  // namespace lastmile
