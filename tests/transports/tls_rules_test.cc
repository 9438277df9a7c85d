// SPDX-License-Identifier: Apache-2.0
#include "transports/tls_rules.h"

#include <map>

#include "tests/support/catch.h"

namespace lastmile {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

PolicyLookup lookup_in(const Entries& entries) {
  return [&entries](std::string_view key) -> Result<std::optional<std::string>> {
    const auto found = entries.find(key);
    if (found == entries.end()) {
      return std::optional<std::string>();
    }
    if (found->second == "(fails)") {
      return unavailable("cannot say");
    }
    return std::optional(found->second);
  };
}

TlsParameters parameters() {
  TlsParameters result;
  result.prefix = "lmtp_";
  result.enforce_peername = true;
  result.protocols = ">=TLSv1";
  result.mandatory_protocols = ">=TLSv1.2";
  result.ciphers = "medium";
  result.mandatory_ciphers = "high";
  result.exclude_ciphers = "DES";
  result.mandatory_exclude_ciphers = "RC4";
  result.verify_cert_match = {"hostname"};
  result.secure_cert_match = {"nexthop", "dot-nexthop"};
  result.high_cipherlist = "HIGH";
  result.medium_cipherlist = "MEDIUM";
  return result;
}

/// "secure protocols ciphers/exclusions match=a,b sni", or the problem and the last warning.
std::string line(const TlsPolicy& policy) {
  if (!policy.problem.empty()) {
    return to_string(policy.status) + ' ' + policy.problem + ": " +
           (policy.warnings.empty() ? "" : policy.warnings.back());
  }
  std::string text(name_of(policy.level));
  text += policy.level == TlsLevel::none
              ? ""
              : ' ' + policy.protocols + ' ' + policy.ciphers + '/' + policy.exclusions;
  for (const auto* list : {&policy.match, &policy.fingerprints, &policy.trust_anchors}) {
    for (const std::string& word : *list) {
      text += ' ' + word;
    }
  }
  return policy.servername.empty() ? text : text + " sni=" + policy.servername;
}

TEST_CASE("the levels of TLS") {
  using enum TlsLevel;
  CHECK(parse_tls_level("none") == none);
  CHECK(parse_tls_level("DANE-only") == dane_only);
  CHECK_FALSE(parse_tls_level(""));
  CHECK_FALSE(parse_tls_level("tls"));
  CHECK_FALSE(is_mandatory(none));
  CHECK_FALSE(is_mandatory(may));
  CHECK_FALSE(must_match(encrypt));
  for (const TlsLevel level : {encrypt, fingerprint, verify, secure, dane, dane_only}) {
    CHECK(is_mandatory(level));
    CHECK(parse_tls_level(name_of(level)) == level);
  }
}

TEST_CASE("tables of policies: which key, and what its value asks for") {
  const Entries entries = {
      {"mail.example.com", "may"},
      {".example.com", "verify"},
      {"[mail.example.com]:24", "secure match=a:.b match=nexthop ciphers=low protocols=TLSv1.3"},
      {"/run/lmtp", "encrypt exclude=aDH servername=sni.test"},
      {"open.test", "none match=x"},
      {"fails.test", "(fails)"},
      {"empty.test", " "},
      {"level.test", "sure"},
      {"match.test", "encrypt match=x"},
      {"twice.test", "encrypt ciphers=a ciphers=b"},
      {"word.test", "encrypt secret"},
      {"name.test", "encrypt colour=red"},
      {"sni.test", "encrypt servername=-"},
      {"print.test", "fingerprint match=AB|CD match=EF"},
      {"none.test", "fingerprint"},
      {"anchor.test", "secure tafile=/a tafile=/b"},
      {"reuse.test", "encrypt connection_reuse=yes"},
      {"reuse2.test", "encrypt connection_reuse=perhaps"},
      {"dane.test", "dane"},
  };
  const std::string wrong = "4.7.5 client TLS configuration problem: ";
  const std::string of = "lmtp_tls_policy_maps, next-hop destination \"";
  struct Row {
    const char* destination;
    std::string expected;
  };
  const Row rows[] = {
      {"mail.example.com", "may >=TLSv1 medium/DES"},
      {"x.example.com", "verify >=TLSv1.2 high/DES RC4 aNULL HOST"},
      {"x.y.example.com", "verify >=TLSv1.2 high/DES RC4 aNULL HOST"},
      {"example.com", "encrypt >=TLSv1.2 high/DES RC4 eNULL"},
      {"mail.example.com:24", "encrypt >=TLSv1.2 high/DES RC4 eNULL"},
      {"[mail.example.com]:24", "secure TLSv1.3 low/DES RC4 aNULL a .b NEXT"},
      {"/run/lmtp", "encrypt >=TLSv1.2 high/aDH eNULL sni=sni.test"},
      {"open.test", "none"},
      {"fails.test", wrong + "cannot say"},
      {"empty.test", wrong + of + "empty.test\": invalid empty policy"},
      {"level.test", wrong + of + "level.test\": invalid security level \"sure\""},
      {"match.test",
       wrong + of + "match.test\": attribute \"match\" invalid at security level \"encrypt\""},
      {"twice.test",
       wrong + of + "twice.test\": attribute \"ciphers\" is specified multiple times"},
      {"word.test", wrong + of + "word.test\": malformed attribute/value pair \"secret\""},
      {"name.test", wrong + of + "name.test\": invalid attribute: \"colour=red\""},
      {"sni.test", wrong + of + "sni.test\": \"servername=-\" specifies an invalid hostname"},
      {"print.test", "fingerprint >=TLSv1.2 high/DES RC4 aNULL AB CD EF"},
      {"none.test", wrong + "nexthop domain none.test: configured at fingerprint security level, "
                            "but with no fingerprints to match."},
      {"anchor.test", "secure >=TLSv1.2 high/DES RC4 aNULL NEXT .NEXT /a /b"},
      {"reuse.test", "encrypt >=TLSv1.2 high/DES RC4 eNULL"},
      {"reuse2.test",
       wrong + of + "reuse2.test\": invalid attribute: \"connection_reuse=perhaps\""},
      {"dane.test", wrong + "dane.test: dane configured, and DNSSEC cannot be asked here"},
  };
  TlsParameters given = parameters();
  given.security_level = "encrypt";
  given.has_policy_maps = true;
  for (const Row& row : rows) {
    INFO(row.destination);
    const TlsServer server{row.destination, "NEXT", "HOST", row.destination[0] == '/'};
    CHECK(line(tls_policy(given, server, lookup_in(entries), {})) == row.expected);
  }
}

TEST_CASE("tables of sites: the stronger of two counts, and NONE comes before MAY") {
  struct Row {
    const char* destination;
    const char* host;
    const char* level;
    const char* expected;
  };
  const Row rows[] = {
      {"", "", "none", "none"},
      {"NONE", "", "encrypt", "none"},
      {"MAY", "", "none", "may"},
      {"MAY", "", "verify", "verify"},
      {"MAY", "NONE", "verify", "none"},
      {"NONE", "MAY", "verify", "none"},
      {"MUST_NOPEERMATCH", "NONE", "none", "encrypt"},
      {"MUST", "MUST_NOPEERMATCH", "none", "verify"},
      {"must", "", "none", "verify"},
      {"perhaps", "", "none", "4.7.5 client TLS configuration problem"},
      {"(fails)", "", "none", "4.3.0 Temporary lookup error"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.destination, row.host, row.level);
    Entries entries;
    for (const auto& [key, value] :
         {std::pair("next.test", row.destination), {"host.test", row.host}}) {
      if (*value != '\0') {
        entries[key] = value;
      }
    }
    TlsParameters given = parameters();
    given.has_per_site = true;
    given.security_level = row.level;
    const TlsPolicy policy =
        tls_policy(given, {"next.test", "next.test", "host.test", false}, {}, lookup_in(entries));
    CHECK_THAT(line(policy), Catch::StartsWith(row.expected));
  }
}

TEST_CASE("where no table says anything") {
  TlsParameters given = parameters();
  const auto of_socket = [&] { return line(tls_policy(given, {"/s", "me", "me", true}, {}, {})); };
  const auto of_host = [&] { return line(tls_policy(given, {"h:24", "h", "h", false}, {}, {})); };
  CHECK(of_host() == "none");
  given.use_tls = true;
  CHECK_THAT(of_host(), Catch::StartsWith("may "));
  CHECK(of_socket() == "none");  // nobody can listen to a socket
  given.enforce_tls = true;
  CHECK_THAT(of_host(), Catch::StartsWith("verify ") && Catch::EndsWith(" h"));
  given.enforce_peername = false;
  CHECK_THAT(of_host(), Catch::StartsWith("encrypt "));
  given.security_level = "may";
  given.wrappermode = true;
  CHECK_THAT(of_host(), Catch::StartsWith("4.3.0 server unavailable or unable to receive mail: "));
  given.security_level = "secure";
  given.servername = "nexthop";
  CHECK_THAT(of_socket(), Catch::EndsWith(" me .me sni=me"));
  given.servername = "a b";
  CHECK_THAT(of_host(), Catch::Contains("specifies an invalid hostname"));
}

TEST_CASE("grades of ciphers and what is left out of them") {
  const TlsParameters given = parameters();
  struct Row {
    const char* grade;
    const char* exclusions;
    const char* expected;
  };
  const Row rows[] = {
      {"High", "", "HIGH"},
      {"medium", "DES, RC4:MD5 aNULL", "MEDIUM:!DES:!RC4:!MD5:!aNULL"},
      {"best", "", "invalid cipher grade: \"best\""},
      {"high", "a !b", "invalid unary '!+-@' in cipher exclusion: !b"},
  };
  for (const Row& row : rows) {
    TlsPolicy policy;
    policy.ciphers = row.grade;
    policy.exclusions = row.exclusions;
    const auto list = tls_cipher_list(given, policy);
    CHECK((list ? *list : list.error().message()) == row.expected);
  }
}

TEST_CASE("versions of TLS, logging, fingerprints") {
  const auto shown = [](const char* list) {
    const auto versions = parse_tls_versions(list);
    if (!versions) {
      return std::string("none");
    }
    std::string text = std::to_string(versions->lowest) + '-' + std::to_string(versions->highest);
    for (const int version : versions->excluded) {
      text += " !" + std::to_string(version & 0xff);
    }
    return text;
  };
  CHECK(shown("") == "0-0");
  CHECK(shown(">=TLSv1.2, <=0304") == "771-772");
  CHECK(shown("!SSLv2, !sslv3") == "0-0 !0 !0");
  CHECK(shown("TLSv1.2:TLSv1.3") == "0-0 !0 !0 !1 !2");
  CHECK(shown(">=0x0303") == "771-0");
  CHECK(shown("TLSv9") == "none");
  CHECK(shown(">=") == "none");
  CHECK(parse_tls_loglevel("1").summary);
  CHECK_FALSE(parse_tls_loglevel("1").untrusted);
  CHECK(parse_tls_loglevel("summary, untrusted").untrusted);
  CHECK_FALSE(parse_tls_loglevel("0").summary);
  CHECK(parse_tls_loglevel("2").certificate);
  CHECK(parse_hexadecimal("aB:0C") == "\xab\x0c");
  CHECK(parse_hexadecimal("ab0c") == "\xab\x0c");
  for (const char* wrong : {"", "a", "abc", "a:b", "xy", ":ab"}) {
    CHECK_FALSE(parse_hexadecimal(wrong));
  }
}

}  // namespace
}  // namespace lastmile
