// SPDX-License-Identifier: Apache-2.0
#include "transports/master_cf.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// "name/type private unprivileged chroot program [arguments] {overrides}".
std::string line_of(const Service& service) {
  std::string text = service.name + "/" + service.type + (service.is_private ? " y" : " n") +
                     (service.unprivileged ? " y" : " n") + (service.chroot ? " y " : " n ") +
                     service.program;
  for (const std::string& argument : service.arguments) {
    text += " [" + argument + "]";
  }
  for (const auto& [name, value] : service.overrides) {
    text += " {" + name + "=" + value + "}";
  }
  return text;
}

TEST_CASE("master.cf: services") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"lmtp unix - - n - - lmtp", "lmtp/unix y y n lmtp"},
      {"lmtp unix - - - - - lmtp", "lmtp/unix y y y lmtp"},
      {"local\tunix\tn n\ty 60? 2 local", "local/unix n n y local"},
      {"# x\nlmtp unix - - n - - lmtp\n  # y\n  -o a=b\n", "lmtp/unix y y n lmtp {a=b}"},
      {"l unix - - n - - lmtp -o a=b -o c=", "l/unix y y n lmtp {a=b} {c=}"},
      {"l unix - - n - - lmtp -oa=b", "l/unix y y n lmtp {a=b}"},
      {"l unix - - n - - lmtp -o { a = b c }", "l/unix y y n lmtp {a=b c}"},
      {"l unix - - n - - lmtp -o a=$x,y", "l/unix y y n lmtp {a=$x,y}"},
      {"p unix - n n - 10 pipe flags=R user=vmail argv=/x {a b} ${user}",
       "p/unix y n n pipe [flags=R] [user=vmail] [argv=/x] [a b] [${user}]"},
      {"[::1]:25 inet n - n - - smtpd -v", "[::1]:25/inet n y n smtpd [-v]"},
      {"a unix - - n - - one\nb unix - - n - - b\na unix - - n - - two", "a/unix y y n two"},
  };
  for (const auto& [content, expected] : rows) {
    INFO(content);
    const auto master_cf = MasterCf::parse(content, "master.cf", true);
    REQUIRE(master_cf.ok());
    CHECK(line_of(master_cf->services().front()) == expected);
  }
}

TEST_CASE("master.cf: faults name the line and the field") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"\nlmtp", "master.cf:2: missing \"type\" field"},
      {"lmtp unix - - n -", "master.cf:1: missing \"maxproc\" field"},
      {"lmtp unix - - n - -", "master.cf:1: missing \"command\" field"},
      {"lmtp - - - n - - lmtp", "master.cf:1: field \"type\" has no default value"},
      {"lmtp tcp - - n - - lmtp",
       "master.cf:1: field \"type\": bad value: \"tcp\" (inet, unix, fifo, unix-dgram, pass)"},
      {"lmtp unix yes - n - - lmtp",
       "master.cf:1: field \"private\": bad value: \"yes\" (y, n, -)"},
      {"lmtp unix - - n x - lmtp",
       "master.cf:1: field \"wakeup\": bad value: \"x\" (a number or -)"},
      {"l unix - - n - - lmtp -o", "master.cf:1: -o without name=value"},
      {"l unix - - n - - lmtp -o a = b",
       "master.cf:1: -o \"a\": missing '=' after attribute name (with blanks around it: -o { name "
       "= value })"},
      {"l unix - - n - - lmtp { a", "master.cf:1: missing '}' in \"{ a\""},
  };
  for (const auto& [content, expected] : rows) {
    INFO(content);
    const auto master_cf = MasterCf::parse(content, "master.cf", false);
    REQUIRE_FALSE(master_cf.ok());
    CHECK(master_cf.error().message() == expected);
  }
}

TEST_CASE("master.cf: what is worth a warning") {
  const auto master_cf =
      MasterCf::parse("  stray\na unix - - n - - one\na unix - - n - - two\n", "master.cf", false);
  REQUIRE(master_cf.ok());
  REQUIRE(master_cf->warnings().size() == 2);
  CHECK(master_cf->warnings()[0].message() ==
        "master.cf:1: logical line must not start with white space, ignored");
  CHECK(master_cf->warnings()[1].message() ==
        "master.cf:3: service a/unix replaces the one of line 2");
}

TEST_CASE("master.cf: a transport is a private service of type unix") {
  const auto master_cf = MasterCf::parse(
      "smtp inet n - n - - smtpd\npublic unix n - n - - lmtp\nx fifo - - n - - lmtp\n"
      "lmtp unix - - n - - lmtp\n",
      "master.cf", false);
  REQUIRE(master_cf.ok());
  for (const std::string_view name : {"smtp", "public", "x", "nosuch", ""}) {
    CHECK(master_cf->find_transport(name) == nullptr);
  }
  const Service* const lmtp = master_cf->find_transport("lmtp");
  REQUIRE(lmtp != nullptr);
  CHECK(lmtp->source == SourcePos{"master.cf", 4});
}

TEST_CASE("master.cf: the standard services have every transport that the defaults name") {
  const MasterCf standard = MasterCf::standard();
  for (const std::string_view name :
       {"local", "virtual", "relay", "smtp", "lmtp", "error", "retry", "discard"}) {
    INFO(name);
    CHECK(standard.find_transport(name) != nullptr);
  }
  CHECK(standard.find_transport("retry")->program == "error");
}

TEST_CASE("master.cf: words that a daemon does not take end it") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"local", ""},
      {"local -v -o x=y", ""},
      {"local -s 5 -D", ""},
      {"local # note", "service x: unexpected command-line argument: #"},
      {"virtual extra", "service x: unexpected command-line argument: extra"},
      {"local -q", "invalid option: -q"},
      {"lmtp flags=DRX", ""},
      {"lmtp # note", "service x: unknown attribute name: #"},
      {"smtp -- note", "service x: unknown attribute name: note"},
      {"pipe user=vmail argv=/bin/true # note", ""},
  };
  for (const auto& [command, problem] : rows) {
    CAPTURE(command);
    const auto parsed = MasterCf::parse("x unix - n n - - " + command + "\n", "m", false);
    REQUIRE(parsed.ok());
    const auto wrong = wrong_argument(parsed->services().front());
    CHECK((wrong ? wrong->text : "") == problem);
  }
}

}  // namespace
}  // namespace lastmile
