// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_file.h"

#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <span>
#include <vector>

#include "local/delivering/ledger_owner.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Ledger::Time kNow{seconds(1'800'000'000)};

LedgerKey key_of(const std::string& recipient) {
  LedgerKey key;
  key.message = "4F6A12C0B <id@example.com>";
  key.kind = "mailbox";
  key.target = "/var/mail/" + recipient;
  key.recipient = recipient + "@example.com";
  key.original = "list@example.com";
  key.sender = "sender@example.net";
  key.uid = 2001;
  return key;
}

/// A ledger in a directory of its own, and what it warned of.
struct Fixture {
  TemporaryDirectory directory;
  std::vector<std::string> warnings;

  std::string path() const { return directory.path("ledger.sqlite"); }

  LedgerOptions options() {
    LedgerOptions options;
    options.path = path();
    options.patience = std::chrono::milliseconds(50);
    options.warn = [this](const std::string& text) { warnings.push_back(text); };
    return options;
  }
  /// A ledger as another invocation has it.
  std::unique_ptr<Ledger> open() { return open_ledger(options()); }

  void sql(const std::string& text) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    char* message = nullptr;
    const int code = sqlite3_exec(database, text.c_str(), nullptr, nullptr, &message);
    INFO(text << ": " << (message == nullptr ? "" : message));
    CHECK(code == SQLITE_OK);
    sqlite3_free(message);
    sqlite3_close(database);
  }

  std::int64_t count(const std::string& query) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const std::int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
  }
};

Claim claim(Ledger& ledger, const LedgerKey& key, Ledger::Time time = kNow) {
  return ledger.claim(std::span(&key, 1), time).front();
}

/// Settled, and written down.
void settle(Ledger& ledger, const LedgerKey& key, Settlement settlement, Ledger::Time time = kNow) {
  ledger.settle(key, settlement, time);
  ledger.flush();
}

void forget(Ledger& ledger, const LedgerKey& key) {
  ledger.forget(key.message, std::span(&key.original, 1));
}

TEST_CASE("ledger: a file that stays open between messages") {
  Fixture fixture;
  KeptLedgerFile kept;
  const auto open_kept = [&] {
    LedgerOptions options = fixture.options();
    options.kept = &kept;
    return open_ledger(std::move(options));
  };
  const LedgerKey key = key_of("alice");
  const auto claim = [&](Ledger& ledger) { return ledger.claim(std::span(&key, 1), kNow).front(); };
  {
    const auto first = open_kept();
    CHECK(claim(*first) == Claim::mine);
    first->settle(key, Settlement::done, kNow);
    // While it has the file, another one opens its own.
    const auto second = open_kept();
    CHECK(claim(*second) == Claim::busy);
  }
  CHECK(claim(*open_kept()) == Claim::done_before);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 1);
  // Another file in its place is another ledger.
  for (const char* const end : {"", "-wal", "-shm"}) {
    (void)unlink((fixture.path() + end).c_str());
  }
  CHECK(claim(*open_kept()) == Claim::mine);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 1);
  // One that others can write to is none.
  REQUIRE(chmod(fixture.path().c_str(), 0666) == 0);
  CHECK(claim(*open_kept()) == Claim::mine);
  REQUIRE(fixture.warnings.size() == 1);
  CHECK_THAT(fixture.warnings.front(), Catch::Contains("writable by others"));
}

TEST_CASE("a retry finds done what is done, and the rest to do") {
  Fixture fixture;
  {
    const auto first = fixture.open();
    CHECK(claim(*first, key_of("alice")) == Claim::mine);
    settle(*first, key_of("alice"), Settlement::done);
    CHECK(claim(*first, key_of("bob")) == Claim::mine);
    settle(*first, key_of("bob"), Settlement::not_done);
    CHECK(claim(*first, key_of("carol")) == Claim::mine);
    settle(*first, key_of("carol"), Settlement::uncertain);
  }
  const auto retry = fixture.open();
  CHECK(claim(*retry, key_of("alice"), kNow + hours(1)) == Claim::done_before);
  CHECK(claim(*retry, key_of("bob"), kNow + hours(1)) == Claim::mine);
  CHECK(claim(*retry, key_of("carol"), kNow + hours(1)) == Claim::perhaps_done);
  CHECK(claim(*retry, key_of("dave"), kNow + hours(1)) == Claim::mine);
  CHECK(fixture.warnings.empty());
}

