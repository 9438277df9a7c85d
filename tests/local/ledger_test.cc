#include "local/ledger.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "local/ledger_owner.h"
#include "tests/support/catch.h"
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

/// Runs `work` in a process of its own, which ends there and then, as by a crash.
int in_child(const std::function<int()>& work) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    _exit(work());
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("a retry finds done what is done, and the rest to do") {
  Fixture fixture;
  {
    const auto first = fixture.open();
    CHECK(first->claim(key_of("alice"), kNow) == Claim::mine);
    first->settle(key_of("alice"), Settlement::done, kNow);
    CHECK(first->claim(key_of("bob"), kNow) == Claim::mine);
    first->settle(key_of("bob"), Settlement::not_done, kNow);
    CHECK(first->claim(key_of("carol"), kNow) == Claim::mine);
    first->settle(key_of("carol"), Settlement::uncertain, kNow);
  }
  const auto retry = fixture.open();
  CHECK(retry->claim(key_of("alice"), kNow + hours(1)) == Claim::done_before);
  CHECK(retry->claim(key_of("bob"), kNow + hours(1)) == Claim::mine);
  CHECK(retry->claim(key_of("carol"), kNow + hours(1)) == Claim::perhaps_done);
  CHECK(retry->claim(key_of("dave"), kNow + hours(1)) == Claim::mine);
  CHECK(fixture.warnings.empty());
}

TEST_CASE("each part of a key tells destinations apart") {
  Fixture fixture;
  const auto ledger = fixture.open();
  const LedgerKey done = key_of("alice");
  ledger->claim(done, kNow);
  ledger->settle(done, Settlement::done, kNow);
  std::vector<LedgerKey> others(7, done);
  others[0].message += "x";
  others[1].kind = "file";
  others[2].target += "x";
  others[3].recipient += "x";
  others[4].original += "x";
  others[5].sender = "";
  others[6].uid = 0;
  for (const LedgerKey& other : others) {
    CHECK(ledger->claim(other, kNow) == Claim::mine);
  }
  CHECK(ledger->claim(done, kNow) == Claim::done_before);
}

TEST_CASE("keys may hold any octets") {
  Fixture fixture;
  const auto ledger = fixture.open();
  LedgerKey key = key_of("alice");
  key.target = std::string("a\0b'\xff;--", 8);
  LedgerKey shorter = key;
  shorter.target = "a";
  ledger->claim(key, kNow);
  ledger->settle(key, Settlement::done, kNow);
  CHECK(ledger->claim(key, kNow) == Claim::done_before);
  CHECK(ledger->claim(shorter, kNow) == Claim::mine);
  CHECK(fixture.warnings.empty());
}

TEST_CASE("a claim of a living process is busy, for as long as its lease") {
  Fixture fixture;
  const auto ours = fixture.open();
  const auto theirs = fixture.open();
  CHECK(ours->claim(key_of("alice"), kNow) == Claim::mine);
  CHECK(theirs->claim(key_of("alice"), kNow) == Claim::busy);
  CHECK(theirs->claim(key_of("alice"), kNow + hours(1) - seconds(1)) == Claim::busy);
  CHECK(theirs->claim(key_of("alice"), kNow + hours(1)) == Claim::perhaps_done);
}

TEST_CASE("a claim of a process that is gone is free, and uncertain") {
  Fixture fixture;
  CHECK(in_child([&] {
          return fixture.open()->claim(key_of("alice"), kNow) == Claim::mine ? 0 : 1;
        }) == 0);
  CHECK(fixture.open()->claim(key_of("alice"), kNow) == Claim::perhaps_done);
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
        const Claim claim = ledger->claim(key, kNow);
        const auto number = static_cast<unsigned char>(i);
        if (claim == Claim::mine && write(pipe_ends[1], &number, 1) != 1) {
          _exit(2);
        }
        if (claim == Claim::mine) {
          ledger->settle(key, Settlement::done, kNow);
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
  ledger->claim(key_of("alice"), kNow);
  ledger->settle(key_of("alice"), Settlement::done, kNow);
  const auto slower = fixture.open();
  slower->settle(key_of("alice"), Settlement::uncertain, kNow);
  CHECK(slower->claim(key_of("alice"), kNow) == Claim::done_before);
  slower->settle(key_of("alice"), Settlement::not_done, kNow);
  CHECK(slower->claim(key_of("alice"), kNow) == Claim::done_before);
}

TEST_CASE("entries expire, and are removed") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.lifetime = hours(2);
  for (int i = 0; i < 10; ++i) {
    const auto ledger = open_ledger(options);
    ledger->settle(key_of("user" + std::to_string(i)), Settlement::done, kNow);
  }
  CHECK(open_ledger(options)->claim(key_of("user1"), kNow + hours(2)) == Claim::done_before);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 10);
  CHECK(open_ledger(options)->claim(key_of("user1"), kNow + hours(2) + seconds(1)) == Claim::mine);
  CHECK(fixture.count("SELECT count(*) FROM delivery") == 1);
}

