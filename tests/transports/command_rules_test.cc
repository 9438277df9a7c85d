// SPDX-License-Identifier: Apache-2.0
#include "transports/command_rules.h"

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

std::optional<std::string> nothing_inherited(std::string_view /*name*/) {
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "[" : " [") + word + ']';
  }
  return text;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool has_variable(const std::vector<std::string>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& item) {
    return std::string_view(item).starts_with(std::string(name) + '=');
  });
}

CommandEnd exited(int status, std::string output = {}, int write_error = 0) {
  return {CommandEnd::Kind::exited, status, std::move(output), write_error};
}

}  // namespace

TEST_CASE("censoring replaces each octet that the filter does not list") {
  const Settings settings = test::delivery_settings();
  const std::string_view filter = settings.command_expansion_filter.value;
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"alice+lists@example.com", "alice+lists@example.com"},
      {"dave x@y", "dave_x@y"},
      {"$(id)`id`;|&<>", "__id__id______"},
      {"caf\xc3\xa9", "caf__"},
      {"a\nb\tc\"d'e\\f", "a_b_c_d_e_f"},
  };
  for (const auto& [text, expected] : rows) {
    CHECK(censor(text, filter) == expected);
  }
  CHECK(censor("abc", "") == "___");
}

TEST_CASE("a command is run through a shell only when it needs one") {
  struct Row {
    std::string_view command;
    std::string_view shell;
    std::string_view words;
    std::string_view when_not_found;
  };
  const Row rows[] = {
      {"/usr/bin/vacation alice", "", "[/usr/bin/vacation] [alice]", ""},
      {" /bin/cat\t-u ", "", "[/bin/cat] [-u]", ""},
      {"procmail -a x", "", "[procmail] [-a] [x]", "[sh] [-c] [procmail -a x]"},
      {"exit 75", "", "[exit] [75]", "[sh] [-c] [exit 75]"},
      {"echo a; exit 1", "", "[sh] [-c] [echo a; exit 1]", ""},
      {"/bin/echo $USER", "", "[sh] [-c] [/bin/echo $USER]", ""},
      {"/bin/echo 'a'", "", "[sh] [-c] [/bin/echo 'a']", ""},
      {"/bin/echo a\\b", "", "[sh] [-c] [/bin/echo a\\b]", ""},
      {"/bin/echo caf\xc3\xa9", "", "[sh] [-c] [/bin/echo caf\xc3\xa9]", ""},
      {"a%b", "", "[a%b]", "[sh] [-c] [a%b]"},
      {"", "", "[sh] [-c] []", ""},
      {"  ", "", "[sh] [-c] [  ]", ""},
      {"/bin/cat -u", "/some/restricted/sh -c", "[/some/restricted/sh] [-c] [/bin/cat -u]", ""},
      {"a; b", "smrsh  -c", "[smrsh] [-c] [a; b]", ""},
  };
  for (const Row& row : rows) {
    const CommandLine line = split_command(row.command, row.shell);
    CHECK(joined(line.words) == row.words);
    CHECK(joined(line.when_not_found) == row.when_not_found);
  }
}

TEST_CASE("the environment of a command says who gets the message, and from whom") {
  Settings settings = test::delivery_settings();
  settings.postfix = std::make_shared<const PostfixRelease>(PostfixVersion{3, 9, 0}, "test");
  Job job = test::job_for(test::somebody());
  job.envelope.sender = {"dave x", "y"};
  job.envelope.envelope_id = "envelope id";
  job.envelope.client = {"client.test", "192.0.2.1", "", "ESMTP", "plain", "dave d", "dave@y"};
  Command command;
  command.context =
      std::make_shared<const Account>(Account{"alice", 2001, 2001, "/home/alice smith", "/bin/sh"});
  const auto environment =
      command_environment(settings, command, job.envelope, job.recipients[0], nothing_inherited);
  const std::vector<std::string> expected = {
      "CLIENT_ADDRESS=192.0.2.1",
      "CLIENT_HOSTNAME=client.test",
      "CLIENT_PROTOCOL=ESMTP",
      "DOMAIN=example.com",
      "ENVID=envelope_id",
      "EXTENSION=ext",
      "HOME=/home/alice_smith",
      "LOCAL=user+ext",
      "LOGNAME=user",
      "MAIL_CONFIG=/etc/postfix",
      "ORIGINAL_RECIPIENT=list",
      "PATH=/usr/bin:/bin",
      "RECIPIENT=User+Ext@Example.com",
      "SASL_METHOD=plain",
      "SASL_SENDER=dave@y",
      "SASL_USERNAME=dave_d",
      "SENDER=dave_x@y",
      "SHELL=/bin/sh",
      "USER=user",
  };
  CHECK(environment == expected);
  // Earlier releases tell commands nothing of the envelope ID.
  settings.postfix = std::make_shared<const PostfixRelease>(PostfixVersion{3, 8, 6}, "test");
  const auto earlier =
      command_environment(settings, command, job.envelope, job.recipients[0], nothing_inherited);
  CHECK(earlier.size() == expected.size() - 1);
  CHECK(std::ranges::count(earlier, "ENVID=envelope_id") == 0);
}

