// SPDX-License-Identifier: Apache-2.0
// Compares with the postconf(1) that is installed here.

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "aliases/world/live_world.h"
#include "tests/support/catch.h"
#include "tests/support/memory_world.h"
#include "tests/support/temporary_directory.h"
#include "transports/configuration_files.h"
#include "transports/followed_parameters.h"

namespace lastmile {
namespace {

using test::MemoryWorld;
using test::TemporaryDirectory;

/// What a shell command prints on standard output.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe != nullptr);
  std::string output;
  for (int octet = std::fgetc(pipe.get()); octet != EOF; octet = std::fgetc(pipe.get())) {
    output += static_cast<char>(octet);
  }
  return output;
}

std::string in_quotes(const std::string& word) {
  std::string result = "'";
  for (const char octet : word) {
    result += octet == '\'' ? std::string("'\\''") : std::string(1, octet);
  }
  return result + "'";
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Says why and returns false when there is no postconf of the version that is followed.
bool has_postconf() {
  TemporaryDirectory directory;
  directory.write("main.cf", "");
  const std::string version =
      output_of("PATH=$PATH:/usr/sbin; command -v postconf >/dev/null && postconf -c " +
                in_quotes(directory.path()) + " -dh mail_version 2>/dev/null");
  if (version.starts_with("3.7.")) {
    return true;
  }
  std::cout << "skipped: "
            << (version.empty() ? "postconf is not installed" : "postconf is of version " + version)
            << '\n';
  return false;
}

/// One main.cf, in a directory for postconf and in a world for us.
class BothReaders {
 public:
  explicit BothReaders(const std::string& main_cf, std::vector<std::string> overrides = {})
      : overrides_(std::move(overrides)) {
    directory_.write("main.cf", main_cf);
    directory_.write("master.cf", "");
    world_.add_file(directory_.path("main.cf"), main_cf);
    world_.set_hostname(std::string(trim(output_of("uname -n"))));
  }

  std::string postconf(const std::string& arguments) const {
    std::string command = "PATH=$PATH:/usr/sbin postconf -c " + in_quotes(directory_.path());
    for (const std::string& text : overrides_) {
      command += " -o " + in_quotes(text);
    }
    return output_of(command + " " + arguments + " 2>/dev/null");
  }

  std::string directory() const { return directory_.path(); }
  Result<MainCf> ours() { return load_main_cf(world_, directory_.path(), overrides_); }

 private:
  TemporaryDirectory directory_;
  MemoryWorld world_;
  std::vector<std::string> overrides_;
};

/// "name = value" lines into a map.
std::map<std::string, std::string> read_lines(const std::string& output) {
  std::map<std::string, std::string> values;
  for (const LogicalLine& line : read_logical_lines(output)) {
    const std::size_t equals = line.text.find(" =");
    REQUIRE(equals != std::string::npos);
    values.emplace(line.text.substr(0, equals),
                   trim(std::string_view(line.text).substr(equals + 2)));
  }
  return values;
}

TEST_CASE("postconf -d: the built-in defaults are the same") {
  if (!has_postconf()) {
    return;
  }
  const BothReaders both("");
  const auto theirs = read_lines(both.postconf("-d"));
  REQUIRE(theirs.size() > 800);
  const std::set<std::string> of_this_host = {"myhostname",       "mydomain",     "mynetworks",
                                              "process_id",       "process_name", "mail_version",
                                              "mail_release_date"};
  for (const auto& [name, value] : theirs) {
    if (!of_this_host.contains(name)) {
      INFO(name);
      CHECK(default_parameter(name) == value);
    }
  }
  for (const DefaultParameter& parameter : default_parameters()) {
    INFO(parameter.name);
    CHECK(
        (parameter.name.starts_with("lastmile_") || theirs.contains(std::string(parameter.name))));
  }
}

TEST_CASE("postconf: the defaults of the host's name are the same") {
  if (!has_postconf()) {
    return;
  }
  for (const std::string main_cf :
       {"", "myhostname = mx.example.com\n", "myhostname = short\n", "mydomain = example.org\n",
        "myhostname = a.b.c\nmydomain = $myhostname.x\n"}) {
    BothReaders both(main_cf);
    const auto ours = both.ours();
    REQUIRE(ours.ok());
    const auto theirs = read_lines(both.postconf("-x myhostname mydomain myorigin mydestination"));
    for (const std::string name : {"myhostname", "mydomain", "myorigin", "mydestination"}) {
      INFO(main_cf << name);
      CHECK(**ours->expand(name) == theirs.at(name));
    }
  }
}

/// postconf joins the words of a value with one blank when it prints it.
std::string as_printed(const std::string& value) {
  std::string text;
  for (const char octet : value) {
    if (std::string_view(" \t\r\n").find(octet) == std::string_view::npos) {
      text += octet;
    } else if (!text.ends_with(' ')) {
      text += ' ';
    }
  }
  return std::string(trim(text));
}

/// Whether our reading of a main.cf agrees with postconf's, for every parameter that it sets.
/// postconf knows all parameters but prints those alone that Postfix has: values under test belong
/// to such names.
void compare(const std::string& main_cf, std::vector<std::string> overrides = {}) {
  BothReaders both("compatibility_level = 3.6\nmyhostname = mx.example.com\n" + main_cf,
                   std::move(overrides));
  const auto ours = both.ours();
  INFO(main_cf);
  REQUIRE(ours.ok());
  const auto written = read_lines(both.postconf("-n"));
  const auto expanded = read_lines(both.postconf("-nx"));
  REQUIRE(written.size() > 2);
  for (const auto& [name, value] : written) {
    INFO(name);
    CHECK(as_printed(ours->find(name)->value) == value);
    const auto result = ours->expand(name);
    REQUIRE(result.ok());
    CHECK(as_printed(**result) == expanded.at(name));
  }
  for (const std::string& name : ours->set_names()) {
    INFO(name);
    CHECK((!default_parameter(name) || written.contains(name)));
  }
}

TEST_CASE("postconf: lines are read the same way") {
  if (!has_postconf()) {
    return;
  }
  const std::vector<std::string> files = {
      "home_mailbox = 1\n  2\n\t3\n",
      "home_mailbox = 1\n# comment\n  2\n\n   # indented\n  3 # kept\nrelayhost=4\n",
      "home_mailbox = 1\n relayhost = 2\n",
      "home_mailbox = 1\nhome_mailbox = 2\nhome_mailbox =   3\n",
      "home_mailbox\t=\trelayhost = 1  \r\n",
      "home_mailbox =\nrelayhost =\n  late\n",
      "home_mailbox = 1\n\fcontinued\nrelayhost = 2",
      "home_mailbox = \xc3\xbc\n",
      "\n\n#\n   \nhome_mailbox = 1\n",
  };
  for (const std::string& file : files) {
    compare(file);
  }
}

constexpr std::string_view kNames = "empty =\nwritten = $empty\nlow = 9\nhigh = 10\n";

TEST_CASE("postconf: values are expanded the same way") {
  if (!has_postconf()) {
    return;
  }
  const std::vector<std::string> values = {
      "$myhostname",
      "${myhostname}",
      "$(myhostname)",
      "${ myhostname }",
      "$nosuch|$empty|$written",
      "$$x$$",
      "$myhostname.$mydomain-$myorigin",
      "${empty?x}|${empty:x}",
      "${written?x}|${written:x}",
      "${nosuch?x}|${nosuch:x}",
      "${low?x:y}",
      "${low?{x}:{y}}",
      "${low?{x}:y}",
      "${low? { x } : { y } }",
      "${nosuch? { x } : { y } }",
      "${low ? x}",
      "${low?{$high}}",
      "${low?{${high?{z}}}}",
      "${{$low} == {9} ? {a} : {b}}",
      "${{$low} < {$high} ? {a} : {b}}",
      "${{a}<{B}?{c}:{d}}",
      "${{010} == {10}}",
      "${{010} == {10a}}",
      "${{a} != {a}}",
      "${{} == {$empty} ? {a}}",
      "${{$written} == {} ? {a} : {b}}",
      "${{3.6} >=level {3.10} ? {a} : {b}}",
      "${{2} <level {3.6} ? {a} : {b}}",
      "${low}}",
      "$append_dot_mydomain $relay_domains",
      "{$low}",
      "$low{x}",
      "$low?x",
      "$1",
      "${_x:y}",
      "$low-$high",
      "$(low)x",
  };
  // Each value goes to one of Postfix's text parameters: one run of postconf prints them all.
  std::string main_cf(kNames);
  std::size_t used = 0;
  for (const DefaultParameter& parameter : default_parameters()) {
    const bool holds_any_text = parameter.value.empty() && (parameter.name.ends_with("_maps") ||
                                                            parameter.name.ends_with("_checks"));
    if (used < values.size() && holds_any_text) {
      main_cf += std::string(parameter.name) + " = " + values[used++] + "\n";
    }
  }
  REQUIRE(used == values.size());
  compare(main_cf);
}

TEST_CASE("postconf: what it cannot expand is an error here, too") {
  if (!has_postconf()) {
    return;
  }
  const std::vector<std::string> values = {
      "${low",
      "${low?{x}",
      "$",
      "x$",
      "$-",
      "${}",
      "${$low}",
      "${low!x}",
      "$(low}",
      "${low?{x}:{y}z}",
      "${{a}={a}?{b}}",
      "${{a} <level {b} ? {x}}",
      "$loop",
  };
  for (const std::string& value : values) {
    BothReaders both(std::string(kNames) + "loop = $loop\nhome_mailbox = " + value + "\n");
    const auto ours = both.ours();
    REQUIRE(ours.ok());
    INFO(value);
    CHECK(both.postconf("-x home_mailbox").empty());
    CHECK_FALSE(ours->expand("home_mailbox").ok());
  }
}

TEST_CASE("postconf: -o is read the same way") {
  if (!has_postconf()) {
    return;
  }
  compare("home_mailbox = 1\nrelayhost = $home_mailbox\n", {"home_mailbox = 2 "});
  compare("home_mailbox = 1\n", {"relayhost=$home_mailbox$x", "x={y}", "home_mailbox="});
}

TEST_CASE("postconf: each parameter that it knows has an answer here") {
  if (!has_postconf()) {
    return;
  }
  const BothReaders both("");
  const std::string names = both.postconf("-d");
  std::size_t count = 0;
  for (const std::string_view line : split_lines(names)) {
    const std::string name(line.substr(0, line.find(' ')));
    INFO(name);
    CHECK(find_followed(name) != nullptr);
    ++count;
  }
  CHECK(count > 800);
}

TEST_CASE("postconf: mynetworks") {
  if (!has_postconf()) {
    return;
  }
  for (const char* const style : {"subnet", "class", "host"}) {
    INFO(style);
    const BothReaders both("", {std::string("mynetworks_style=") + style});
    LiveWorld world;
    auto main_cf =
        load_main_cf(world, both.directory(), {std::string("mynetworks_style=") + style});
    REQUIRE(main_cf.ok());
    set_network_default(*main_cf, world);
    const auto networks = main_cf->find("mynetworks");
    REQUIRE(networks);
    CHECK(networks->value == trim(both.postconf("-h mynetworks")));
  }
}

}  // namespace
}  // namespace lastmile