TEST_CASE("an entry from a far future, when the clock was wrong, means nothing") {
  Fixture fixture;
  fixture.open()->settle(key_of("alice"), Settlement::done, kNow + hours(24 * 365));
  CHECK(fixture.open()->claim(key_of("alice"), kNow) == Claim::mine);
}

TEST_CASE("a message can be forgotten") {
  Fixture fixture;
  const auto ledger = fixture.open();
  LedgerKey other = key_of("alice");
  other.message = "other";
  ledger->settle(key_of("alice"), Settlement::done, kNow);
  ledger->settle(other, Settlement::done, kNow);
  ledger->forget(key_of("alice").message);
  CHECK(ledger->claim(key_of("alice"), kNow) == Claim::mine);
  CHECK(ledger->claim(other, kNow) == Claim::done_before);
}

TEST_CASE("a ledger is private, and made only when it is needed") {
  Fixture fixture;
  const mode_t before = umask(0);
  {
    const auto ledger = fixture.open();
    CHECK_FALSE(fixture.directory.exists("ledger.sqlite"));
    ledger->claim(key_of("alice"), kNow);
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
    CHECK(ledger->claim(key_of(recipient), kNow) == Claim::mine);
    ledger->settle(key_of(recipient), Settlement::done, kNow);
  }
  ledger->forget("4F6A12C0B <id@example.com>");
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
      ledger->settle(key_of("user" + std::to_string(i)), Settlement::done, kNow);
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
    CHECK(fixture.open()->claim(key_of("nobody"), kNow) == Claim::mine);
  }
}

TEST_CASE("a locked ledger warns after a bounded time and delivers") {
  Fixture fixture;
  fixture.open()->claim(key_of("carol"), kNow);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(fixture.path().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto ledger = fixture.open();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    CHECK(ledger->claim(key_of("user" + std::to_string(i)), kNow) == Claim::mine);
  }
  CHECK(std::chrono::steady_clock::now() - begin < seconds(20));
  REQUIRE(fixture.warnings.size() == 1);
  CHECK_THAT(fixture.warnings[0], Catch::Contains("locked"));

  // The lock is no reason to give the ledger up.
  REQUIRE(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  ledger->settle(key_of("alice"), Settlement::done, kNow);
  CHECK(ledger->claim(key_of("alice"), kNow) == Claim::done_before);
}

TEST_CASE("a ledger in a directory that is not there warns and delivers") {
  Fixture fixture;
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("no/such/ledger.sqlite");
  const auto ledger = open_ledger(options);
  CHECK(ledger->claim(key_of("alice"), kNow) == Claim::mine);
  ledger->settle(key_of("alice"), Settlement::done, kNow);
  CHECK(ledger->claim(key_of("alice"), kNow) == Claim::mine);
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
          const bool delivers = ledger->claim(key_of("alice"), kNow) == Claim::mine;
          return delivers && fixture.warnings.size() == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("a ledger that others could write to is not believed") {
  Fixture fixture;
  fixture.open()->settle(key_of("alice"), Settlement::done, kNow);
  REQUIRE(chmod(fixture.path().c_str(), 0620) == 0);
  check_delivers_without(fixture, "writable by others");
}

TEST_CASE("a ledger is not reached through a link") {
  Fixture fixture;
  const std::string target = fixture.directory.write("target", "");
  REQUIRE(symlink(target.c_str(), fixture.path().c_str()) == 0);
  check_delivers_without(fixture, "unable to open");
  CHECK(fixture.directory.read("target").empty());
}

TEST_CASE("a directory on the way to the ledger may be a link") {
  Fixture fixture;
  fixture.directory.make_directory("real");
  REQUIRE(symlink(fixture.directory.path("real").c_str(), fixture.directory.path("link").c_str()) ==
          0);
  LedgerOptions options = fixture.options();
  options.path = fixture.directory.path("link/ledger.sqlite");
  open_ledger(options)->settle(key_of("alice"), Settlement::done, kNow);
  CHECK(open_ledger(options)->claim(key_of("alice"), kNow) == Claim::done_before);
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
  fixture.open()->settle(key_of("alice"), Settlement::done, kNow);
  fixture.sql("PRAGMA user_version = 99");
  check_delivers_without(fixture, "later lastmile");
}

TEST_CASE("the null ledger remembers nothing") {
  NullLedger ledger;
  CHECK(ledger.claim(key_of("alice"), kNow) == Claim::mine);
  ledger.settle(key_of("alice"), Settlement::done, kNow);
  CHECK(ledger.claim(key_of("alice"), kNow) == Claim::mine);
}

TEST_CASE("the key of a leaf holds what makes it that leaf") {
  Leaf leaf;
  leaf.destination = File{"/var/log/mail"};
  leaf.recipient.address = split_address("a b@example.com");
  leaf.recipient.original = "list";
  leaf.sender = split_address("s@example.net");
  leaf.rights.uid = 7;
  CHECK(ledger_key("Q", leaf) ==
        LedgerKey{"Q", "file", "/var/log/mail", "a b@example.com", "list", "s@example.net", 7});
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
