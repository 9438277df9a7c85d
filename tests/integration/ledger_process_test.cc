// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"

namespace lastmile::test {
namespace {

constexpr const char* kLedger =
    "home_mailbox = Maildir/\nlastmile_ledger = @DIR@/state/ledger.sqlite\n";

/// A site whose alias `team` is alice and a script that tests write.
struct Site {
  MailSite mail;

  explicit Site(const std::string& parameters = "")
      : mail(kLedger + parameters, "team alice, \"|/bin/sh @DIR@/act\"\n", {"alice", "bob"}) {
    act("exit 0");
  }

  std::string path(const std::string& name) const { return mail.directory().path(name); }

  /// What the command does after it has read the message.
  void act(const std::string& script) const {
    mail.directory().write("act", "cat >/dev/null\n" + script + "\n", 0755);
  }
  /// It says that it runs, and waits until it is told to go on.
  void act_and_wait() const {
    for (const char* name : {"started", "go"}) {
      REQUIRE(mkfifo(path(name).c_str(), 0666) == 0);
      REQUIRE(chmod(path(name).c_str(), 0666) == 0);
    }
    act("echo started >" + path("started") + "\nread line <" + path("go"));
  }
  /// Blocks until the command runs.
  void wait_until_started() const {
    std::ifstream fifo(path("started"));
    std::string line;
    REQUIRE(std::getline(fifo, line));
  }
  void let_go() const { std::ofstream(path("go")) << "go\n"; }

