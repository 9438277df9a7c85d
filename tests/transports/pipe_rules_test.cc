// SPDX-License-Identifier: Apache-2.0
#include "transports/pipe_rules.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

Service service_of(const std::string& arguments) {
  auto master_cf =
      MasterCf::parse("job unix - n n - - pipe " + arguments + '\n', "master.cf", false);
  REQUIRE(master_cf.ok());
  return *master_cf->find_transport("job");
}

PipeService parsed(const std::string& arguments) {
  auto service = parse_pipe_service(service_of(arguments));
  REQUIRE(service.ok());
  return *std::move(service);
}

Recipient recipient_of(const std::string& internal, const std::string& original = {}) {
  Recipient recipient;
  recipient.address = split_address(internal);
  recipient.original = original;
  return recipient;
}

Envelope envelope_from(const std::string& sender) {
  Envelope envelope;
  envelope.sender = split_address(sender);
  envelope.queue_id = "4ABC";
  envelope.envelope_id = "order-17";
  envelope.client = {"client.test", "192.0.2.1", "helo.test", "ESMTP",
                     "plain",       "dave",      "dave@y",    "4000"};
  return envelope;
}

/// The words, each in angle brackets; or the error.
std::string words(const std::string& arguments, const std::vector<Recipient>& recipients,
                  const std::string& sender = "sender@remote.test",
                  PostfixVersion release = kRecordedVersion) {
  const Envelope envelope = envelope_from(sender);
  Settings settings;
  settings.postfix = std::make_shared<const PostfixRelease>(release, "test");
  settings.extension_rules = {"+", true, "double-bounce"};
  const auto result = pipe_words(parsed("user=nobody " + arguments), recipients,
                                 {"Next.Hop", envelope, 284}, settings);
  if (!result) {
    return result.error().message();
  }
  std::string line;
  for (const std::string& word : *result) {
    line += '<' + word + '>';
  }
  return line;
}

TEST_CASE("pipe: the macros of a command") {
  const std::vector<Recipient> one = {recipient_of("Alice+Lists@Pipe.test", "\"a b\"@x")};
  const std::pair<std::string, std::string> rows[] = {
      {"argv=/bin/x -f $sender -- ${recipient}",
       "</bin/x><-f><sender@remote.test><--><Alice+Lists@Pipe.test>"},
      {"argv=$user $(extension) ${mailbox} $domain", "<Alice><Lists><Alice+Lists><Pipe.test>"},
      {"argv=${nexthop}/$queue_id ${size}", "<Next.Hop/4ABC><284>"},
      {"argv=$original_recipient", "<a b@x>"},
      {"flags=q argv=$original_recipient", "<\"a b\"@x>"},
      {"flags=uh argv=$recipient $user $mailbox $domain $nexthop",
       "<alice+lists@pipe.test><alice><alice+lists><pipe.test><next.hop>"},
      {"argv=$client_hostname $client_address $client_helo $client_protocol $client_port",
       "<client.test><192.0.2.1><helo.test><ESMTP><4000>"},
      {"argv=$sasl_method $sasl_username $sasl_sender", "<plain><dave><dave@y>"},
      {"argv=$$user {a b} { c $user }", "<$user><a b><c Alice>"},
      {"argv=", "<>"},
      {"argv=/x flags=F -o a=b", "</x><flags=F><-o><a=b>"},
      {"argv=$nosuch", "unknown macro name: \"nosuch\""},
      {"argv=${user?x}", "unknown macro name: \"user?x\""},
      {"argv=${user", "\"${user\": a macro that cannot be read"},
      {"argv=a$", "\"a$\": a macro that cannot be read"},
  };
  for (const auto& [arguments, expected] : rows) {
    CHECK(words(arguments, one) == expected);
  }
}

TEST_CASE("pipe: a word with a macro of a recipient is repeated for each") {
  const std::vector<Recipient> two = {recipient_of("a@x"), recipient_of("b+e@y")};
  CHECK(words("argv=/x $recipient -u=$user/$extension $sender $domain z", two) ==
        "</x><a@x><b+e@y><-u=a/><-u=b/e><sender@remote.test><x><y><z>");
}

TEST_CASE("pipe: a recipient without a user has no word with that macro") {
  const std::vector<Recipient> two = {recipient_of("@x"), recipient_of("b@y")};
  const std::string macros = "argv=u=$user m=$mailbox e=$extension z";
  CHECK(words(macros, two) == "<u=b><m=><m=b><e=><e=><z>");
  CHECK(words(macros, two, "s@x", {3, 12, 0}) == "<u=><u=b><m=><m=b><e=><e=><z>");
}

TEST_CASE("pipe: later releases have a macro for the envelope ID") {
  const std::vector<Recipient> one = {recipient_of("a@x")};
  CHECK(words("argv=$envid", one) == "unknown macro name: \"envid\"");
  CHECK(words("argv=$envid", one, "s@x", {3, 9, 0}) == "<order-17>");
}

