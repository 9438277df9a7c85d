// SPDX-License-Identifier: Apache-2.0
#include "transports/client_rules.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

Service line_of(const std::string& text) {
  const auto services = MasterCf::parse(text, "master.cf", false);
  REQUIRE(services);
  REQUIRE(services->services().size() == 1);
  return services->services()[0];
}

/// What is said of a service: "ok", or the error.
std::string checked(const std::string& line, const std::string& name, const std::string& value) {
  Settings settings;
  if (!name.empty()) {
    settings.main_cf.set(name, {value, SourcePos{"main.cf", 7}});
  }
  auto services = MasterCf::parse(line, "master.cf", false);
  REQUIRE(services);
  settings.master_cf = *std::move(services);
  const Service& service = settings.master_cf.services()[0];
  auto result = check_client(settings, service);
  const lmtp::Endpoint named = lmtp::parse_endpoint("inet:mail.example.com").endpoint;
  result = result ? check_names(settings, service, named) : result;
  return result ? "ok" : result.error().message();
}

}  // namespace

TEST_CASE("the flags of an lmtp service") {
  struct Row {
    const char* arguments;
    const char* letters;  ///< What was understood, or the message.
  };
  const Row rows[] = {
      {"", ""},
      {"flags=", ""},
      {"flags=DORX", "DORX"},
      {"flags=XROD", "DORX"},
      {"flags=R flags=D", "DR"},
      {"flags=DZ", "master.cf:1: service lmtp: unknown flag: Z (D, O, R or X)"},
      {"flags=d", "master.cf:1: service lmtp: unknown flag: d (D, O, R or X)"},
  };
  for (const Row& row : rows) {
    INFO(row.arguments);
    const auto flags =
        parse_lmtp_flags(line_of("lmtp unix - - n - - lmtp " + std::string(row.arguments)));
    std::string letters;
    if (flags) {
      letters += flags->delivered_to ? "D" : "";
      letters += flags->original_to ? "O" : "";
      letters += flags->return_path ? "R" : "";
      letters += flags->final_delivery ? "X" : "";
      CHECK(flags->name_recipient() == (flags->delivered_to || flags->original_to));
    } else {
      letters = flags.error().message();
    }
    CHECK(letters == row.letters);
  }
}

TEST_CASE("a service with parameters that make no sense is not used") {
  const std::string lmtp = "lmtp unix - - n - - lmtp\n";
  const std::string smtp = "smtp unix - - n - - smtp\n";
  struct Row {
    std::string line;
    const char* name;
    const char* value;
    const char* message;
  };
  const Row rows[] = {
      {lmtp, "", "", "ok"},
      {lmtp, "lmtp_tls_policy_maps", "hash:/x", "ok"},
      {lmtp, "lmtp_generic_maps", "hash:/x", "ok"},
      {lmtp, "lmtp_dns_reply_filter", " ", "ok"},
      {lmtp, "smtp_dns_reply_filter", "hash:/x", "ok"},
      {smtp, "smtp_dns_reply_filter", "hash:/x",
       "main.cf:7: smtp_dns_reply_filter: \"hash:/x\": not supported where the DNS has to know a "
       "server; an address in brackets needs none"},
      {"smtp unix - - n - - smtp -o smtp_host_lookup=native\n", "smtp_dns_reply_filter", "hash:/x",
       "ok"},
      {lmtp, "lmtp_tls_security_level", "Encrypt", "ok"},
      {lmtp, "lmtp_tls_security_level", "", "ok"},
      {lmtp, "lmtp_tls_security_level", "always",
       "main.cf:7: lmtp_tls_security_level: \"always\": unknown level (none, may, encrypt, "
       "fingerprint, verify, secure, dane or dane-only)"},
      {"lmtp unix - - n - - lmtp -o lmtp_tls_security_level=on\n", "", "",
       "master.cf:1: lmtp_tls_security_level: \"on\": unknown level (none, may, encrypt, "
       "fingerprint, verify, secure, dane or dane-only)"},
      {"lmtp unix - - n - - lmtp -o lmtp_tls_security_level=may\n", "lmtp_tls_security_level",
       "always", "ok"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line, row.name, row.value);
    CHECK(checked(row.line, row.name, row.value) == row.message);
  }
}

TEST_CASE("the answers of the DNS are not filtered where none are asked for") {
  Settings settings;
  settings.main_cf.set("lmtp_dns_reply_filter", {"hash:/x", SourcePos{"main.cf", 7}});
  const Service line = line_of("lmtp unix - - n - - lmtp\n");
  for (const char* const nexthop : {"unix:/run/lmtp", "inet:127.0.0.1:24", "[192.0.2.1]", "[::1]",
                                    "[192.0.2.1], [192.0.2.2]:24"}) {
    INFO(nexthop);
    CHECK(check_names(settings, line, lmtp::parse_endpoint(nexthop).endpoint));
  }
  for (const char* const nexthop : {"localhost", "[192.0.2.1], mail.example.com"}) {
    INFO(nexthop);
    CHECK_FALSE(check_names(settings, line, lmtp::parse_endpoint(nexthop).endpoint));
  }
}

}  // namespace lastmile
