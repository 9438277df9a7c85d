// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/index_table.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/world/live_world.h"
#include "tests/aliases/postmap.h"
#include "tests/support/catch.h"
#include "tests/support/in_child.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::answer;
using test::MemoryWorld;
using test::Postmap;
using test::TemporaryDirectory;

/// An index in memory.
class MapReader final : public IndexReader {
 public:
  explicit MapReader(std::map<std::string, std::string, std::less<>> records)
      : records_(std::move(records)) {}

  Result<Found> get(std::string_view key, std::string& value) override {
    const auto found = records_.find(key);
    if (found == records_.end()) {
      return Found::no;
    }
    value = found->second;
    return Found::yes;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, std::string_view)>& visit) override {
    for (const auto& record : records_) {
      if (!visit(record.first, record.second)) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }

 private:
  std::map<std::string, std::string, std::less<>> records_;
};

std::unique_ptr<Table> table_of(World& world,
                                std::map<std::string, std::string, std::less<>> records,
                                bool want_source = true) {
  TablePolicy policy;
  policy.want_source = want_source;
  return make_index_table({"hash", "/etc/source"}, world, policy, {TableOwner::Trust::root, 0},
                          std::make_unique<MapReader>(std::move(records)));
}

/// "value file:line", "value stale", or "value".
std::string described(Table& table, std::string_view key) {
  const auto found = table.lookup(key);
  if (!found || !*found) {
    return found ? "no such key" : found.error().message();
  }
  const TableEntry& entry = **found;
  return entry.value + (entry.source ? " " + to_string(*entry.source) : "") +
         (entry.stale ? " stale" : "");
}

const std::string kNul(1, '\0');

TEST_CASE("an index with NUL octets is told from one without") {
  MemoryWorld world;
  const auto with_nul = table_of(world, {{"a" + kNul, "1" + kNul}, {"b", "2"}});
  CHECK(described(*with_nul, "a") == "1");
  CHECK(described(*with_nul, "b") == "no such key");
  const auto without = table_of(world, {{"a", "1"}, {"b" + kNul, "2" + kNul}});
  CHECK(described(*without, "a") == "1");
  CHECK(described(*without, "b") == "no such key");
  std::string seen;
  CHECK(*with_nul->for_each([&seen](std::string_view key, const TableEntry& entry) {
    seen += std::string(key) + "=" + entry.value + ";";
    return true;
  }) == Listing::complete);
  CHECK(seen == "a=1;b=2;");
}

TEST_CASE("an entry has the line of the text beside the index") {
  MemoryWorld world;
  world.add_file("/etc/source", "# comment\nalice a,\n b\nBob b\nchanged new\n");
  const auto table =
      table_of(world, {{"alice", "a, b"}, {"bob", "b"}, {"changed", "old"}, {"gone", "x"}});
  CHECK(described(*table, "nosuch") == "no such key");
  CHECK(world.times_read("/etc/source") == 0);
  CHECK(described(*table, "alice") == "a, b /etc/source:2");
  CHECK(described(*table, "bob") == "b /etc/source:4");
  CHECK(described(*table, "changed") == "old stale");
  CHECK(described(*table, "gone") == "x stale");
  CHECK(world.times_read("/etc/source") == 1);
}

TEST_CASE("the text of an alias database is compared by what it means") {
  MemoryWorld world;
  world.add_file("/etc/source",
                 "# aliases\n"
                 "Root:\talice,   bob\n"
                 "\"a b\" : carol\n"
                 "list: \"|/bin/cat x\",\n"
                 "   :include:/etc/l\n"
                 "changed: new\n");
  const auto table = table_of(world, {{"@", "@"},
                                      {"root", "alice, bob"},
                                      {"\"a b\"", "carol"},
                                      {"list", "\"|/bin/cat x\", :include:/etc/l"},
                                      {"changed", "old"},
                                      {"gone", "x"}});
  CHECK(described(*table, "root") == "alice, bob /etc/source:2");
  CHECK(described(*table, "\"a b\"") == "carol /etc/source:3");
  CHECK(described(*table, "list") == "\"|/bin/cat x\", :include:/etc/l /etc/source:4");
  CHECK(described(*table, "changed") == "old stale");
  CHECK(described(*table, "gone") == "x stale");
}