TEST_CASE("pipe: the null sender has another name") {
  const std::vector<Recipient> one = {recipient_of("a@x")};
  CHECK(words("argv=$sender", one, "") == "<MAILER-DAEMON>");
  CHECK(words("null_sender= argv=$sender", one, "") == "<>");
  CHECK(words("flags=q null_sender= argv=$sender", one, "") == "<>");
  CHECK(words("flags=q null_sender=a(b) argv=$sender", one, "") == "<\"a(b)\">");
}

TEST_CASE("pipe: attributes of a service") {
  const PipeService service = parsed(
      "flags=DRq.> user=vmail:users directory=/d chroot=/c size=10 eol=\\r\\n\\041\\\\\\ argv=x y");
  CHECK(service.flags.delivered_to);
  CHECK(service.flags.return_path);
  CHECK(service.flags.quote_address);
  CHECK(service.flags.quote_dots);
  CHECK(service.flags.quote_from);
  CHECK_FALSE(service.flags.from_line);
  CHECK(service.user + '/' + service.group == "vmail/users");
  CHECK(service.directory.value_or("") + service.root.value_or("") == "/d/c");
  CHECK(service.size_limit == 10);
  CHECK(service.end_of_line == "\r\n!\\");
  CHECK(service.words == std::vector<std::string>{"x", "y"});

  const std::pair<std::string, std::string> rows[] = {
      {"user=nobody", "argv= is missing"},
      {"argv=/x", "user= is missing"},
      {"usr=nobody argv=/x", "\"usr=nobody\": unknown attribute (did you mean \"user\"?)"},
      {"flags=Z user=nobody argv=/x", "\"flags=Z\": unknown flag \"Z\" (BDFORXhqu.>)"},
      {"size=big user=nobody argv=/x", "\"size=big\": a size is 0 or more octets"},
      {"user= argv=/x", "\"user=\": the name of an account is missing"},
  };
  for (const auto& [arguments, expected] : rows) {
    const auto refused = parse_pipe_service(service_of(arguments));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message() == "master.cf:1: service job: " + expected);
  }
}

TEST_CASE("pipe: rights are neither those of root nor those of the mail system") {
  test::ConfiguredWorld world;
  world.world().add_account({"vmail", 5000, 5000, "/srv", "/bin/false"});
  world.world().add_account({"root", 0, 0, "/root", "/bin/sh"});
  world.world().add_account({"postfix", 101, 102, "/", "/bin/false"});
  world.world().add_account({"other", 5001, 102, "/", "/bin/false"});
  world.world().add_file("/etc/group", "root:x:0:\nusers:x:100:alice\npostdrop:x:103:\n");
  const std::pair<std::string, std::string> rows[] = {
      {"vmail", "5000/5000 vmail"},
      {"vmail:users", "5000/100 vmail:users"},
      {"nosuch", "master.cf:1: user=nosuch: no such account"},
      {"vmail:nosuch", "master.cf:1: user=vmail:nosuch: no such group"},
      {"root", "master.cf:1: user=root: must not have the rights of root"},
      {"vmail:root", "master.cf:1: user=vmail:root: must not have the rights of root"},
      {"postfix", "master.cf:1: user=postfix: must not have the rights of the mail system"},
      {"other", "master.cf:1: user=other: must not have the rights of the mail system"},
      {"vmail:postdrop",
       "master.cf:1: user=vmail:postdrop: must not have the rights of setgid_group"},
  };
  for (const auto& [user, expected] : rows) {
    const Service service = service_of("user=" + user + " argv=/x");
    const auto rights = pipe_rights(parsed("user=" + user + " argv=/x"), service.source,
                                    world.settings(), world.world());
    CHECK((rights ? std::to_string(rights->uid) + '/' + std::to_string(rights->gid) + ' ' +
                        rights->name
                  : rights.error().message()) == expected);
  }
}

TEST_CASE("pipe: limits have the name of the service") {
  test::ConfiguredWorld world(
      "job_time_limit = 5s\nother_time_limit = 0\ncommand_time_limit = 7\n"
      "job_destination_recipient_limit = 3\n");
  const Settings& settings = world.settings();
  CHECK(*pipe_time_limit(settings, "job") == std::chrono::seconds(5));
  CHECK(*pipe_time_limit(settings, "third") == std::chrono::seconds(7));
  CHECK_FALSE(pipe_time_limit(settings, "other").ok());
  CHECK(destination_recipient_limit(settings, "job") == 3);
  CHECK(destination_recipient_limit(settings, "third") == 50);
}

TEST_CASE("pipe: words are shown as a shell would take them") {
  CHECK(words_as_line({"/bin/x", "a b", "", "it's", "${size}"}) ==
        "/bin/x 'a b' '' 'it'\\''s' ${size}");
}

}  // namespace
}  // namespace lastmile