TEST_CASE("a variable without a value is absent, but for the null sender") {
  const Settings settings = test::delivery_settings();
  Envelope envelope;
  Recipient recipient;
  recipient.address = {"List", ""};
  const auto plain =
      command_environment(settings, Command{}, envelope, recipient, nothing_inherited);
  CHECK(joined(plain) ==
        "[LOCAL=list] [LOGNAME=list] [MAIL_CONFIG=/etc/postfix] [PATH=/usr/bin:/bin] "
        "[RECIPIENT=List] [SENDER=] [USER=list]");

  recipient.address = {"list+", "example.com"};
  const auto empty_extension =
      command_environment(settings, Command{}, envelope, recipient, nothing_inherited);
  CHECK(contains(empty_extension, "EXTENSION="));
  CHECK(contains(empty_extension, "LOCAL=list+"));
}

TEST_CASE("the original recipient is given unquoted, like the others") {
  const Settings settings = test::delivery_settings();
  Recipient recipient;
  recipient.address = {"john doe", "example.com"};
  recipient.original = "\"john doe\"@example.com";
  const auto environment =
      command_environment(settings, Command{}, Envelope{}, recipient, nothing_inherited);
  CHECK(contains(environment, "ORIGINAL_RECIPIENT=john_doe@example.com"));
  CHECK(contains(environment, "RECIPIENT=john_doe@example.com"));
}

TEST_CASE("export_environment passes its variables on, and is overruled by the delivery") {
  Settings settings = test::delivery_settings();
  settings.export_environment.value = {"TZ",        "LANG",       "IFS=x y;z",     "PATH=/evil",
                                       "USER=root", "HOME=/evil", "{ ONE = x y }", "{TWO=}"};
  const auto inherited = [](std::string_view name) -> std::optional<std::string> {
    return name == "TZ" ? std::optional<std::string>("Europe/Vienna (x)") : std::nullopt;
  };
  const Job job = test::job_for(test::somebody());
  const auto environment =
      command_environment(settings, Command{}, job.envelope, job.recipients[0], inherited);
  CHECK(contains(environment, "TZ=Europe/Vienna (x)"));
  CHECK(contains(environment, "IFS=x y;z"));
  CHECK(contains(environment, "ONE=x y"));
  CHECK(contains(environment, "TWO="));
  CHECK(contains(environment, "PATH=/usr/bin:/bin"));
  CHECK(contains(environment, "USER=user"));
  CHECK(contains(environment, "HOME=/evil"));  // No user context: nothing overrules it.
  CHECK_FALSE(has_variable(environment, "LANG"));
  CHECK(joined(base_environment(settings, inherited)) ==
        "[HOME=/evil] [IFS=x y;z] [ONE=x y] [PATH=/usr/bin:/bin] [TWO=] [TZ=Europe/Vienna (x)] "
        "[USER=root]");
}