  Delivery deliver(const std::string& recipient) const {
    return mail.deliver("local", {recipient + "@example.com"}, "ledger");
  }
  int copies_of_alice() const { return count_of(mail.maildir_of("alice"), "Subject: ledger"); }
};

/// A delivery of a message that may have been here before.
ProcessSpec old_delivery(const MailSite& site, const std::string& recipient) {
  ProcessSpec spec = site.delivery("local", {recipient + "@example.com"}, "ledger");
  spec.input.insert(0, "Received: by mx.example.com; Thu, 1 Jan 2026 00:00:00 +0000\n");
  return spec;
}

TEST_CASE("attempt after attempt delivers what is missing") {
  const Site site;
  site.act("exit 75");
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Delivery delivery = site.deliver("team");
    INFO(delivery.output);
    CHECK(delivery.exit_status == 75);
    CHECK(site.copies_of_alice() == 1);
  }
  site.act("exit 0");
  CHECK(site.deliver("team").exit_status == 0);
  CHECK(site.copies_of_alice() == 1);
  // What was settled is forgotten: this is another delivery of the same file.
  CHECK(site.deliver("team").exit_status == 0);
  CHECK(site.copies_of_alice() == 2);
}

TEST_CASE("a ledger is nobody else's to see") {
  const Site site;
  CHECK(site.deliver("team").exit_status == 0);
  struct stat attributes = {};
  REQUIRE(stat(site.path("state").c_str(), &attributes) == 0);
  CHECK((attributes.st_mode & 07777U) == 0700U);
  for (const char* name : {"state/ledger.sqlite", "state/ledger.sqlite-wal"}) {
    REQUIRE(stat(site.path(name).c_str(), &attributes) == 0);
    CHECK((attributes.st_mode & 07777U) == 0600U);
  }
}

TEST_CASE("while one process delivers a message another one defers it") {
  const Site site;
  site.act_and_wait();
  BackgroundProcess first(site.mail.delivery("local", {"team@example.com"}, "ledger"));
  site.wait_until_started();

  const Delivery second = site.deliver("team");
  INFO(second.output);
  CHECK(second.exit_status == 75);
  CHECK(count_of(second.output, "another process is delivering this message here") > 0);
  CHECK(site.copies_of_alice() == 1);

  site.let_go();
  CHECK(first.wait() == 0);
  // The one that was turned away comes back, and finds all done.
  site.act("exit 1");
  const Delivery retry = site.deliver("team");
  INFO(retry.output);
  CHECK(retry.exit_status == 0);
  CHECK(site.copies_of_alice() == 1);
}

TEST_CASE("of sixteen processes at once with one message one delivers it") {
  const Site site;
  constexpr int kProcesses = 16;
  for (int round = 0; round < 3; ++round) {
    const std::string subject = "round " + std::to_string(round);
    ProcessSpec spec = site.mail.delivery("local", {"team@example.com"}, subject);
    // As an MTA calls that has a name for the message.
    const auto options = std::find(spec.arguments.begin(), spec.arguments.end(), "--");
    spec.arguments.insert(options, {"--queue-id", "4F6A12C0B" + std::to_string(round)});
    std::vector<std::unique_ptr<BackgroundProcess>> processes;
    processes.reserve(kProcesses);
    for (int i = 0; i < kProcesses; ++i) {
      processes.push_back(std::make_unique<BackgroundProcess>(spec));
    }
    int deferred = 0;
    for (const auto& process : processes) {
      const int status = process->wait();
      CHECK((status == 0 || status == 75));
      deferred += status == 75 ? 1 : 0;
    }
    CHECK(count_of(site.mail.maildir_of("alice"), "Subject: " + subject) == 1);
    // Those that were told to wait come back, and find it done.
    for (int i = 0; i < deferred; ++i) {
      CHECK(run_process(spec).status == 0);
    }
    CHECK(count_of(site.mail.maildir_of("alice"), "Subject: " + subject) == 1);
  }
}

TEST_CASE("what a process that was killed had in hand is delivered again, with a warning") {
  const Site site;
  site.act_and_wait();
  {
    const BackgroundProcess killed(site.mail.delivery("local", {"team@example.com"}, "ledger"));
    site.wait_until_started();
  }  // Its command dies with it.
  site.act("exit 0");
  const Delivery retry = site.deliver("team");
  INFO(retry.output);
  CHECK(retry.exit_status == 0);
  CHECK(count_of(retry.output, "again: it is not known how an earlier attempt ended") == 1);
  CHECK(site.copies_of_alice() == 1);
}

TEST_CASE("a connection that is lost after the final dot costs a warning, not the message") {
  const Site site("mailbox_transport = lmtp:unix:@DIR@/lmtp\n");
  ServerScript script = server_script("ok");
  script.closes_at = ServerScript::Place::final_reply;
  for (const bool hangs_up : {true, false}) {
    ScriptedServer server(site.path("lmtp"), hangs_up ? script : server_script("ok"));
    REQUIRE(chmod(site.path("lmtp").c_str(), 0666) == 0);
    const ProcessResult result = run_process(old_delivery(site.mail, "bob"));
    INFO(result.out << result.err);
    CHECK(result.status == (hangs_up ? 75 : 0));
    CHECK(count_of(result.err, "again: it is not known") == (hangs_up ? 0 : 1));
    CHECK(count_of(server.stop(), "Subject: ledger") == 1);
    unlink(site.path("lmtp").c_str());
  }
}

/// A delivery as an ordinary user does it, whom the MTA tells nothing but its environment.
ProcessSpec as_user(ProcessSpec spec, const std::vector<std::string>& environment) {
  if (geteuid() == 0) {
    spec.identity = unprivileged_identity();
  }
  std::vector<std::string> command = {"/usr/bin/env", "-i"};
  command.insert(command.end(), environment.begin(), environment.end());
  spec.arguments.insert(spec.arguments.begin(), command.begin(), command.end());
  return spec;
}

TEST_CASE("an ordinary user's retries make one copy, however often") {
  const MailSite site("home_mailbox = Maildir/\nlastmile_ledger = /etc/ledger.sqlite\n",
                      "down \"|exit 75\"\n", {"alice"});
  const ProcessSpec delivery =
      site.delivery("local", {"alice@example.com", "down@example.com"}, "ordinary");
  const Identity user = unprivileged_identity();
  const std::string state = site.directory().make_directory("state");
  const std::string home = site.directory().make_directory("vmail");
  give_to(state, user);
  give_to(home, user);
  struct Row {
    std::vector<std::string> environment;
    std::string parameter;
    bool is_kept;
  };
  const std::string own = site.directory().make_directory("own-" + user_name(user.uid));
  give_to(own, user);
  const std::vector<Row> rows = {
      {{"HOME=" + home}, "", true},
      {{"XDG_STATE_HOME=" + state}, "", true},
      {{}, "lastmile_ledger=" + site.directory().path("own-%u/ledger.sqlite"), true},
      {{"HOME=/nonexistent"}, "", geteuid() != 0},
      {{}, "lastmile_ledger=", false}};
  const Row& row = rows[GENERATE(range(std::size_t{0}, std::size_t{5}))];
  ProcessSpec spec = delivery;
  if (!row.parameter.empty()) {
    spec.arguments.insert(spec.arguments.begin() + 1, {"-o", row.parameter});
  }
  spec = as_user(spec, row.environment);
  constexpr int kAttempts = 4;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const ProcessResult result = run_process(spec);
    INFO(result.out << result.err);
    CHECK(result.status == 75);
    CHECK(count_of(site.maildir_of("alice"), "Subject: ordinary") == (row.is_kept ? 1 : attempt));
    // Once, and not where none is wanted.
    const bool is_told = !row.is_kept && row.parameter.empty();
    CHECK(count_of(result.err, "no ledger is kept: ") == (is_told ? 1 : 0));
    CHECK(count_of(result.err, "set lastmile_ledger = ") == (is_told ? 1 : 0));
  }
}