TEST_CASE("each part of a key tells destinations apart") {
  Fixture fixture;
  const auto ledger = fixture.open();
  const LedgerKey done = key_of("alice");
  claim(*ledger, done);
  settle(*ledger, done, Settlement::done);
  std::vector<LedgerKey> others(8, done);
  others[0].message += "x";
  others[1].kind = "file";
  others[2].target += "x";
  others[3].recipient += "x";
  others[4].original += "x";
  others[5].sender = "";
  others[6].uid = 0;
  others[7].copy = 1;
  for (const LedgerKey& other : others) {
    CHECK(claim(*ledger, other) == Claim::mine);
  }
  CHECK(claim(*ledger, done) == Claim::done_before);
}

TEST_CASE("keys may hold any octets") {
  Fixture fixture;
  const auto ledger = fixture.open();
  LedgerKey key = key_of("alice");
  key.target = std::string("a\0b'\xff;--", 8);
  LedgerKey shorter = key;
  shorter.target = "a";
  claim(*ledger, key);
  settle(*ledger, key, Settlement::done);
  CHECK(claim(*ledger, key) == Claim::done_before);
  CHECK(claim(*ledger, shorter) == Claim::mine);
  CHECK(fixture.warnings.empty());
}

TEST_CASE("a claim of a living process is busy, for as long as its lease") {
  Fixture fixture;
  const auto ours = fixture.open();
  const auto theirs = fixture.open();
  CHECK(claim(*ours, key_of("alice")) == Claim::mine);
  CHECK(claim(*theirs, key_of("alice")) == Claim::busy);
  CHECK(claim(*theirs, key_of("alice"), kNow + hours(1) - seconds(1)) == Claim::busy);
  CHECK(claim(*theirs, key_of("alice"), kNow + hours(1)) == Claim::perhaps_done);
}

TEST_CASE("a claim of a process that is gone is free, and uncertain") {
  Fixture fixture;
  CHECK(in_child([&] { return claim(*fixture.open(), key_of("alice")) == Claim::mine ? 0 : 1; }) ==
        0);
  CHECK(claim(*fixture.open(), key_of("alice")) == Claim::perhaps_done);
}

TEST_CASE("only one of several processes gets a destination") {
  Fixture fixture;
  constexpr int kProcesses = 6;
  constexpr int kDestinations = 40;
  int pipe_ends[2] = {-1, -1};
  REQUIRE(pipe(pipe_ends) == 0);
  std::vector<pid_t> children;
  for (int child = 0; child < kProcesses; ++child) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      // Patient: the machine that runs the tests may be slow, and a lock that is not got delivers.
      LedgerOptions options = fixture.options();
      options.patience = seconds(60);
      const auto ledger = open_ledger(options);
      for (int i = 0; i < kDestinations; ++i) {
        const LedgerKey key = key_of("user" + std::to_string(i));
        const Claim answer = claim(*ledger, key);
        const auto number = static_cast<unsigned char>(i);
        if (answer == Claim::mine && write(pipe_ends[1], &number, 1) != 1) {
          _exit(2);
        }
        if (answer == Claim::mine) {
          settle(*ledger, key, Settlement::done);
        }
      }
      _exit(fixture.warnings.empty() ? 0 : 1);
    }
    children.push_back(pid);
  }
  close(pipe_ends[1]);
  std::vector<int> deliveries(kDestinations, 0);
  unsigned char number = 0;
  while (read(pipe_ends[0], &number, 1) == 1) {
    ++deliveries.at(number);
  }
  close(pipe_ends[0]);
  for (const pid_t pid : children) {
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
  CHECK(deliveries == std::vector<int>(kDestinations, 1));
}

TEST_CASE("what is done stays done when a slower process is not sure") {
  Fixture fixture;
  const auto ledger = fixture.open();
  claim(*ledger, key_of("alice"));
  settle(*ledger, key_of("alice"), Settlement::done);
  const auto slower = fixture.open();
  settle(*slower, key_of("alice"), Settlement::uncertain);
  CHECK(claim(*slower, key_of("alice")) == Claim::done_before);
  settle(*slower, key_of("alice"), Settlement::not_done);
  CHECK(claim(*slower, key_of("alice")) == Claim::done_before);
}

