// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/endpoint.h"

#include "tests/support/catch.h"

namespace lastmile::lmtp {
namespace {

TEST_CASE("an endpoint is read in every form that lmtp(8) knows") {
  struct Row {
    const char* nexthop;
    const char* expected;
  };
  const Row rows[] = {
      {"unix:/run/lmtp", "unix:/run/lmtp"},
      {"unix:private/dovecot lmtp", "unix:private/dovecot lmtp"},
      {"unix:a,b", "unix:a,b"},
      {"inet:host", "inet:host:24"},
      {"inet:host:2400", "inet:host:2400"},
      {"INET:host:2400", "inet:host:2400"},
      {"host", "inet:host:24"},
      {"host:", "inet:host:24"},
      {"host:smtp", "inet:host:25"},
      {"host:lmtp", "inet:host:24"},
      {"host:my-service", "inet:host:my-service"},
      {"[host]", "inet:host:24"},
      {"[host]:1", "inet:host:1"},
      {"[192.0.2.1]:65535", "inet:192.0.2.1:65535"},
      {"[::1]", "inet:[::1]:24"},
      {"[::1]:2400", "inet:[::1]:2400"},
      {"inet:[::1]:2400", "inet:[::1]:2400"},
      {"[ipv6:2001:db8::1]:26", "inet:[2001:db8::1]:26"},
      {"[IPv6:::1]", "inet:[::1]:24"},
      {"a, b:25 [::1]:26", "inet:a:24,b:25,[::1]:26"},
      {"inet:a,b", "inet:a:24,b:24"},
  };
  for (const Row& row : rows) {
    INFO(row.nexthop);
    const ParsedEndpoint parsed = parse_endpoint(row.nexthop);
    CHECK(parsed.problem.empty());
    CHECK(to_string(parsed.endpoint) == row.expected);
    CHECK(to_string(parse_endpoint(row.expected).endpoint) == row.expected);
  }
}

TEST_CASE("an endpoint that makes no sense is explained") {
  struct Row {
    const char* nexthop;
    const char* problem;
  };
  const Row rows[] = {
      {"", "a host name or address is missing"},
      {" , ", "a host name or address is missing"},
      {"inet:", "a host name or address is missing"},
      {"inet:a, inet:b", R"("inet:b": "inet:" stands in front of the first server alone)"},
      {":24", R"(":24": a host name or address is missing)"},
      {"unix:", R"("unix:": the path of a socket is missing)"},
      {"/run/lmtp", R"("/run/lmtp": "unix:" is missing in front of a path (unix:/run/lmtp))"},
      {"inet:/run/lmtp", R"("/run/lmtp": "unix:" is missing in front of a path (unix:/run/lmtp))"},
      {"unx:/run/lmtp", R"(no such address family "unx" (unix, inet))"},
      {"::1", R"("::1": an IPv6 address is written in brackets, as [::1]:24)"},
      {"[::1", R"("[::1": the bracket is not closed)"},
      {"[::1]24", R"("[::1]24": only ":port" may follow the closing bracket)"},
      {"host:0", R"("host:0": port 0 is not between 1 and 65535)"},
      {"host:65536", R"("host:65536": port 65536 is not between 1 and 65535)"},
      {"host:99999999999", R"("host:99999999999": port 99999999999 is not between 1 and 65535)"},
      {"host:2;4", R"("host:2;4": "2;4" is neither a port number nor the name of a service)"},
      {"[a/b]", R"("[a/b]": "a/b" is neither a host name nor an address)"},
      {"good, [bad", R"("[bad": the bracket is not closed)"},
  };
  for (const Row& row : rows) {
    INFO(row.nexthop);
    CHECK(parse_endpoint(row.nexthop).problem == row.problem);
  }
}

TEST_CASE("the caller gives the default port") {
  CHECK(parse_endpoint("host", "25").endpoint == Endpoint{InetEndpoint{"host", "25", {}, "host"}});
}

}  // namespace
}  // namespace lastmile::lmtp
