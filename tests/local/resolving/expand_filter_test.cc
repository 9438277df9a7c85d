// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"
#include "tests/support/small_host.h"
#include "transports/entry_services.h"

namespace lastmile {
namespace {

/// The steps of a trace that belong to filters, and where the mail lands.
std::vector<std::string> way(const std::string& main_cf, const std::string& master_cf) {
  test::MemoryWorld world;
  world.add_file("/etc/postfix/main.cf",
                 "compatibility_level = 3.6\nmyhostname = mx.example.com\n"
                 "mydestination = example.com\nalias_maps =\nlocal_recipient_maps =\n" +
                     main_cf);
  world.add_file("/etc/postfix/master.cf",
                 "smtp inet n - n - - smtpd\nscan unix - - n - - smtp\ncleanup unix n - n - 0 "
                 "cleanup\nlocal unix - n n - - local\ndiscard unix - - n - - discard\n" +
                     master_cf);
  const auto settings = load_settings(world, "/etc/postfix");
  REQUIRE(settings.ok());
  Resolver resolver(*settings, world);
  ResolveRequest request =
      resolver.request_from({"s", "far.test"}, Stage::full, default_entry(settings->master_cf));
  request.recipient.address = {"bob", "example.com"};
  const Trace trace = resolver.resolve(request);
  std::vector<std::string> lines;
  for (NodeId id = trace.root(); id < trace.end_of(trace.root()); id = next_of(id)) {
    const TraceNode node = trace.node(id);
    if (node.step == Step::content_filter || node.step == Step::entry || node.step == Step::loop) {
      lines.push_back(std::string(name_of(node.step)) + ' ' + node.subject);
    } else if (node.step == Step::leaf) {
      lines.push_back(std::string(kind_of(trace.leaf(id).destination)));
    }
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("content filters: mail goes on where it comes back, and a circle has an end") {
  const std::string scan = "content_filter = scan:127.0.0.1:10024\n";
  const std::string listener =
      "127.0.0.1:10025 inet n - n - - smtpd\n  -o "
      "smtpd_relay_restrictions=reject_unauth_destination\n";
  CHECK(way(scan, listener + "  -o content_filter=\n") ==
        Lines{"content_filter content_filter", "entry 127.0.0.1:10025", "bounce"});
  CHECK(way(scan, "") == Lines{"content_filter content_filter", "transport"});
  CHECK(way("content_filter = discard:\n", "") ==
        Lines{"content_filter content_filter", "discard"});
  CHECK(way("content_filter = gone:x\n", "") == Lines{"content_filter content_filter", "defer"});
  const std::string circle = listener +
                             "  -o content_filter=scan:127.0.0.1:10026\n"
                             "127.0.0.1:10027 inet n - n - - smtpd\n"
                             "  -o smtpd_relay_restrictions=reject_unauth_destination\n"
                             "  -o content_filter=scan:127.0.0.1:10024\n";
  const Lines round = way(scan, circle);
  CHECK(round.back() == "bounce");
  CHECK(round[round.size() - 2].starts_with("loop "));
}

}  // namespace
}  // namespace lastmile
