// SPDX-License-Identifier: Apache-2.0
#include "transports/transport_destination.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/transports/configured_world.h"

namespace lastmile {
namespace {

using test::ConfiguredWorld;

constexpr std::string_view kMasterCf =
    "local unix - n n - - local\nvirtual unix - n n - - virtual\nsmtp unix - - n - - smtp\n"
    "relay unix - - n - - smtp\nlmtp unix - - n - - lmtp\nerror unix - - n - - error\n"
    "retry unix - - n - - error\ndiscard unix - - n - - discard\n"
    "cyrus unix - - n - - lmtp -o lmtp_tcp_port=2003\nodd unix - - n - - error\n"
    "dovecot unix - n n - - pipe argv=/x\n";

struct Row {
  std::string transport, from_queue, from_local;
};

TEST_CASE("the destination behind a transport and a nexthop") {
  ConfiguredWorld world("", std::string(kMasterCf));
  const std::string same = "(same)";
  const std::vector<Row> rows = {
      {"lmtp:unix:/run/lmtp", "lmtp:unix:/run/lmtp", same},
      {"lmtp:unix:private/lmtp", "lmtp:unix:private/lmtp", same},
      {"lmtp:inet:mail.example:2003", "lmtp:inet:mail.example:2003", same},
      {"lmtp:[127.0.0.1]:1", "lmtp:inet:127.0.0.1:1", same},
      {"lmtp:a,b:25", "lmtp:inet:a:24,b:25", same},
      {"lmtp", "lmtp:inet:default.example:24", same},
      {"cyrus:a", "lmtp:inet:a:2003", same},
      {"smtp:[127.0.0.1]:2526", "remote:", "transport:smtp:127.0.0.1:2526"},
      {"relay:[::1]", "remote:", "transport:relay:[::1]:25"},
      {"smtp", "remote:", same},
      {"smtp:unix:/x", "remote:", "defer:4.3.0 \"smtp:unix:/x\": SMTP is spoken over TCP alone"},
      {"error:5.2.1 Mailbox disabled", "bounce:5.2.1 Mailbox disabled", same},
      {"error:text", "bounce:5.0.0 text", same},
      {"error:4.1.1 x", "bounce:5.0.0 x", same},
      {"error", "bounce:5.0.0 default.example", same},
      {"retry:4.2.2 full", "defer:4.2.2 full", same},
      {"retry:5.1.1 y", "defer:4.0.0 y", same},
      {"discard:2.3.4 because", "discard:", same},
      {"dovecot:", "transport:dovecot:default.example", same},
      {"dovecot:a:b", "transport:dovecot:a:b", same},
      {"virtual", "transport:virtual:default.example", same},
      {"odd:x", "defer:4.3.0 \"odd:x\": a service of program error is named error or retry", same},
      {"nosuch:x", "defer:4.3.0 mail transport unavailable", same},
      {"lmtp:/run/lmtp",
       "defer:4.3.0 \"lmtp:/run/lmtp\": \"/run/lmtp\": \"unix:\" is missing in front of a path "
       "(unix:/run/lmtp)",
       same},
  };
  for (const Row& row : rows) {
    INFO(row.transport);
    const TransportNexthop target = split_transport(row.transport);
    CHECK(to_string(destination_of(world.settings(), target, "default.example")) == row.from_queue);
    CHECK(to_string(
              destination_of(world.settings(), target, "default.example", PassedBy::local_agent)) ==
          (row.from_local == same ? row.from_queue : row.from_local));
  }
}

TEST_CASE("a status that discard gives is kept") {
  ConfiguredWorld world;
  for (const auto& [nexthop, status] :
       {std::pair{"2.3.4 because", "2.3.4"}, std::pair{"5.1.1 because", "2.0.0"}}) {
    const auto destination =
        destination_of(world.settings(), {"discard", nexthop, {}, {}}, "default.example");
    const auto& discard = std::get<Discard>(destination);
    CHECK(to_string(discard.status) == status);
    CHECK(discard.text == "because");
  }
}

TEST_CASE("what cannot be used names the parameter and its line") {
  ConfiguredWorld world;
  TransportNexthop target = split_transport("lmtp:unx:/run/lmtp");
  target.parameter = "mailbox_transport";
  target.source = SourcePos{"main.cf", 31};
  CHECK(to_string(destination_of(world.settings(), target, "x")) ==
        "defer:4.3.0 main.cf:31: mailbox_transport: \"lmtp:unx:/run/lmtp\": no such address family "
        "\"unx\" (unix, inet)");
}

}  // namespace
}  // namespace lastmile
