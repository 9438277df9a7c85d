// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/idna.h"

#include "tests/support/catch.h"

namespace lastmile::lmtp {
namespace {

TEST_CASE("a domain as the DNS has it") {
  struct Row {
    const char* domain;
    const char* ascii;
  };
  const Row rows[] = {
      {"", ""},
      {"mail.example.com", "mail.example.com"},
      {"MAIL.example.com.", "MAIL.example.com."},
      {"b\xc3\xbc\x63her.example", "xn--bcher-kva.example"},
      {"mx.m\xc3\xbcller.test", "mx.xn--mller-kva.test"},
      {"ex\xc3\xa4mple.test", "xn--exmple-cua.test"},
      {"\xe4\xbe\x8b\xe3\x81\x88.test", "xn--r8jz45g.test"},
      {"\xc3\xbc.\xc3\xa4", "xn--tda.xn--4ca"},
      {".\xc3\xbc\x2e", ".xn--tda."},
      // RFC 3492, section 7.1: (B), (D), and four octets to a character.
      {"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4"
       "\xb8\xad\xe6\x96\x87",
       "xn--ihqwcrb4cv8a8dqg056pqjye"},
      {"\xf0\x9f\x93\xac.test", "xn--iu8h.test"},
      // No UTF-8, and too long.
      {"m\xfcller.test", "m\xfcller.test"},
      {"\xc3.test", "\xc3.test"},
      {"\xc3\xbc\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
       "\xc3\xbc\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.domain);
    CHECK(to_ascii_domain(row.domain) == row.ascii);
  }
}

}  // namespace
}  // namespace lastmile::lmtp
