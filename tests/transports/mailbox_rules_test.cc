// SPDX-License-Identifier: Apache-2.0
#include "transports/mailbox_rules.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"
#include "transports/fallback_rules.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

const Account kAlice = {"alice", 2001, 2001, "/home/alice", "/bin/sh"};

/// "destination parameter:line", "(none)", or the error.
std::string line_of(const Result<std::optional<RuleAnswer>>& answer) {
  if (!answer) {
    return "error: " + answer.error().message();
  }
  if (!*answer) {
    return "(none)";
  }
  return to_string((*answer)->destination) + ' ' + (*answer)->parameter +
         ((*answer)->source ? ':' + std::to_string((*answer)->source->line) : "");
}

std::string mailbox_line(const std::string& main_cf) {
  ConfiguredWorld world(main_cf);
  world.world().add_table("hash:/commands", {{"alice", "/bin/a $USER"}});
  auto answer = choose_mailbox(world.configuration(), kAlice);
  if (!answer) {
    return "error: " + answer.error().message();
  }
  return line_of(std::optional(*std::move(answer)));
}

TEST_CASE("mailbox rules: the first that applies") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "mailbox:/var/mail/alice mail_spool_directory"},
      {"mail_spool_directory = /s\n", "mailbox:/s/alice mail_spool_directory:5"},
      {"mail_spool_directory = /s/\n", "maildir:/s/alice/ mail_spool_directory:5"},
      {"mail_spool_directory = s\n", "mailbox:/var/spool/postfix/s/alice mail_spool_directory:5"},
      {"home_mailbox = Mailbox\n", "mailbox:/home/alice/Mailbox home_mailbox:5"},
      {"home_mailbox = Maildir/\n", "maildir:/home/alice/Maildir/ home_mailbox:5"},
      {"home_mailbox = Mailbox\nmail_spool_directory = /s/\n",
       "maildir:/s/alice/ mail_spool_directory:6"},
      {"home_mailbox = Maildir/\nmail_spool_directory = /s/\n",
       "maildir:/home/alice/Maildir/ home_mailbox:5"},
      {"home_mailbox = /var/mail/x\n", "mailbox:/home/alice//var/mail/x home_mailbox:5"},
      {"mailbox_command = /bin/x \"$EXTENSION\"\nhome_mailbox = Maildir/\n",
       "command:/bin/x \"$EXTENSION\" mailbox_command:5"},
      {"mailbox_command_maps = hash:/commands\nmailbox_command = /bin/x\n",
       "command:/bin/a $USER mailbox_command_maps"},
      {"mailbox_command_maps = inline:{bob=/bin/b}\nmailbox_command = /bin/x\n",
       "command:/bin/x mailbox_command:6"},
  };
  for (const auto& [main_cf, expected] : rows) {
    INFO(main_cf);
    CHECK(mailbox_line(main_cf) == expected);
  }
  CHECK_THAT(mailbox_line("mailbox_command_maps = fail:x\n"), Catch::StartsWith("error: "));
}

TEST_CASE("mailbox rules: only a file in the spool directory is one") {
  const auto in_spool = [](const std::string& main_cf) {
    ConfiguredWorld world(main_cf);
    return std::get<Mailbox>(choose_mailbox(world.configuration(), kAlice)->destination).in_spool;
  };
  CHECK(in_spool(""));
  // Whose rights open it depends on the parameter's directory, whatever the account is called.
  ConfiguredWorld world("mail_spool_directory = /srv/mail\n");
  Account dots = kAlice;
  dots.name = "../x";
  const auto answer = choose_mailbox(world.configuration(), dots);
  const Mailbox mailbox = std::get<Mailbox>(answer->destination);
  CHECK(mailbox.path == "/srv/mail/../x");
  CHECK(mailbox.spool == "/srv/mail");
  CHECK_FALSE(in_spool("home_mailbox = Mailbox\n"));
}

TEST_CASE("mailbox and fallback transports") {
  struct Row {
    std::string main_cf, user, expected;
  };
  // Each row is tried with mailbox_transport(_maps) and with fallback_transport(_maps): X.
  const std::vector<Row> rows = {
      {"", "alice", "(none)"},
      {"X = lmtp:unix:/run/lmtp\n", "nosuch", "lmtp:unix:/run/lmtp X:5"},
      {"X = lmtp\n", "alice", "lmtp:inet:mx.example.com:24 X:5"},
      {"X = nosuch:x\n", "alice", "defer:4.3.0 mail transport unavailable X:5"},
      {"X = :\n", "alice", "defer:4.3.0 missing transport name in \":\" (X) X:5"},
      {"X = error:5.1.1 gone away\n", "alice", "bounce:5.1.1 gone away X:5"},
      {"X = smtp:[127.0.0.1]:2526\n", "alice", "transport:smtp:127.0.0.1:2526 X:5"},
      {"X_maps = hash:/t\nX = discard\n", "alice", "lmtp:unix:/alice X_maps"},
      {"X_maps = hash:/t\nX = discard\n", "bob", "discard: X:6"},
      {"X_maps = hash:/t\n", "carol",
       "defer:4.3.0 missing transport name in \":unix:/x\" (X_maps) X_maps"},
      {"X_maps = hash:/t\n", "nosuch", "(none)"},
  };
  const auto named = [](std::string text, const std::string& name) {
    for (std::size_t at = text.find('X'); at != std::string::npos; at = text.find('X', at + 1)) {
      text.replace(at, 1, name);
    }
    return text;
  };
  for (const Row& row : rows) {
    for (const std::string name : {"mailbox_transport", "fallback_transport"}) {
      ConfiguredWorld world(named(row.main_cf, name));
      world.world().add_table("hash:/t", {{"alice", "lmtp:unix:/alice"}, {"carol", ":unix:/x"}});
      Configuration& configuration = world.configuration();
      INFO(row.main_cf << row.user << " " << name);
      CHECK(line_of(name == "mailbox_transport"
                        ? choose_mailbox_transport(configuration, {row.user, "mx.example.com"})
                        : choose_fallback_transport(configuration, {row.user, "mx.example.com"})) ==
            named(row.expected, name));
    }
  }
  ConfiguredWorld broken("mailbox_transport_maps = fail:x\nmailbox_transport = lmtp\n");
  CHECK_FALSE(choose_mailbox_transport(broken.configuration(), {"alice", ""}).ok());
}

}  // namespace
}  // namespace lastmile
