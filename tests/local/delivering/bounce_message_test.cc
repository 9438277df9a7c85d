// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/bounce_message.h"

#include <sstream>
#include <vector>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

constexpr std::string_view kDate = "Sat, 21 Nov 2026 07:48:55 +0000 (UTC)";
constexpr std::string_view kBoundary = "9678B2C.1795247335/mail.example.com";
constexpr std::string_view kOriginal = "Subject: t\n\nhello\n";

Settings test_settings() {
  Settings settings;
  settings.myhostname.value = "mail.example.com";
  settings.myorigin.value = "example.com";
  return settings;
}

FinalStatus failure(const std::string& to, EnhancedStatus code, const std::string& text) {
  FinalStatus status;
  status.to = to;
  status.agent = "local";
  status.status.outcome = DeliveryStatus::Outcome::bounced;
  status.status.code = code;
  status.status.text = text;
  return status;
}

BounceReport report_of(const FinalStatus& failed) {
  BounceReport report;
  report.report_to = split_address("alice@example.com");
  report.failed = {failed};
  report.original = kOriginal;
  return report;
}

std::string composed(const BounceReport& report) {
  return compose_bounce(report, test_settings(), kDate, kBoundary);
}

std::string composed(const FinalStatus& failed) {
  return composed(report_of(failed));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The three parts, each with its header.
std::vector<std::string> parts_of(const std::string& message) {
  const std::string delimiter = "\n--" + std::string(kBoundary);
  std::vector<std::string> parts;
  auto begin = message.find(delimiter + '\n');
  while (begin != std::string::npos) {
    begin += delimiter.size() + 1;
    const auto end = message.find(delimiter, begin);
    REQUIRE(end != std::string::npos);
    parts.push_back(message.substr(begin, end - begin));
    begin = message.compare(end + delimiter.size(), 3, "--\n") == 0 ? std::string::npos : end;
  }
  return parts;
}

TEST_CASE("a bounce is what Postfix sends") {
  BounceReport report = report_of(failure(
      "bob+x@example.com", "5.7.1"_dsn,
      "this is a rather long text that goes on and on beyond seventy-nine columns so that it "
      "wraps somewhere"));
  report.failed.front().orig_to = "bob+x@example.com";
  report.failed.front().status.diagnostic = "x-unix; not allowed";
  report.failed.push_back(failure("nosuch@example.com", "5.1.1"_dsn, "unknown user: \"nosuch\""));
  report.failed.back().orig_to = "list@example.com";
  report.failed.back().status.remote_mta = "dns; lmtp.example.com";
  report.envelope_id = "env1";
  report.queue_id = "9678B2C";
  CHECK(composed(report) == R"(Date: Sat, 21 Nov 2026 07:48:55 +0000 (UTC)
From: Mail Delivery System <MAILER-DAEMON@example.com>
Subject: Undelivered Mail Returned to Sender
To: alice@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="9678B2C.1795247335/mail.example.com"

This is a MIME-encapsulated message.

--9678B2C.1795247335/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.com.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system

<bob+x@example.com>: this is a rather long text that goes on and on beyond
    seventy-nine columns so that it wraps somewhere

<nosuch@example.com> (expanded from <list@example.com>): unknown user: "nosuch"

--9678B2C.1795247335/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
Original-Envelope-Id: env1
X-lastmile-Queue-ID: 9678B2C
Arrival-Date: Sat, 21 Nov 2026 07:48:55 +0000 (UTC)

Final-Recipient: rfc822; bob+x@example.com
Original-Recipient: rfc822;bob+x@example.com
Action: failed
Status: 5.7.1
Diagnostic-Code: x-unix; not allowed

Final-Recipient: rfc822; nosuch@example.com
Original-Recipient: rfc822;list@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; lmtp.example.com
Diagnostic-Code: X-lastmile; unknown user: "nosuch"

--9678B2C.1795247335/mail.example.com
Content-Description: Undelivered Message
Content-Type: message/rfc822

Subject: t

hello

--9678B2C.1795247335/mail.example.com--
)");
}

TEST_CASE("a bounce gives the ORCPT of the sender") {
  FinalStatus failed = failure("bob@example.com", "5.1.1"_dsn, "no");
  failed.orcpt = "rfc822;Bob@Example.com";
  CHECK(contains(composed(failed), "\nOriginal-Recipient: rfc822;Bob@Example.com\n"));
}

TEST_CASE("a bounce is silent about an original recipient that nobody knows") {
  CHECK_FALSE(
      contains(composed(failure("bob@example.com", "5.1.1"_dsn, "no")), "Original-Recipient"));
}

TEST_CASE("a bounce returns the header alone when it is asked to") {
  BounceReport report = report_of(failure("bob@example.com", "5.1.1"_dsn, "no"));
  report.original = "Subject: t\n";
  report.headers_only = true;
  CHECK(parts_of(composed(report)).at(2) ==
        "Content-Description: Undelivered Message Headers\n"
        "Content-Type: text/rfc822-headers\n\nSubject: t\n");
}

TEST_CASE("the original is returned octet by octet") {
  for (const std::string original :
       {"", "a", "a: b\n\nno line end", "a: b\n\n--not a boundary\n", "a: b\n\n\xff\xfe\n"}) {
    BounceReport report = report_of(failure("bob@example.com", "5.1.1"_dsn, "no"));
    report.original = original;
    const auto parts = parts_of(composed(report));
    REQUIRE(parts.size() == 3);
    const std::string& part = parts[2];
    CHECK(part.substr(part.find("\n\n") + 2) == original);
  }
}

TEST_CASE("eight bits are declared where they are, and only there") {
  const std::string_view declared = "Content-Transfer-Encoding: 8bit\n";
  const std::string plain = composed(failure("bob@example.com", "5.1.1"_dsn, "no"));
  CHECK_FALSE(contains(plain, declared));

  BounceReport report = report_of(failure("bob@example.com", "5.1.1"_dsn, "no"));
  report.original = "Subject: t\n\nh\xc3\xa9llo\n";
  const std::string message = composed(report);
  CHECK(contains(message.substr(0, message.find("\n\n") + 1), declared));
  const auto parts = parts_of(message);
  CHECK_FALSE(contains(parts.at(0), declared));
  CHECK_FALSE(contains(parts.at(1), declared));
  CHECK(contains(parts.at(2), declared));
  CHECK(contains(parts.at(2), "Content-Type: message/rfc822\n"));
}

TEST_CASE("a text that is not ASCII is shown to the reader, and not to programs") {
  const auto parts = parts_of(composed(failure("bob@example.com", "5.1.1"_dsn, "caf\xc3\xa9")));
  CHECK(contains(parts.at(0), "charset=utf-8\nContent-Transfer-Encoding: 8bit\n"));
  CHECK(contains(parts.at(0), "caf\xc3\xa9\n"));
  CHECK(contains(parts.at(1), "Content-Type: message/delivery-status\n\n"));
  CHECK(contains(parts.at(1), "X-lastmile; caf??\n"));
}

TEST_CASE("an internationalized address makes an internationalized report") {
  BounceReport report = report_of(failure("j\xc3\xb6rg@example.com", "5.1.1"_dsn, "no"));
  report.failed.push_back(failure("bob@example.com", "5.1.1"_dsn, "no"));
  const std::string message = composed(report);
  CHECK(contains(message, "report-type=global-delivery-status;"));
  auto parts = parts_of(message);
  CHECK(contains(parts.at(1), "Content-Type: message/global-delivery-status\n"));
  CHECK(contains(parts.at(1), "Final-Recipient: utf-8; j\xc3\xb6rg@example.com\n"));
  CHECK(contains(parts.at(1), "Final-Recipient: rfc822; bob@example.com\n"));
  CHECK(contains(parts.at(2), "Content-Type: message/rfc822\n"));

  report.original = "Subject: \xc3\xb6\n\nbody\n";
  CHECK(contains(parts_of(composed(report)).at(2), "Content-Type: message/global\n"));
  report.original = "Subject: \xff\n\nbody\n";
  CHECK(contains(parts_of(composed(report)).at(2), "Content-Type: message/rfc822\n"));
}

TEST_CASE("no text can add a header, a line or a part to a bounce") {
  const std::string evil = "x\nBcc: eve@example.net\r\n\n--" + std::string(kBoundary) + "--\n";
  FinalStatus failed = failure(evil, "5.1.1"_dsn, evil);
  failed.orig_to = evil;
  failed.orcpt = evil;
  failed.status.diagnostic = evil;
  failed.status.remote_mta = evil;
  BounceReport report = report_of(failed);
  report.report_to = Address{evil, evil};
  report.envelope_id = evil;
  report.queue_id = evil;
  const std::string message = composed(report);
  CHECK_FALSE(contains(message, "\nBcc:"));
  CHECK_FALSE(contains(message, "\r"));
  CHECK(parts_of(message).size() == 3);
}

TEST_CASE("lines of a bounce are never too long") {
  const std::string message =
      composed(failure("bob@example.com", "5.1.1"_dsn, std::string(5000, 'x') + ' ' + "end"));
  std::istringstream in(message);
  for (std::string line; std::getline(in, line);) {
    CHECK(line.size() <= 998);
  }
}

}  // namespace
}  // namespace lastmile::test