TEST_CASE("the line of an entry is the same whether it is searched for or indexed") {
  // Keys that are told by their first octets, and keys that are not; more than are searched for.
  std::string text;
  std::map<std::string, std::string, std::less<>> records = {{"@", "@"}};
  for (int i = 0; i < 40; ++i) {
    const std::string name = "user" + std::to_string(i);
    text += name + ": x" + std::to_string(i) + "\n";
    records[name] = "x" + std::to_string(i);
  }
  text +=
      "\n  # a comment\n\"9 9\": q\n\"a.b\": c\nUSER77:\n   continued\nfoo\\bar: "
      "b\n"
      "user5: second\n\xc3\x84rger: u\nlast: l";
  const std::map<std::string, std::pair<std::string, int>> odd = {{"\"9 9\"", {"q", 43}},
                                                                  {"a.b", {"c", 44}},
                                                                  {"user77", {"continued", 45}},
                                                                  {"foobar", {"b", 47}},
                                                                  {"last", {"l", 50}}};
  for (const auto& [key, place] : odd) {
    records[key] = place.first;
  }
  MemoryWorld world;
  world.add_file("/etc/source", text);
  const auto check_odd = [&odd](Table& table) {
    for (const auto& [key, place] : odd) {
      CHECK(described(table, key) == place.first + " /etc/source:" + std::to_string(place.second));
    }
  };
  const auto searched = table_of(world, records);
  check_odd(*searched);
  CHECK(described(*searched, "user5") == "x5 /etc/source:6");
  const auto indexed = table_of(world, records);
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    CHECK(described(*indexed, "user" + number) ==
          "x" + number + " /etc/source:" + std::to_string(i + 1));
  }
  check_odd(*indexed);
  CHECK(world.times_read("/etc/source") == 2);
}

/// "text file:line" of what is said of a key that is not found.
std::string near(Table& table, std::string_view key) {
  const auto miss = table.near_miss(key);
  return miss ? miss->text + (miss->source ? " " + to_string(*miss->source) : "") : "";
}

TEST_CASE("a key that the text has and the index has not is told of, with its line") {
  MemoryWorld world;
  world.add_file("/etc/source", "alice: a\nNew: b\n\"a b\": c\n");
  const auto aliases = table_of(world, {{"@", "@"}, {"alice", "a"}});
  CHECK(
      near(*aliases, "new") ==
      "\"new\" stands here, but not in the index of hash:/etc/source: run newaliases, or postalias "
      "hash:/etc/source /etc/source:2");
  CHECK(near(*aliases, "a b").ends_with("/etc/source:3"));
  CHECK(near(*aliases, "nosuch").empty());

  world.add_file("/etc/source", "bob b\nFolded x\n");
  const auto pairs = table_of(world, {{"Folded", "x"}, {"colon:", "c"}});
  CHECK(near(*pairs, "bob") ==
        "\"bob\" stands here, but not in the index of hash:/etc/source: run postmap "
        "hash:/etc/source /etc/source:1");
  CHECK(
      near(*pairs, "folded") ==
      "the index has \"Folded\" as it is written, and is asked for \"folded\": make it without -f "
      "/etc/source:2");
  CHECK(near(*pairs, "colon") ==
        "the index has \"colon:\": the text is one for postalias, and postmap has compiled it");
  CHECK(near(*table_of(world, {{"x", "y"}}, false), "bob").empty());
}

TEST_CASE("the text beside an index is read again when it has changed since it was let go of") {
  MemoryWorld world;
  world.add_file("/etc/source", "alice a\n");
  const auto table = table_of(world, {{"alice", "a"}});
  CHECK(described(*table, "alice") == "a /etc/source:1");
  table->release();
  CHECK(described(*table, "alice") == "a /etc/source:1");
  CHECK(world.times_read("/etc/source") == 1);
  world.add_file("/etc/source", "# new\nalice a\n");
  CHECK(described(*table, "alice") == "a /etc/source:1");
  table->release();
  CHECK(described(*table, "alice") == "a /etc/source:2");
  CHECK(world.times_read("/etc/source") == 2);
}

TEST_CASE("a line of the text that makes no sense is no line of an entry, and no harm") {
  MemoryWorld world;
  world.add_file("/etc/source", "e:\ne:\"\n");
  CHECK(described(*table_of(world, {{"@", "@"}, {"e", "x"}}), "e") == "x stale");
}

TEST_CASE("without a text source, nothing is said of one") {
  MemoryWorld world;
  CHECK(described(*table_of(world, {{"alice", "a"}}), "alice") == "a");
  world.add_file("/etc/source", "alice b\n");
  CHECK(described(*table_of(world, {{"alice", "a"}}, false), "alice") == "a");
  CHECK(world.times_read("/etc/source") == 1);
}