TEST_CASE("the end of a command is a status, as local(8) reads it") {
  struct Row {
    std::string_view command;
    CommandEnd end;
    std::string_view expected;
  };
  const auto with_kind = [](CommandEnd::Kind kind, int value, std::string output = {}) {
    return CommandEnd{kind, value, std::move(output), 0};
  };
  using Kind = CommandEnd::Kind;
  const Row rows[] = {
      {"x", exited(0), "2.0.0 delivered to command: x"},
      {"x", exited(0, "5.7.7 nope\n"), "2.0.0 delivered to command: x"},
      {"x", exited(0, "", ENOSPC),
       R"(4.3.0 Command failed: error writing message: No space left on device: "x")"},
      {"x", exited(0, "", EIO),
       R"(4.3.0 Command failed: error writing message: Input/output error: "x")"},
      {"x", exited(67, "", EIO), "5.1.1 user unknown"},
      {"exit 2", exited(2), R"(5.3.0 Command died with status 2: "exit 2")"},
      {"x", exited(64), "5.3.0 command line usage error"},
      {"x", exited(65), "5.6.0 data format error"},
      {"x", exited(66), "5.3.0 cannot open input"},
      {"x", exited(67), "5.1.1 user unknown"},
      {"x", exited(68), "5.1.2 host name unknown"},
      {"x", exited(69), "5.3.0 service unavailable"},
      {"x", exited(70), "5.3.0 internal software error"},
      {"x", exited(71), "4.3.0 system resource problem"},
      {"x", exited(72), "5.3.0 critical OS file missing"},
      {"x", exited(73), "5.2.0 can't create user output file"},
      {"x", exited(74), "5.3.0 input/output error"},
      {"x", exited(75), "4.3.0 temporary failure"},
      {"x", exited(76), "5.5.0 remote error in protocol"},
      {"x", exited(77), "5.7.0 permission denied"},
      {"x", exited(78), "5.3.5 local configuration error"},
      {"x", exited(79), R"(5.3.0 Command died with status 79: "x")"},
      {"x", exited(63), R"(5.3.0 Command died with status 63: "x")"},
      {"x", exited(77, "first line\nsecond\tline\n"),
       "5.7.0 permission denied. Command output: first line second line "},
      {"x", exited(1, "a\tb\nc\001d\n"),
       R"(5.3.0 Command died with status 1: "x". Command output: a b c_d )"},
      {"x", exited(1, "caf\xc3\xa9 \xff"),
       "5.3.0 Command died with status 1: \"x\". Command output: caf\xc3\xa9 _"},
      {"x", exited(75, "5.7.7 nope\n"), "5.7.7 nope "},
      {"x", exited(75, "5.7.7\n"), "5.7.7 "},
      {"x", exited(67, "4.2.2 full\n"), "4.2.2 full "},
      {"x", exited(1, "2.1.2 ok\n"), "5.0.0 ok "},
      {"x", exited(1, " 5.7.7 nope"),
       R"(5.3.0 Command died with status 1: "x". Command output:  5.7.7 nope)"},
      {"x", exited(1, "5.7.7nope"),
       R"(5.3.0 Command died with status 1: "x". Command output: 5.7.7nope)"},
      {"x", exited(1, "3.1.1 no"),
       R"(5.3.0 Command died with status 1: "x". Command output: 3.1.1 no)"},
      {"kill", with_kind(Kind::signaled, 15), R"(4.3.0 Command died with signal 15: "kill")"},
      {"kill", with_kind(Kind::signaled, 9, "out"),
       R"(4.3.0 Command died with signal 9: "kill". Command output: out)"},
      {"sleep 30", with_kind(Kind::timed_out, 0),
       R"(5.3.0 Command time limit exceeded: "sleep 30")"},
      {"x", with_kind(Kind::timed_out, 0, "so far\n"),
       R"(5.3.0 Command time limit exceeded: "x". Command output: so far )"},
      {"x", with_kind(Kind::not_started, EAGAIN),
       "4.3.0 Delivery failed: Resource temporarily unavailable"},
      {"x", with_kind(Kind::unknown, 0), R"(4.3.0 Command ended in an unknown way: "x")"},
  };
  for (const Row& row : rows) {
    CHECK(test::line_of(command_status(row.command, row.end), "PATH") == row.expected);
  }
}

TEST_CASE("a command that did not choose its end may have done its work") {
  using Kind = CommandEnd::Kind;
  const auto perhaps_delivered = [](Kind kind, int value) {
    return command_status("x", {kind, value, "", 0}).perhaps_delivered;
  };
  CHECK(perhaps_delivered(Kind::signaled, 15));
  CHECK(perhaps_delivered(Kind::timed_out, 0));
  CHECK(perhaps_delivered(Kind::unknown, 0));
  CHECK_FALSE(perhaps_delivered(Kind::not_started, EAGAIN));
  CHECK_FALSE(perhaps_delivered(Kind::exited, 75));
  CHECK_FALSE(perhaps_delivered(Kind::exited, 0));
}

TEST_CASE("a report shows the words of the command, or those of its exit status") {
  CHECK(command_status("x", exited(67)).diagnostic == "x-unix; user unknown");
  CHECK(command_status("x", exited(67, "who?")).diagnostic == "x-unix; who?");
  CHECK(command_status("x", exited(1, "5.2.1 gone\n")).diagnostic == "x-unix; gone ");
  CHECK_FALSE(command_status("x", exited(0)).diagnostic);
}

}  // namespace lastmile
