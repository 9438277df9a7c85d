// SPDX-License-Identifier: Apache-2.0
// What a delivery inherits from whoever starts it does not change what becomes of the mail.

#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/integration/mail_site.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// Delivers to `recipient` behind words of the shell, such as "umask 777;".
ProcessResult deliver_behind(const MailSite& site, const std::string& words,
                             const std::string& recipient, const std::string& redirection = "") {
  ProcessSpec spec = site.delivery("local", {recipient + "@example.com"}, "careless");
  const std::string shell = words + " exec \"$@\" " + redirection;
  spec.arguments.insert(spec.arguments.begin(), {"/bin/sh", "-c", shell, "sh"});
  return run_process(spec);
}

mode_t mode_of(const std::string& path) {
  struct stat attributes = {};
  REQUIRE(stat(path.c_str(), &attributes) == 0);
  return attributes.st_mode & 07777U;
}

TEST_CASE("the owner of a new mailbox may use it, whatever the umask of the caller is") {
  const MailSite site("", "", {"alice"});
  const std::string& directory = site.directory().path();
  for (int copy = 1; copy <= 2; ++copy) {
    const ProcessResult result = deliver_behind(site, "umask 777;", "alice");
    INFO(result.out << result.err);
    CHECK(result.status == 0);
    CHECK(mode_of(directory + "/spool/alice") == 0600U);
    CHECK(count_of(site.directory().read("spool/alice"), "Subject: careless") == copy);
  }
}

TEST_CASE("the exit status tells what became of the mail when nobody can be told more") {
  const MailSite site("", "later \"|exit 75\"\n", {"alice"});
  for (const std::string redirection : {">/dev/full 2>&1", ">&- 2>&-"}) {
    CAPTURE(redirection);
    CHECK(deliver_behind(site, "", "alice", redirection).status == 0);
    CHECK(deliver_behind(site, "", "later", redirection).status == 75);
    CHECK(deliver_behind(site, "", "nobody-here", redirection).status == 67);
  }
}

TEST_CASE("what goes to a closed stream goes into no other file") {
  const MailSite site("lastmile_log = @DIR@/log\n", "", {"alice"});
  // More than a stream keeps before it writes.
  std::vector<std::string> recipients(300, "nobody-here@example.com");
  ProcessSpec spec = site.delivery("local", recipients, "careless");
  spec.arguments.insert(spec.arguments.begin(), {"/bin/sh", "-c", "exec \"$@\" >&- 2>&-", "sh"});
  CHECK(run_process(spec).status == 67);
  const std::string log = site.directory().read("log");
  CHECK(count_of(log, "status=bounced") == 300);
  CHECK(count_of(log, "\"status\":") == 0);

  const ProcessResult without_message = deliver_behind(site, "", "alice", "<&-");
  CHECK(without_message.status == 75);
  CHECK_FALSE(site.directory().exists("spool/alice"));
}

TEST_CASE("an argument that is no address waits alone") {
  const MailSite site("home_mailbox = Maildir/\nlastmile_ledger = @DIR@/state/ledger.sqlite\n", "",
                      {"alice", "bob"});
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Delivery delivery = site.deliver(
        "local", {"alice@example.com,carol@example.com", "bob@example.com"}, "careless");
    INFO(delivery.output);
    CHECK(delivery.exit_status == 75);
    CHECK(count_of(delivery.output, "2 addresses in one argument") >= 1);
    CHECK(count_of(site.maildir_of("bob"), "Subject: careless") == 1);
    CHECK(site.maildir_of("alice").empty());
    REQUIRE(delivery.statuses.size() == 2);
    CHECK(delivery.statuses[0].status + " " + delivery.statuses[0].dsn == "deferred 4.1.3");
    CHECK(delivery.statuses[1].status + " " + delivery.statuses[1].dsn == "sent 2.0.0");
  }
}

}  // namespace
}  // namespace lastmile::test
