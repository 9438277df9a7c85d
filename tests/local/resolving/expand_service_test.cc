// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("local(8) services that hand a recipient to each other are deferred") {
  SmallHost host;
  host.main_cf("mailbox_transport = second:\n");
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\nsecond unix - n n - - local\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"defer:4.3.5 mail system configuration error alice@example.com"});
  host.world().add_file(
      "/etc/postfix/master.cf",
      "local unix - n n - - local\nsecond unix - n n - - local -o mailbox_transport=\n");
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a second local service submits members again that the first would take") {
  SmallHost host;
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\n"
                        "local2 unix - n n - - local\n"
                        "local3 unix - n n - - local -o mailbox_command=/bin/true\n");
  host.main_cf("transport_maps = inline:{team@example.com=local2:, carol@example.com=local3:}\n")
      .alias("team", "alice");
  const Trace trace = host.trace("team@example.com", Stage::full);
  REQUIRE(trace.acts().size() == 1);
  CHECK(trace.node(trace.acts().front()).step == Step::resubmitted);
  CHECK(host.lands("carol@example.com", Stage::full) ==
        Lines{"command:/bin/true carol@example.com as carol"});
}

TEST_CASE("local_transport may name a local service with parameters of its own") {
  SmallHost host;
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\n"
                        "second unix - n n - - local -o home_mailbox=Box -o recipient_delimiter=-\n"
                        "broken unix - n n - - local -o biff=perhaps\n");
  host.main_cf("local_transport = second\nrecipient_delimiter = +\n");
  for (const Stage stage : {Stage::local, Stage::full}) {
    CHECK(host.lands("alice-x@example.com", stage) ==
          Lines{"mailbox:/home/alice/Box alice-x@example.com"});
  }
  host.main_cf("local_transport = broken\n");
  const Trace trace = host.trace("alice@example.com", Stage::full);
  REQUIRE(leaf_lines(trace) == Lines{"defer:4.3.0 unknown mail transport error alice@example.com"});
  CHECK(*trace.leaf(trace.leaves()[0]).reason ==
        "/etc/postfix/master.cf:3: biff: \"perhaps\": a boolean is yes or no");
}

TEST_CASE("virtual(8) and pipe(8) services are followed to their end") {
  SmallHost host;
  host.world().add_account({"vmail", 5000, 5000, "/srv", "/bin/false"});
  host.world().add_file(
      "/etc/postfix/master.cf",
      "local unix - n n - - local\n"
      "virtual unix - n n - - virtual\n"
      "job unix - n n - - pipe user=vmail argv=/bin/job -f $sender $recipient $size\n"
      "bad unix - n n - - pipe user=nosuch argv=/bin/job\n"
      "odd unix - n n - - pipe user=vmail argv=/bin/job $nosuch\n"
      "slow unix - n n - - pipe user=vmail argv=/bin/job\n"
      "meek unix - - n - - pipe user=vmail argv=/bin/job\n");
  host.main_cf(
      "virtual_mailbox_domains = virtual.test\nvirtual_mailbox_base = /srv/vmail\n"
      "virtual_mailbox_maps = inline:{carol@virtual.test=carol/}\n"
      "virtual_uid_maps = static:5000\nvirtual_gid_maps = static:5001\n"
      "slow_time_limit = 0\n"
      "transport_maps = inline:{job.test=job:, bad.test=bad:, odd.test=odd:, none.test=none:,"
      " slow.test=slow:, meek.test=meek:}\n");
  const std::pair<std::string, std::string> rows[] = {
      {"carol@virtual.test", "maildir:/srv/vmail/carol/ carol@virtual.test"},
      {"Dave@virtual.test", "bounce:5.1.1 unknown user: \"dave@virtual.test\" Dave@virtual.test"},
      {"x@job.test",
       "pipe:job:job.test /bin/job -f sender@remote.test x@job.test ${size} x@job.test"},
      {"x@bad.test", "defer:4.3.0 unknown mail transport error x@bad.test"},
      {"x@slow.test", "defer:4.3.0 unknown mail transport error x@slow.test"},
      {"x@meek.test", "defer:4.3.0 unknown mail transport error x@meek.test"},
      {"x@odd.test", "defer:4.3.5 mail system configuration error x@odd.test"},
      {"x@none.test", "defer:4.3.0 mail transport unavailable x@none.test"},
  };
  for (const auto& [address, expected] : rows) {
    CHECK(host.lands(address, Stage::full) == Lines{expected});
  }
  const Trace trace = host.trace("x@odd.test", Stage::full);
  CHECK(*trace.leaf(trace.leaves()[0]).reason ==
        "/etc/postfix/master.cf:5: unknown macro name: \"nosuch\"");
}

}  // namespace
}  // namespace lastmile::test