TEST_CASE("of a new message one thing to do is written down only when others hear of its failure") {
  const MailSite site(kLedger, "fails \"|exit 1\"\ntold \"|exit 1\"\nowner-told bob\n",
                      {"alice", "bob"});
  const auto status_of = [&site](const std::string& name) {
    return site.deliver("local", {name + "@example.com"}, "new").exit_status;
  };
  CHECK(status_of("alice") == 0);
  CHECK(status_of("fails") != 75);
  CHECK(status_of("nobody-here") == 67);
  CHECK_FALSE(site.directory().exists("state"));
  CHECK(status_of("told") != 75);
  CHECK(site.directory().exists("state/ledger.sqlite"));
}

TEST_CASE("what may be a retry is looked up, whatever it has to do") {
  const Site site;
  site.act("exit 75");
  CHECK(run_process(old_delivery(site.mail, "team")).status == 75);
  CHECK(site.copies_of_alice() == 1);
  // The alias has been changed meanwhile.
  site.mail.directory().write("aliases", "team alice\n");
  CHECK(run_process(old_delivery(site.mail, "team")).status == 0);
  CHECK(site.copies_of_alice() == 1);
}

TEST_CASE("who has one thing to do needs no ledger, and hears of none") {
  const MailSite site("home_mailbox = Maildir/\nlastmile_ledger = /etc/ledger.sqlite\n", "",
                      {"alice"});
  const ProcessSpec spec =
      as_user(site.delivery("local", {"alice@example.com"}, "one"), {"HOME=/nonexistent"});
  const ProcessResult result = run_process(spec);
  CHECK(result.status == 0);
  CHECK(count_of(result.err, "ledger") == 0);
}

TEST_CASE("a ledger of garbage costs a warning for each delivery and nothing else") {
  const Site site;
  REQUIRE(mkdir(site.path("state").c_str(), 0700) == 0);
  site.mail.directory().write("state/ledger.sqlite", std::string(5000, 'x'), 0600);
  for (int copy = 1; copy <= 2; ++copy) {
    const Delivery delivery = site.deliver("team");
    INFO(delivery.output);
    CHECK(delivery.exit_status == 0);
    CHECK(count_of(delivery.output, "file is not a database; delivering without it") == 1);
    CHECK(site.copies_of_alice() == copy);
  }
}

}  // namespace
}  // namespace lastmile::test