/// The index file of a table.
std::string index_path(const std::string& type, const std::string& source) {
  return source + (type == "hash" || type == "btree" ? ".db" : "." + type);
}

void for_each_index_type(void (*test)(const Postmap&, const std::string& type)) {
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  for (const std::string type : {"hash", "btree", "cdb", "lmdb"}) {
    if (find_map_type(type) != nullptr && postmap.knows(type)) {
      INFO(type);
      test(postmap, type);
    }
  }
}

TEST_CASE("a table that postmap rewrites is not misread") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    std::string text = "first 1\n";
    for (int i = 0; i < 2000; ++i) {
      text += "key" + std::to_string(i) + " value" + std::to_string(i) + "\n";
    }
    const std::string source = directory.write("source", text);
    postmap.build("postmap", type + ":" + source);
    LiveWorld world;
    const auto table = world.open_table({type, source}, {});
    REQUIRE(table.ok());
    CHECK(answer((*table)->lookup("key1999")) == "= value1999");
    directory.write("source", "second 2\n");
    postmap.build("postmap", type + ":" + source);
    const bool is_replaced_as_a_whole = type == "cdb";
    CHECK(answer((*table)->lookup("key1999")) ==
          (is_replaced_as_a_whole ? "= value1999" : "no such key"));
    CHECK(answer((*table)->lookup("second")) == (is_replaced_as_a_whole ? "no such key" : "= 2"));
  });
}

TEST_CASE("everything that postmap put into an index is listed") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < 500; ++i) {
      const std::string number = std::to_string(i);
      text += "Key" + number + " value" + number + "\n";
      expected.push_back("key" + number + "=value" + number);
    }
    const std::string source = directory.write("source", text);
    postmap.build("postmap", type + ":" + source);
    LiveWorld world;
    const auto table = world.open_table({type, source}, {});
    REQUIRE(table.ok());
    std::vector<std::string> seen;
    bool all_have_lines = true;
    CHECK(*(*table)->for_each([&](std::string_view key, const TableEntry& entry) {
      seen.push_back(std::string(key) + "=" + entry.value);
      all_have_lines = all_have_lines && entry.source && (*table)->lookup(key)->has_value();
      return true;
    }) == Listing::complete);
    std::sort(seen.begin(), seen.end());
    std::sort(expected.begin(), expected.end());
    CHECK(seen == expected);
    CHECK(all_have_lines);
    CHECK(*(*table)->for_each([](std::string_view, const TableEntry&) { return false; }) ==
          Listing::stopped);
  });
}

TEST_CASE("the owner of an index is the owner of its file") {
  if (!test::running_as_root()) {
    return;
  }
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    const std::string source = directory.write("source", "a b\n");
    postmap.build("postmap", type + ":" + source);
    REQUIRE(::chown(index_path(type, source).c_str(), 2001, 0) == 0);
    LiveWorld world;
    const auto table = world.open_table({type, source}, {});
    REQUIRE(table.ok());
    CHECK((*table)->owner().trust == TableOwner::Trust::account);
    CHECK((*table)->owner().uid == 2001);
  });
}

TEST_CASE("a broken index is unavailable, not empty") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    for (const std::string_view content : {std::string_view(), std::string_view("garbage\n"),
                                           std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF", 6)}) {
      const TemporaryDirectory directory;
      const std::string source = directory.write("source", "a b\n");
      directory.write(type == "hash" || type == "btree" ? "source.db" : "source." + type, content);
      CHECK(test::ask_lastmile(type + ":" + source, "a") == "error");
    }
    const TemporaryDirectory directory;
    directory.make_directory(type == "hash" || type == "btree" ? "source.db" : "source." + type);
    CHECK(test::ask_lastmile(type + ":" + directory.path("source"), "a") == "error");
    CHECK(postmap.ask(type + ":" + directory.path("source"), "a") == "error");
  });
}

TEST_CASE("an index that is cut short is an error or the truth, never a crash") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    std::string text;
    for (int i = 0; i < 5000; ++i) {
      text += "key" + std::to_string(i) + " value of some length " + std::to_string(i) + "\n";
    }
    const std::string source = directory.write("source", text);
    postmap.build("postmap", type + ":" + source);
    const std::string index = index_path(type, source);
    struct stat attributes = {};
    REQUIRE(::stat(index.c_str(), &attributes) == 0);
    for (off_t size = attributes.st_size - 1; size > 0; size -= attributes.st_size / 40 + 1) {
      REQUIRE(::truncate(index.c_str(), size) == 0);
      const int end = test::in_child([&] {
        for (const std::string key : {"key0", "key77", "key2500", "key4999"}) {
          const std::string answer = test::ask_lastmile(type + ":" + source, key);
          if (answer != "error" && !answer.starts_with("= value") && answer != "no such key") {
            return 1;
          }
        }
        return 0;
      });
      CAPTURE(type, size);
      CHECK(end == 0);
    }
  });
}