TEST_CASE("entries expire, and are removed by processes with other messages") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.lifetime = hours(2);
  const auto key_of_message = [](int number) {
    LedgerKey key = key_of("alice");
    key.message = std::to_string(100 + number);
    return key;
  };
  for (int i = 0; i < 30; ++i) {
    settle(*open_ledger(options), key_of_message(i), Settlement::done);
  }
  CHECK(claim(*open_ledger(options), key_of_message(0), kNow + hours(2)) == Claim::done_before);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 30);
  const auto later = kNow + hours(2) + seconds(1);
  CHECK(claim(*open_ledger(options), key_of_message(0), later) == Claim::mine);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 10);
  CHECK(claim(*open_ledger(options), key_of_message(10), later) == Claim::mine);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 2);
}

TEST_CASE("an entry from a far future, when the clock was wrong, means nothing") {
  Fixture fixture;
  settle(*fixture.open(), key_of("alice"), Settlement::done, kNow + hours(24 * 365));
  CHECK(claim(*fixture.open(), key_of("alice")) == Claim::mine);
}

TEST_CASE("a message can be forgotten") {
  Fixture fixture;
  const auto ledger = fixture.open();
  LedgerKey other = key_of("alice");
  other.message = "other";
  settle(*ledger, key_of("alice"), Settlement::done);
  settle(*ledger, other, Settlement::done);
  forget(*ledger, key_of("alice"));
  CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
  CHECK(claim(*ledger, other) == Claim::done_before);
}

TEST_CASE("a message is forgotten for the recipients that were settled alone") {
  Fixture fixture;
  const auto ledger = fixture.open();
  LedgerKey other = key_of("alice");
  other.original = "other@example.com";
  settle(*ledger, key_of("alice"), Settlement::done);
  settle(*ledger, other, Settlement::done);
  forget(*ledger, key_of("alice"));
  CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
  CHECK(claim(*ledger, other) == Claim::done_before);
}

TEST_CASE("what is settled and forgotten at once leaves nothing") {
  Fixture fixture;
  const auto ledger = fixture.open();
  CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
  ledger->settle(key_of("alice"), Settlement::done, kNow);
  forget(*ledger, key_of("alice"));
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 0);
}

TEST_CASE("what another process was told to come back for is kept until it does") {
  Fixture fixture;
  const auto ours = fixture.open();
  CHECK(claim(*ours, key_of("alice")) == Claim::mine);
  CHECK(claim(*ours, key_of("bob")) == Claim::mine);
  CHECK(claim(*fixture.open(), key_of("alice")) == Claim::busy);
  settle(*ours, key_of("alice"), Settlement::done);
  settle(*ours, key_of("bob"), Settlement::done);
  forget(*ours, key_of("alice"));
  const auto retry = fixture.open();
  CHECK(claim(*retry, key_of("alice")) == Claim::done_before);
  CHECK(claim(*retry, key_of("bob")) == Claim::done_before);
  forget(*retry, key_of("alice"));
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 0);
}

TEST_CASE("what is done is kept for an MTA that does not learn of the end") {
  Fixture fixture;
  const auto ledger = fixture.open();
  const LedgerKey key = key_of("alice");
  CHECK(claim(*ledger, key) == Claim::mine);
  ledger->settle(key, Settlement::done, kNow);
  ledger->expire_soon(key.message, std::span(&key.original, 1), kNow);
  CHECK(claim(*fixture.open(), key, kNow + hours(3)) == Claim::done_before);
  CHECK(claim(*fixture.open(), key, kNow + hours(3) + seconds(1)) == Claim::mine);
}

