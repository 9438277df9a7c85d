// SPDX-License-Identifier: Apache-2.0
#include "tests/aliases/postmap.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "aliases/world/live_world.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// ctest reports a test with such a line as skipped.
void say_skipped(const std::string& reason) {
  std::cout << "skipped: " << reason << '\n';
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string with_directory(const std::string& program) {
  const std::string in_sbin = "/usr/sbin/" + program;
  return ::access(in_sbin.c_str(), X_OK) == 0 ? in_sbin : program;
}

}  // namespace

Ran run_program(const std::vector<std::string>& arguments, std::string_view input) {
  const TemporaryDirectory directory;
  const std::string in = directory.write("in", input);
  const std::string out = directory.path("out");
  const std::string err = directory.path("err");
  std::vector<std::string> words = arguments;
  words.front() = with_directory(words.front());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int spawned = ::posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  Ran ran;
  int status = 0;
  if (spawned == 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    ran.status = WEXITSTATUS(status);
  }
  ran.out = read_all(out);
  ran.err = read_all(err);
  return ran;
}

Postmap::Postmap(std::string_view main_cf) {
  directory_.write("main.cf", main_cf);
}

bool Postmap::is_installed() {
  if (::access("/usr/sbin/postmap", X_OK) == 0) {
    return true;
  }
  say_skipped("postmap is not installed");
  return false;
}

bool Postmap::is_followed() const {
  return run_program(command("postconf", {"-dh", "mail_version"})).out.starts_with("3.7.");
}

bool Postmap::knows(std::string_view type) const {
  const std::string types = "\n" + run_program(command("postconf", {"-m"})).out;
  if (types.find("\n" + std::string(type) + "\n") != std::string::npos) {
    return true;
  }
  say_skipped("postmap has no tables of type " + std::string(type));
  return false;
}

std::vector<std::string> Postmap::command(std::string_view program,
                                          std::initializer_list<std::string> arguments) const {
  std::vector<std::string> words = {std::string(program), "-c", directory_.path()};
  words.insert(words.end(), arguments);
  return words;
}

void Postmap::build(std::string_view program, const std::string& table) const {
  const Ran ran = run_program(command(program, {table}));
  INFO(ran.err);
  REQUIRE(ran.status == 0);
}

std::string Postmap::ask(const std::string& table, const std::string& key) const {
  Ran ran = run_program(command("postmap", {"-q", key, table}));
  if (ran.err.find("fatal:") != std::string::npos || (ran.status != 0 && ran.status != 1)) {
    return "error";
  }
  if (ran.status == 1) {
    return "no such key";
  }
  if (!ran.out.empty()) {
    ran.out.pop_back();
  }
  return "= " + ran.out;
}

std::vector<std::string> Postmap::ask(const std::string& table,
                                      const std::vector<std::string>& keys) const {
  if (keys.empty()) {
    return {};
  }
  std::string input;
  for (const std::string& key : keys) {
    input += key + "\n";
  }
  const Ran ran = run_program(command("postmap", {"-q", "-", table}), input);
  const bool failed = ran.err.find("fatal:") != std::string::npos;
  std::istringstream lines(ran.out);
  std::string line;
  bool more = static_cast<bool>(std::getline(lines, line));
  std::vector<std::string> answers;
  for (const std::string& key : keys) {
    if (more && line.starts_with(key + "\t")) {
      answers.push_back("= " + line.substr(key.size() + 1));
      more = static_cast<bool>(std::getline(lines, line));
    } else {
      answers.emplace_back(failed && !more ? "error" : "no such key");
    }
  }
  return answers;
}

std::string Postmap::complaint(const std::string& table, const std::string& key) const {
  return run_program(command("postmap", {"-q", key, table})).err;
}

std::string answer(const Result<std::optional<TableEntry>>& found) {
  if (!found) {
    return "error";
  }
  return *found ? "= " + (*found)->value : "no such key";
}

std::string ask_lastmile(const std::string& table, const std::string& key,
                         const TablePolicy& policy) {
  LiveWorld world;
  const auto spec = parse_table_spec(table);
  if (!spec) {
    return "error";
  }
  const auto opened = world.open_table(*spec, policy);
  return opened ? answer((*opened)->lookup(key)) : "error";
}

void compare_with_postmap(const Postmap& postmap, const std::string& table,
                          const std::vector<std::string>& keys, const TablePolicy& policy) {
  std::vector<std::string> answered;
  std::vector<std::string> answers;
  std::optional<std::string> failed;
  LiveWorld world;
  const auto spec = parse_table_spec(table);
  const auto opened =
      spec ? world.open_table(*spec, policy) : Result<std::unique_ptr<Table>>(spec.error());
  for (const std::string& key : keys) {
    const std::string ours = opened ? answer((*opened)->lookup(key)) : "error";
    if (ours == "error") {
      failed = failed.value_or(key);
    } else {
      answered.push_back(key);
      answers.push_back(ours);
    }
  }
  const std::vector<std::string> theirs = postmap.ask(table, answered);
  for (std::size_t i = 0; i < answered.size(); ++i) {
    INFO(table.substr(0, 200) << "  key: " << answered[i].substr(0, 80));
    CHECK(answers[i] == theirs[i]);
  }
  if (failed) {
    INFO(table.substr(0, 200) << "  key: " << failed->substr(0, 80));
    CHECK(postmap.ask(table, *failed) == "error");
  }
}

}  // namespace lastmile::test