TEST_CASE("nothing is written beside an index") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    const std::string source = directory.write("tables/source", "a b\n");
    postmap.build("postmap", type + ":" + source);
    const std::string before =
        test::run_program({"ls", "-la", "--full-time", directory.path("tables")}).out;
    CHECK(test::ask_lastmile(type + ":" + source, "a") == "= b");
    CHECK(test::run_program({"ls", "-la", "--full-time", directory.path("tables")}).out == before);
  });
}

/// Whether a child that wants an exclusive lock on the file gets it at once.
bool can_be_locked(const std::string& path, bool by_fcntl) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(path.c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int status = by_fcntl ? ::fcntl(file, F_SETLK, &lock) : ::flock(file, LOCK_EX | LOCK_NB);
    ::_exit(status == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("no lock outlasts a lookup unless a snapshot is kept") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    const TemporaryDirectory directory;
    const std::string source = directory.write("source", "a b\n");
    postmap.build("postmap", type + ":" + source);
    const std::string index = index_path(type, source);
    LiveWorld world;
    const auto table = world.open_table({type, source}, {});
    REQUIRE(table.ok());
    CHECK(answer((*table)->lookup("a")) == "= b");
    CHECK(can_be_locked(index, type == "lmdb"));

    TablePolicy policy;
    policy.keep_snapshot = true;
    const auto kept = world.open_table({type, source}, policy);
    REQUIRE(kept.ok());
    CHECK(answer((*kept)->lookup("a")) == "= b");
    CHECK(answer((*kept)->lookup("x")) == "no such key");
    CHECK(can_be_locked(index, type == "lmdb") == (type == "cdb"));
    (*kept)->release();
    CHECK(can_be_locked(index, type == "lmdb"));
    CHECK(answer((*kept)->lookup("a")) == "= b");
  });
}

/// Holds an exclusive lock on a file, in another process, until it is told to let go.
class OtherLocker {
 public:
  OtherLocker(const std::string& path, bool by_fcntl) {
    REQUIRE(::pipe2(ready_, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(stop_, O_CLOEXEC) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      hold(path, by_fcntl);
    }
    char octet = 0;
    REQUIRE(::read(ready_[0], &octet, 1) == 1);
  }
  OtherLocker(const OtherLocker&) = delete;
  OtherLocker& operator=(const OtherLocker&) = delete;
  ~OtherLocker() {
    let_go();
    for (const int descriptor : {ready_[0], ready_[1], stop_[0]}) {
      ::close(descriptor);
    }
  }

  void let_go() {
    if (child_ > 0) {
      ::close(stop_[1]);
      ::waitpid(child_, nullptr, 0);
      child_ = 0;
    }
  }

 private:
  [[noreturn]] void hold(const std::string& path, bool by_fcntl) const {
    ::close(stop_[1]);
    const int file = ::open(path.c_str(), O_RDWR);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int status = by_fcntl ? ::fcntl(file, F_SETLKW, &lock) : ::flock(file, LOCK_EX);
    char octet = 0;
    if (status != 0 || ::write(ready_[1], "x", 1) != 1) {
      ::_exit(1);
    }
    ::_exit(::read(stop_[0], &octet, 1) == 0 ? 0 : 1);
  }

  int ready_[2] = {-1, -1};
  int stop_[2] = {-1, -1};
  pid_t child_ = 0;
};

TEST_CASE("a lookup waits for the writer that has locked the file") {
  for_each_index_type([](const Postmap& postmap, const std::string& type) {
    if (type == "cdb") {
      return;
    }
    const TemporaryDirectory directory;
    const std::string source = directory.write("source", "a b\n");
    postmap.build("postmap", type + ":" + source);
    OtherLocker writer(index_path(type, source), type == "lmdb");
    const pid_t reader = ::fork();
    if (reader == 0) {
      ::ualarm(200'000, 0);  // Ends the process while it waits, as it should.
      test::ask_lastmile(type + ":" + source, "a");
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(reader, &status, 0);
    CHECK(WIFSIGNALED(status));
    writer.let_go();
    CHECK(test::ask_lastmile(type + ":" + source, "a") == "= b");
  });
}

}  // namespace
}  // namespace lastmile