TEST_CASE("twenty thousand recipients of one message are ended") {
  Fixture fixture;
  const auto ledger = fixture.open();
  const LedgerKey key = key_of("alice");
  CHECK(claim(*ledger, key) == Claim::mine);
  settle(*ledger, key, Settlement::done);
  fixture.sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) "
      "INSERT INTO delivery SELECT message, 'user' || i, kind, target, recipient, sender, uid, "
      "copy, state, owner, lease_end, updated, awaited FROM delivery, n");
  std::vector<std::string> originals = {key.original};
  for (int i = 1; i < 20'000; ++i) {
    originals.push_back("user" + std::to_string(i));
  }
  const bool keeps = GENERATE(true, false);
  if (keeps) {
    ledger->expire_soon(key.message, originals, kNow);
  } else {
    ledger->forget(key.message, originals);
  }
  CHECK(fixture.count("SELECT count(*) FROM delivery") == (keeps ? 20'000 : 0));
  CHECK(fixture.warnings.empty());
}

TEST_CASE("several destinations are asked for at once") {
  Fixture fixture;
  const auto ledger = fixture.open();
  settle(*ledger, key_of("bob"), Settlement::done);
  const std::vector<LedgerKey> keys = {key_of("alice"), key_of("bob"), key_of("carol")};
  CHECK(ledger->claim(keys, kNow) ==
        std::vector<Claim>{Claim::mine, Claim::done_before, Claim::mine});
  CHECK(ledger->claim({}, kNow).empty());
}

TEST_CASE("what is settled is written down at the end at the latest") {
  Fixture fixture;
  {
    const auto ledger = fixture.open();
    CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
    ledger->settle(key_of("alice"), Settlement::done, kNow);
    CHECK(claim(*fixture.open(), key_of("alice")) == Claim::busy);
  }
  CHECK(claim(*fixture.open(), key_of("alice")) == Claim::done_before);
}

TEST_CASE("a ledger is private, and made only when it is needed") {
  Fixture fixture;
  const mode_t before = umask(0);
  {
    const auto ledger = fixture.open();
    CHECK_FALSE(fixture.directory.exists("ledger.sqlite"));
    claim(*ledger, key_of("alice"));
    for (const char* name : {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"}) {
      INFO(name);
      struct stat attributes = {};
      REQUIRE(stat(fixture.directory.path(name).c_str(), &attributes) == 0);
      CHECK((attributes.st_mode & 07777U) == 0600U);
    }
  }
  CHECK(umask(before) == 0);
}

/// Two destinations, and a retry: everything is to be performed, and one warning says why.
void check_delivers_without(Fixture& fixture, const std::string& warning) {
  const auto ledger = fixture.open();
  for (const char* recipient : {"alice", "bob", "alice"}) {
    CHECK(claim(*ledger, key_of(recipient)) == Claim::mine);
    settle(*ledger, key_of(recipient), Settlement::done);
  }
  forget(*ledger, key_of("alice"));
  CHECK_FALSE(ledger->remembers());
  REQUIRE(fixture.warnings.size() == 1);
  CHECK_THAT(fixture.warnings[0], Catch::Contains(warning));
  CHECK_THAT(fixture.warnings[0], Catch::Contains(fixture.path()));
}

TEST_CASE("a damaged ledger warns and delivers") {
  Fixture fixture;
  fixture.directory.write("ledger.sqlite", std::string(5000, 'x'), 0600);
  check_delivers_without(fixture, "file is not a database");
  CHECK(fixture.directory.read("ledger.sqlite") == std::string(5000, 'x'));
}

TEST_CASE("a ledger damaged at any page never says that mail is done which is not") {
  Fixture fixture;
  {
    const auto ledger = fixture.open();
    for (int i = 0; i < 200; ++i) {
      settle(*ledger, key_of("user" + std::to_string(i)), Settlement::done);
    }
  }
  fixture.sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
  const std::string sound = fixture.directory.read("ledger.sqlite");
  for (std::size_t page = 0; page * 4096 < sound.size(); ++page) {
    std::string damaged = sound;
    for (std::size_t i = 0; i < 4096; ++i) {
      damaged[page * 4096 + i] = static_cast<char>(i * 7 + page);
    }
    fixture.directory.write("ledger.sqlite", damaged, 0600);
    static_cast<void>(std::remove((fixture.path() + "-wal").c_str()));
    static_cast<void>(std::remove((fixture.path() + "-shm").c_str()));
    CHECK(claim(*fixture.open(), key_of("nobody")) == Claim::mine);
  }
}

TEST_CASE("a locked ledger warns after a bounded time and delivers") {
  Fixture fixture;
  claim(*fixture.open(), key_of("carol"));
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(fixture.path().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto ledger = fixture.open();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    CHECK(claim(*ledger, key_of("user" + std::to_string(i))) == Claim::mine);
  }
  CHECK(std::chrono::steady_clock::now() - begin < seconds(20));
  REQUIRE(fixture.warnings.size() == 1);
  CHECK_THAT(fixture.warnings[0], Catch::Contains("locked"));

  // The lock is no reason to give the ledger up.
  REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  settle(*ledger, key_of("alice"), Settlement::done);
  CHECK(claim(*ledger, key_of("alice")) == Claim::done_before);
}

TEST_CASE("a ledger in a directory that is not there warns and delivers") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("no/such/ledger.sqlite");
  const auto ledger = open_ledger(options);
  // Found out before anything is done in its name.
  CHECK_FALSE(ledger->remembers());
  CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
  settle(*ledger, key_of("alice"), Settlement::done);
  CHECK(claim(*ledger, key_of("alice")) == Claim::mine);
  CHECK(fixture.warnings.size() == 1);
}

TEST_CASE("a ledger in a directory that cannot be written to warns and delivers") {
  Fixture fixture;
  if (geteuid() != 0) {
    REQUIRE(chmod(fixture.directory.path().c_str(), 0500) == 0);
    check_delivers_without(fixture, "unable to open");
    REQUIRE(chmod(fixture.directory.path().c_str(), 0700) == 0);
    return;
  }
  // Root may write everywhere, so somebody else tries.
  REQUIRE(chmod(fixture.directory.path().c_str(), 0555) == 0);
  CHECK(in_child([&] {
          if (setgid(65534) != 0 || setuid(65534) != 0) {
            return 2;
          }
          const auto ledger = fixture.open();
          const bool delivers = claim(*ledger, key_of("alice")) == Claim::mine;
          return delivers && fixture.warnings.size() == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("a ledger that others could write to is not believed") {
  Fixture fixture;
  settle(*fixture.open(), key_of("alice"), Settlement::done);
  REQUIRE(chmod(fixture.path().c_str(), 0620) == 0);
  check_delivers_without(fixture, "writable by others");
}

TEST_CASE("a ledger is not reached through a link") {
  Fixture fixture;
  const std::string target = fixture.directory.write("target", "");
  REQUIRE(symlink(target.c_str(), fixture.path().c_str()) == 0);
  check_delivers_without(fixture, "not a regular file");
  CHECK(fixture.directory.read("target").empty());
}

TEST_CASE("a directory on the way to the ledger may be a link") {
  Fixture fixture;
  fixture.directory.make_directory("real");
  REQUIRE(symlink(fixture.directory.path("real").c_str(), fixture.directory.path("link").c_str()) ==
          0);
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("link/ledger.sqlite");
  settle(*open_ledger(options), key_of("alice"), Settlement::done);
  CHECK(claim(*open_ledger(options), key_of("alice")) == Claim::done_before);
  CHECK(fixture.directory.exists("real/ledger.sqlite"));
  CHECK(fixture.warnings.empty());
}

TEST_CASE("the database of something else is left alone") {
  Fixture fixture;
  fixture.sql("CREATE TABLE theirs (x)");
  REQUIRE(chmod(fixture.path().c_str(), 0600) == 0);
  check_delivers_without(fixture, "the database of something else");
  CHECK(fixture.count("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("a ledger of a later version is left alone") {
  Fixture fixture;
  settle(*fixture.open(), key_of("alice"), Settlement::done);
  fixture.sql("PRAGMA user_version = 99");
  check_delivers_without(fixture, "later lastmile");
}

TEST_CASE("what stands in the place of a ledger and is none warns and delivers") {
  Fixture fixture;
  SECTION("a directory") {
    fixture.directory.make_directory("ledger.sqlite");
    check_delivers_without(fixture, "not a regular file");
  }
  SECTION("a FIFO, which is not waited for") {
    REQUIRE(mkfifo(fixture.path().c_str(), 0600) == 0);
    check_delivers_without(fixture, "not a regular file");
  }
  SECTION("a part of a ledger") {
    settle(*fixture.open(), key_of("alice"), Settlement::done);
    fixture.sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    const std::string sound = fixture.directory.read("ledger.sqlite");
    fixture.directory.write("ledger.sqlite", sound.substr(0, sound.size() / 2), 0600);
    check_delivers_without(fixture, "malformed");
  }
  SECTION("a ledger without its table") {
    settle(*fixture.open(), key_of("alice"), Settlement::done);
    fixture.sql("DROP TABLE delivery");
    check_delivers_without(fixture, "no such table");
  }
  SECTION("a ledger with another table") {
    settle(*fixture.open(), key_of("alice"), Settlement::done);
    fixture.sql("DROP TABLE delivery; CREATE TABLE delivery (message, state)");
    check_delivers_without(fixture, "no such column");
  }
}

TEST_CASE("a write-ahead log of garbage does not keep mail from being delivered") {
  Fixture fixture;
  settle(*fixture.open(), key_of("alice"), Settlement::done);
  fixture.directory.write("ledger.sqlite-wal", std::string(9000, '7'), 0600);
  CHECK(claim(*fixture.open(), key_of("bob")) == Claim::mine);
}

TEST_CASE("a ledger that another process holds for itself delays a delivery once, and shortly") {
  Fixture fixture;
  settle(*fixture.open(), key_of("carol"), Settlement::done);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(fixture.path().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  check_delivers_without(fixture, "locked");
  sqlite3_close(other);
}

TEST_CASE("the directory of a ledger is made when it alone is missing") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("state/ledger.sqlite");
  const mode_t before = umask(0);
  settle(*open_ledger(options), key_of("alice"), Settlement::done);
  umask(before);
  struct stat attributes = {};
  REQUIRE(stat(fixture.directory.path("state").c_str(), &attributes) == 0);
  CHECK((attributes.st_mode & 07777U) == 0700U);
  CHECK(claim(*open_ledger(options), key_of("alice")) == Claim::done_before);
  CHECK(fixture.warnings.empty());
}

TEST_CASE("a ledger where others could put a file is not believed") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("state/ledger.sqlite");
  fixture.directory.make_directory("state", 0777);
  REQUIRE(chmod(fixture.directory.path("state").c_str(), 0777) == 0);
  CHECK(claim(*open_ledger(options), key_of("alice")) == Claim::mine);
  REQUIRE(fixture.warnings.size() == 1);
  CHECK_THAT(fixture.warnings[0], Catch::Contains("state is writable by others"));
  CHECK_FALSE(fixture.directory.exists("state/ledger.sqlite"));
}

TEST_CASE("a ledger of somebody else is not believed") {
  if (!running_as_root()) {
    return;
  }
  Fixture fixture;
  settle(*fixture.open(), key_of("alice"), Settlement::done);
  SECTION("its file") {
    REQUIRE(chown(fixture.path().c_str(), 65534, 65534) == 0);
  }
  SECTION("its directory") {
    REQUIRE(chown(fixture.directory.path().c_str(), 65534, 65534) == 0);
  }
  check_delivers_without(fixture, "owned by uid 65534, not by uid 0");
}

/// Takes a file system of its own of 256 KiB, in this process alone.
bool mount_small_disk(const std::string& path) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("none", path.c_str(), "tmpfs", 0, "size=256k,mode=700") == 0;
}

TEST_CASE("a full disk warns and delivers") {
  Fixture fixture;
  const std::string disk = fixture.directory.make_directory("disk");
  const int status = in_child([&] {
    if (!mount_small_disk(disk)) {
      return 77;
    }
    LedgerOptions options = fixture.options();
    options.path = disk + "/ledger.sqlite";
    const auto ledger = open_ledger(options);
    for (int i = 0; i < 5000 && fixture.warnings.empty(); ++i) {
      if (claim(*ledger, key_of("user" + std::to_string(i))) != Claim::mine) {
        return 1;
      }
      settle(*ledger, key_of("user" + std::to_string(i)), Settlement::done);
    }
    const bool delivers = claim(*ledger, key_of("last")) == Claim::mine;
    return delivers && fixture.warnings.size() == 1 && !ledger->remembers() ? 0 : 2;
  });
  if (status == 77) {
    WARN("skipped: cannot mount a file system");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("a process is told from others, and its end is noticed") {
  const LedgerOwner self = this_process();
  CHECK(self.pid == getpid());
  CHECK(life_of(self) == Life::perhaps);
  CHECK(parse_owner(to_string(self)) == self);

  LedgerOwner other = self;
  other.started += "1";  // The process ID went to someone else.
  CHECK(life_of(other) == (self.started.empty() ? Life::perhaps : Life::over));
  other = self;
  other.boot += "x";
  CHECK(life_of(other) == (self.boot.empty() ? Life::perhaps : Life::over));
  other = self;
  other.host += "x";
  other.pid = 999'999'999;
  CHECK(life_of(other) == Life::perhaps);
  other = self;
  other.pid = 999'999'999;
  CHECK(life_of(other) == Life::over);

  for (const char* text : {"", "h/b/n/1", "h/b/n/x/1", "h/b/n//1", "h/b/n/-1/1", "h/b/n/0/1"}) {
    CHECK_FALSE(parse_owner(text));
  }
}

}  // namespace
}  // namespace lastmile::test
