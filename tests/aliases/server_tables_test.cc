// SPDX-License-Identifier: Apache-2.0
// tcp:, socketmap: and memcache: tables, and what is common to tables whose answers come from a
// server. Tests with real database servers are in tests/integration.
#include <unistd.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "aliases/tables/map_types.h"
#include "aliases/tables/table.h"
#include "aliases/world/live_world.h"
#include "aliases/world/tree_world.h"
#include "tests/aliases/postmap.h"
#include "tests/support/answer_server.h"
#include "tests/support/catch.h"

namespace lastmile {
namespace {

using test::AnswerServer;
using test::Postmap;
using test::TemporaryDirectory;

using Answers = std::map<std::string, std::string>;

const std::vector<std::string> kKeys = {
    "alice", "ALICE",  "al ice",           "100%",  "Äpfel", "a\tb",
    "'\"\\", "nosuch", "user@example.com", "empty", "x,y"};

/// tcp_table(5): the keys are as they come, encoded.
void serve_tcp(int connection, const Answers& answers) {
  for (;;) {
    const std::string request = test::read_until(connection, '\n');
    if (!request.ends_with('\n')) {
      return;
    }
    const auto found = answers.find(request);
    test::write_all(connection, found == answers.end() ? "500 no%20such%20key\n" : found->second);
    if (found != answers.end() && !found->second.ends_with('\n')) {
      return;
    }
  }
}

/// socketmap_table(5): whole replies by whole requests, without the netstring around the request.
void serve_socketmap(int connection, const Answers& answers) {
  for (;;) {
    const std::string length = test::read_until(connection, ':');
    if (!length.ends_with(':')) {
      return;
    }
    const std::string request = test::read_count(connection, std::stoul(length));
    test::read_until(connection, ',');
    const auto found = answers.find(request);
    test::write_all(connection, found == answers.end() ? "9:NOTFOUND ," : found->second);
    if (found != answers.end() && !found->second.ends_with(',')) {
      return;
    }
  }
}

std::string netstring(const std::string& text) {
  return std::to_string(text.size()) + ":" + text + ",";
}

const Answers kTcpAnswers = {
    {"get alice\n", "200 value%20with%25\n"}, {"get ALICE\n", "200 upper\n"},
    {"get al%20ice\n", "200 blank in it\n"},  {"get 100%25\n", "200 percent\n"},
    {"get %C3%84pfel\n", "200 %c3%a4\n"},     {"get a%09b\n", "200 tab\n"},
    {"get '\"\\\n", "200 quotes\n"},          {"get x,y\n", "200\tafter tab\n"},
};

TEST_CASE("tcp asks as postmap does") {
  const AnswerServer server("inet", [](int connection) { serve_tcp(connection, kTcpAnswers); });
  const std::string table = "tcp:127.0.0.1:" + std::to_string(server.port());
  CHECK(test::ask_lastmile(table, "alice") == "= value with%");
  CHECK(test::ask_lastmile(table, "ALICE") == "= upper");
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  if (postmap.knows("tcp")) {
    test::compare_with_postmap(postmap, table, kKeys);
  }
}

std::string problem_of(const std::string& table, const std::string& key,
                       const TablePolicy& policy = {}) {
  LiveWorld world;
  const auto opened = world.open_table(*parse_table_spec(table), policy);
  if (!opened) {
    return opened.error().message();
  }
  const auto found = (*opened)->lookup(key);
  return found ? "no problem" : found.error().message();
}

TEST_CASE("what a tcp server must not say is an error") {
  const Answers answers = {{"get soft\n", "400 try%20later\n"},
                           {"get code\n", "600 x\n"},
                           {"get nocode\n", "hello\n"},
                           {"get short\n", "200\n"},
                           {"get bad\n", "200 %zz\n"},
                           {"get cut\n", "200 no end"},
                           {"get long\n", "200 " + std::string(5000, 'x') + "\n"}};
  const AnswerServer server("inet", [&answers](int connection) { serve_tcp(connection, answers); });
  const std::string name = "127.0.0.1:" + std::to_string(server.port());
  const std::string table = "tcp:" + name;
  CHECK(problem_of(table, "soft") == "TCP map server: temporary error: try%20later");
  CHECK(problem_of(table, "code") == "TCP map server: bad status code: 600 x");
  CHECK(problem_of(table, "nocode") == "TCP map server: malformed reply: hello");
  CHECK(problem_of(table, "short") == "TCP map server: malformed reply: 200");
  CHECK(problem_of(table, "bad") == "TCP map server: malformed reply: 200 %zz");
  CHECK(problem_of(table, "cut") == "inet:" + name + ": the server closed the connection");
  CHECK(problem_of(table, "long") == "inet:" + name + ": the reply is longer than 4096 octets");
}

Answers socketmap_answers() {
  Answers answers;
  for (const std::string& key : kKeys) {
    if (key != "nosuch") {
      answers["map " + key] = netstring("OK value of " + key);
    }
  }
  answers["map empty"] = netstring("OK");
  answers["map temp"] = netstring("TEMP later");
  answers["map timeout"] = netstring("TIMEOUT slow");
  answers["map perm"] = netstring("PERM never");
  answers["map what"] = netstring("WHAT x");
  answers["map long"] = netstring("OK " + std::string(100'001, 'x'));
  answers["map most"] = netstring("OK " + std::string(99'997, 'x'));
  answers["map cut"] = "10:OK";
  answers["map other"] = "GET / HTTP/1.0\r\n\r\n";
  answers["map end"] = "4:OK x!";
  return answers;
}

TEST_CASE("socketmap asks as postmap does, on both kinds of socket") {
  const TemporaryDirectory directory;
  const Answers answers = socketmap_answers();
  const auto serve = [&answers](int connection) { serve_socketmap(connection, answers); };
  const std::string path = directory.path("socket");
  const AnswerServer local(path, serve);
  const AnswerServer inet("inet", serve);
  const std::vector<std::string> tables = {
      "socketmap:unix:" + path + ":map",
      "socketmap:inet:127.0.0.1:" + std::to_string(inet.port()) + ":map",
      "socketmap:inet:localhost:" + std::to_string(inet.port()) + ":other"};
  CHECK(test::ask_lastmile(tables[0], "alice") == "= value of alice");
  CHECK(test::ask_lastmile(tables[1], "nosuch") == "no such key");
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  std::vector<std::string> keys = kKeys;
  keys.emplace_back("most");
  if (!postmap.is_followed()) {
    std::erase(keys, "empty");  // 3.10 gives an empty value where 3.7 finds nothing.
  }
  for (const std::string& table : tables) {
    test::compare_with_postmap(postmap, table, keys);
  }
  for (const std::string key : {"temp", "timeout", "perm", "what", "long", "cut", "end"}) {
    test::compare_with_postmap(postmap, tables[0], {key});
  }
}

TEST_CASE("what a socketmap server says of its troubles is told") {
  const TemporaryDirectory directory;
  const Answers answers = socketmap_answers();
  const std::string path = directory.path("socket");
  const AnswerServer server(path,
                            [&answers](int connection) { serve_socketmap(connection, answers); });
  const std::string table = "socketmap:unix:" + path + ":map";
  CHECK(problem_of(table, "temp") == "socketmap server temporary error: later");
  CHECK(problem_of(table, "timeout") == "socketmap server timeout error: slow");
  CHECK(problem_of(table, "perm") == "socketmap server permanent error: never");
  CHECK(problem_of(table, "what") == "socketmap server unknown error: x");
  CHECK(problem_of(table, "long") ==
        "socketmap server: a reply of 100004 octets, where 100000 are allowed");
  CHECK(problem_of(table, "cut") == "unix:" + path + ": the server closed the connection");
  CHECK(problem_of(table, "end") == "socketmap server: the reply is no netstring");
  CHECK(problem_of(table, "other").starts_with("unix:" + path + ": the reply is longer than 10"));
  TablePolicy policy;
  policy.parameter = [](std::string_view name) {
    return name == "socketmap_max_reply_size" ? std::optional<std::string>("5") : std::nullopt;
  };
  CHECK(problem_of(table, "alice", policy) ==
        "socketmap server: a reply of 17 octets, where 5 are allowed");
}

TEST_CASE("names of servers that make no sense are mistakes") {
  for (const std::string table : {"socketmap:nothing", "socketmap:inet:host", "socketmap:unix::map",
                                  "socketmap:host:1:map", "tcp:host:"}) {
    INFO(table);
    LiveWorld world;
    const auto opened = world.open_table(*parse_table_spec(table), {});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == Error::Kind::misconfigured);
  }
}

TEST_CASE("a server that is started anew is asked again") {
  // Each connection is good for one request.
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  const AnswerServer server(path, [](int connection) {
    const std::string length = test::read_until(connection, ':');
    test::read_count(connection, std::stoul(length) + 1);
    test::write_all(connection, "4:OK x,");
  });
  LiveWorld world;
  const auto table = world.open_table(*parse_table_spec("socketmap:unix:" + path + ":m"), {});
  REQUIRE(table.ok());
  CHECK(test::answer((*table)->lookup("a")) == "= x");
  CHECK(test::answer((*table)->lookup("b")) == "= x");
}

TablePolicy one_second() {
  TablePolicy policy;
  policy.parameter = [](std::string_view name) {
    return name == "lastmile_table_timeout" ? std::optional<std::string>("1s") : std::nullopt;
  };
  return policy;
}

TEST_CASE("a server that is silent, slow or gone is an error within the time limit") {
  const AnswerServer silent("inet", [](int /*connection*/) { ::pause(); });
  const AnswerServer slow("inet", [](int connection) {
    for (;;) {
      test::write_all(connection, "2");
      ::usleep(100'000);
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  for (const AnswerServer* server : {&silent, &slow}) {
    const std::string name = "127.0.0.1:" + std::to_string(server->port());
    CHECK(problem_of("tcp:" + name, "key", one_second()) ==
          "inet:" + name + ": no answer within 1 s");
  }
  const std::string name = "127.0.0.1:" + std::to_string(silent.port());
  CHECK(problem_of("socketmap:inet:" + name + ":m", "key", one_second()) ==
        "inet:" + name + ": no answer within 1 s");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  const std::string nobody = "127.0.0.1:" + std::to_string(test::closed_port());
  CHECK(problem_of("tcp:" + nobody, "key") == "inet:" + nobody + ": Connection refused");
  CHECK(problem_of("socketmap:unix:/nosuch/socket:m", "key") ==
        "unix:/nosuch/socket: No such file or directory");
}

TEST_CASE("the time limit of servers is a number of seconds") {
  TablePolicy policy;
  policy.parameter = [](std::string_view name) {
    return name == "lastmile_table_timeout" ? std::optional<std::string>("soon") : std::nullopt;
  };
  CHECK(problem_of("tcp:127.0.0.1:9", "key", policy) ==
        "lastmile_table_timeout: \"soon\" is not a number of seconds above zero");
}

TEST_CASE("a relative socket is below the queue directory") {
  const TemporaryDirectory directory;
  directory.make_directory("private");
  const AnswerServer server(directory.path("private/map"), [](int connection) {
    test::read_until(connection, ',');
    test::write_all(connection, "4:OK x,");
  });
  TablePolicy policy;
  policy.parameter = [&directory](std::string_view name) {
    return name == "queue_directory" ? std::optional(directory.path()) : std::nullopt;
  };
  LiveWorld world;
  const auto table = world.open_table(*parse_table_spec("socketmap:unix:private/map:m"), policy);
  REQUIRE(table.ok());
  CHECK(test::answer((*table)->lookup("k")) == "= x");
}

TEST_CASE("in a tree of files, sockets are asked and other servers are not") {
  const TemporaryDirectory directory;
  const auto serve = [](int connection) {
    test::read_until(connection, ',');
    test::write_all(connection, "4:OK x,");
  };
  directory.make_directory("run");
  const AnswerServer local(directory.path("run/map"), serve);
  const AnswerServer inet("inet", serve);
  const auto world = open_tree_world(directory.path());
  REQUIRE(world.ok());
  const auto answer_of = [&world](const std::string& table) {
    const auto opened = (*world)->open_table(*parse_table_spec(table), {});
    REQUIRE(opened.ok());
    const auto found = (*opened)->lookup("k");
    return found ? test::answer(found) : found.error().message();
  };
  CHECK(answer_of("socketmap:unix:/run/map:m") == "= x");
  const std::string name = "inet:127.0.0.1:" + std::to_string(inet.port());
  CHECK(answer_of("socketmap:" + name + ":m") ==
        name + ": a tree of files is not on the network: this server is not asked");
}

// memcache:

/// The protocol of memcached as far as it is used: "get KEY".
void serve_memcache(int connection, const Answers& answers) {
  for (;;) {
    const std::string request = test::read_until(connection, '\n');
    if (!request.ends_with('\n')) {
      return;
    }
    const auto found = answers.find(request);
    test::write_all(connection, found == answers.end() ? "END\r\n" : found->second);
    if (found != answers.end() && !found->second.ends_with("\r\n")) {
      return;
    }
  }
}

TEST_CASE("replies of a memcache server are taken as postmap takes them") {
  const TemporaryDirectory directory;
  const Answers answers = {
      {"get alice\r\n", "VALUE alice 0 4\r\na, b\r\nEND\r\n"},
      {"get x,y\r\n", "VALUE x,y 0 1\r\nv\r\nEND\r\n"},
      {"get cas\r\n", "VALUE cas 0 1 17\r\nv\r\nEND\r\n"},
      {"get lf\r\n", "VALUE lf 0 1\nv\r\nEND\r\n"},
      {"get error\r\n", "SERVER_ERROR out of memory\r\n"},
      {"get big\r\n", "VALUE big 0 10241\r\n" + std::string(10241, 'x') + "\r\nEND\r\n"},
      {"get short\r\n", "VALUE short 0 9\r\nv\r\nEND\r\n"},
      {"get nonumber\r\n", "VALUE nonumber 0 x\r\nv\r\nEND\r\n"},
      {"get cut\r\n", "VALUE cut 0 5\r\nab"},
      {"get line\r\n", std::string(2000, 'x') + "\r\n"}};
  const AnswerServer server("inet",
                            [&answers](int connection) { serve_memcache(connection, answers); });
  const std::string table =
      "memcache:" + directory.write("mc.cf", "timeout = 1\nmemcache = inet:127.0.0.1:" +
                                                 std::to_string(server.port()) + "\n");
  CHECK(test::ask_lastmile(table, "alice") == "= a, b");
  CHECK(test::ask_lastmile(table, "two words") == "no such key");
  CHECK(problem_of(table, "error")
            .ends_with(": unexpected memcache server reply: SERVER_ERROR out of memory"));
  if (!Postmap::is_installed()) {
    return;
  }
  const Postmap postmap;
  if (!postmap.knows("memcache")) {
    return;
  }
  test::compare_with_postmap(postmap, table,
                             {"x,y", "cas", "lf", "ALICE", "nosuch", "two words", "tab\there"});
  for (const std::string key : {"error", "big", "short", "nonumber", "cut", "line"}) {
    test::compare_with_postmap(postmap, table, {key});
  }
}

TEST_CASE("a memcache table asks its backup for what the server does not say") {
  const TemporaryDirectory directory;
  const AnswerServer server("inet", [](int connection) {
    serve_memcache(connection, {{"get k:alice\r\n", "VALUE alice 0 1\r\nv\r\nEND\r\n"}});
  });
  const auto configuration = [&](int port, const std::string& backup) {
    return "memcache:" + directory.write("mc.cf", "key_format = k:%s\nbackup = " + backup +
                                                      "\nmemcache = inet:127.0.0.1:" +
                                                      std::to_string(port) + "\n");
  };
  const std::string inline_backup = "inline:{alice=old, bob=kept}";
  std::string table = configuration(server.port(), inline_backup);
  CHECK(test::ask_lastmile(table, "alice") == "= v");
  CHECK(test::ask_lastmile(table, "BOB") == "= kept");
  CHECK(test::ask_lastmile(table, "carol") == "no such key");
  table = configuration(test::closed_port(), inline_backup);
  CHECK(test::ask_lastmile(table, "alice") == "= old");
  CHECK(test::ask_lastmile(table, "carol") == "no such key");
  table = configuration(server.port(), "fail:x");
  CHECK(test::ask_lastmile(table, "alice") == "= v");
  CHECK(test::ask_lastmile(table, "bob") == "error");
  table = configuration(server.port(), "texthash:/nosuch");
  CHECK(test::ask_lastmile(table, "alice") == "= v");
  CHECK(test::ask_lastmile(table, "bob") == "error");
}

TEST_CASE("the answers of a server are kept for one snapshot, and for no longer") {
  const AnswerServer server("inet", [](int connection) {
    int count = 0;
    for (;;) {
      const std::string request = test::read_until(connection, '\n');
      if (!request.ends_with('\n')) {
        return;
      }
      ++count;
      test::write_all(connection, request == "get nosuch\n"
                                      ? "500 none\n"
                                      : "200 v" + std::to_string(count) + "\n");
    }
  });
  LiveWorld world;
  const TableSpec spec = {"tcp", "127.0.0.1:" + std::to_string(server.port())};
  TablePolicy policy;
  const auto newest = world.open_table(spec, policy);
  REQUIRE(newest.ok());
  CHECK(test::answer((*newest)->lookup("a")) == "= v1");
  CHECK(test::answer((*newest)->lookup("a")) == "= v2");

  policy.keep_snapshot = true;
  const auto kept = world.open_table(spec, policy);
  REQUIRE(kept.ok());
  CHECK(test::answer((*kept)->lookup("a")) == "= v1");
  CHECK(test::answer((*kept)->lookup("A")) == "= v2");  // tcp: sees keys as they are.
  CHECK(test::answer((*kept)->lookup("nosuch")) == "no such key");
  CHECK(test::answer((*kept)->lookup("a")) == "= v1");
  CHECK(test::answer((*kept)->lookup("nosuch")) == "no such key");
  CHECK(test::answer((*kept)->lookup("b")) == "= v4");
  (*kept)->release();
  CHECK(test::answer((*kept)->lookup("a")) == "= v5");

  // However much is asked for, it is right, and what is kept is bounded.
  const std::string long_key(100'000, 'k');
  for (int i = 0; i < 100; ++i) {
    CHECK((*kept)->lookup(long_key + std::to_string(i)).ok());
  }
}

}  // namespace
}  // namespace lastmile
