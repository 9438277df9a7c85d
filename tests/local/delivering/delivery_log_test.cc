// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/delivery_log.h"

#include <sys/stat.h>

#include <memory>
#include <regex>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

using Outcome = DeliveryStatus::Outcome;

FinalStatus status_of(Outcome outcome, EnhancedStatus code, const std::string& text) {
  FinalStatus status;
  status.to = "alice@example.com";
  status.agent = "local";
  status.status.outcome = outcome;
  status.status.code = code;
  status.status.text = text;
  return status;
}

FinalStatus sent() {
  return status_of(Outcome::delivered, "2.0.0"_dsn, "delivered to mailbox");
}

std::string line_of(const FinalStatus& status, const DeliveryDelays& delays = {},
                    long resolution_limit = 2) {
  return format_log_line(status, "4F6A12C0B", delays, resolution_limit);
}

std::string seconds(double value, long resolution_limit = 2) {
  const std::string line = line_of(sent(), {0, value}, resolution_limit);
  const auto begin = line.find("delay=") + 6;
  return line.substr(begin, line.find(',', begin) - begin);
}

Settings settings_with_log(const std::string& target) {
  Settings settings;
  settings.lastmile_log.value = target;
  settings.syslog_name.value = "postfix";
  settings.syslog_facility.value = "mail";
  settings.myhostname.value = "mail.example.com";
  settings.info_log_address_format.value = "external";
  settings.delay_logging_resolution_limit.value = 2;
  return settings;
}

TEST_CASE("a log line is Postfix's") {
  FinalStatus status = sent();
  CHECK(line_of(status, {0.02, 0.03}) ==
        "4F6A12C0B: to=<alice@example.com>, relay=local, delay=0.05, delays=0.02/0/0/0.03, "
        "dsn=2.0.0, status=sent (delivered to mailbox)");
  status.orig_to = "root@example.com";
  status.status.relay = "mail.example.com[/run/lmtp]";
  CHECK(line_of(status) ==
        "4F6A12C0B: to=<alice@example.com>, orig_to=<root@example.com>, "
        "relay=mail.example.com[/run/lmtp], delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent "
        "(delivered to mailbox)");
  CHECK(format_log_line(status, "", {}, 2).starts_with("NOQUEUE: to=<"));
}

TEST_CASE("a log line leaves out an original recipient that is the same") {
  FinalStatus status = sent();
  status.orig_to = "ALICE@Example.com";
  CHECK(other_original_of(status).empty());
  CHECK(line_of(status).find("orig_to") == std::string::npos);
}

TEST_CASE("a log line tells a bounce that soft_bounce defers") {
  FinalStatus status = status_of(Outcome::deferred, "4.1.1"_dsn, "unknown user: \"joe\"");
  status.status.soft_bounced = true;
  CHECK_THAT(line_of(status), Catch::Contains("dsn=4.1.1, status=SOFTBOUNCE (unknown user"));
}

TEST_CASE("a log line has a code of the class of its outcome") {
  struct Row {
    Outcome outcome = {};
    EnhancedStatus code = {};
    std::string shown = {};
  };
  const Row rows[] = {
      {Outcome::delivered, "2.1.5"_dsn, "dsn=2.1.5, status=sent"},
      {Outcome::delivered, "5.1.1"_dsn, "dsn=2.0.0, status=sent"},
      {Outcome::deferred, "4.2.2"_dsn, "dsn=4.2.2, status=deferred"},
      {Outcome::deferred, "5.2.2"_dsn, "dsn=4.0.0, status=deferred"},
      {Outcome::bounced, "5.1.1"_dsn, "dsn=5.1.1, status=bounced"},
      {Outcome::bounced, "2.1.2"_dsn, "dsn=5.0.0, status=bounced"},
  };
  for (const Row& row : rows) {
    CHECK_THAT(line_of(status_of(row.outcome, row.code, "x")), Catch::Contains(row.shown));
  }
}

TEST_CASE("times in a log line have two significant digits") {
  struct Row {
    double value = 0;
    std::string shown = {};
  };
  const Row rows[] = {
      {-1, "0"},      {0, "0"},           {0.001, "0"},    {0.004, "0"},    {0.006, "0.01"},
      {0.02, "0.02"}, {0.1, "0.1"},       {0.123, "0.12"}, {0.128, "0.13"}, {1, "1"},
      {1.04, "1"},    {1.26, "1.3"},      {9.96, "10"},    {12.6, "13"},    {100, "100"},
      {345.4, "345"}, {86403.2, "86403"},
  };
  for (const Row& row : rows) {
    CHECK(seconds(row.value) == row.shown);
  }
  CHECK(seconds(0.00123, 6) == "0.0012");
  CHECK(seconds(0.00000012, 6) == "0");
  CHECK(seconds(1.6, 0) == "2");
  CHECK(seconds(1e300).size() < 64);
}

TEST_CASE("nothing can break a log line in two") {
  FinalStatus status = sent();
  status.to = "a\nb\x1b@example.com";
  status.orig_to = "c\r\n@x";
  status.status.text = "line one\nQ2: to=<fake>\x07";
  status.status.relay = "r\n";
  const std::string line = format_log_line(status, "ID\n", {}, 2);
  CHECK(line.find_first_of("\n\r\x1b\x07") == std::string::npos);
}

TEST_CASE("the log on standard error begins like syslog's") {
  std::ostringstream err;
  auto log = open_delivery_log(settings_with_log("stderr"), "Q1", err);
  REQUIRE(log);
  (*log)->record(sent(), {});
  (*log)->warn("/etc/aliases: line\n7");
  CHECK(std::regex_match(
      err.str(),
      std::regex(R"([A-Z][a-z]{2} [ 123][0-9] \d\d:\d\d:\d\d mail postfix/local\[\d+\]: )"
                 R"(Q1: to=<alice@example\.com>, .*status=sent \(delivered to mailbox\)\n)"
                 R"([A-Z].* postfix/local\[\d+\]: warning: Q1: /etc/aliases: line\?7\n)")));
}

TEST_CASE("lastmile_log_format = json: each line is an object") {
  Settings settings = settings_with_log("stderr");
  settings.lastmile_log_format.value = "json";
  std::ostringstream err;
  auto log = open_delivery_log(settings, "Q\n1", err);
  REQUIRE(log);
  FinalStatus status = sent();
  status.status.text = "said \"no\"\n\x1b";
  (*log)->record(status, {0.25, 1.5});
  (*log)->warn("/etc/aliases: line\n7");
  CHECK(std::regex_match(
      err.str(),
      std::regex(
          R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","program":"postfix/local",)"
          R"("pid":\d+,"level":"info","queue_id":"Q\\n1","to":"alice@example\.com",)"
          R"("orig_to":"[^"]*","agent":"local","relay":"local","delay_ms":1750,)"
          R"("before_ms":250,"transfer_ms":1500,"dsn":"2\.0\.0","status":"sent",)"
          R"("text":"said \\"no\\"\\n\\u001b"\}\n)"
          R"(\{.*"level":"warning","queue_id":"Q\\n1","text":"/etc/aliases: line\\n7"\}\n)")));
}

TEST_CASE("a service logs under its own name and program, with its own precision") {
  Settings settings = settings_with_log("stderr");
  settings.master_cf = *MasterCf::parse(
      "second unix - n n - - local\nfilter unix - n n - - pipe\nsmtp inet n - n - - smtpd\n",
      "master.cf", false);
  auto own = std::make_shared<Settings>();
  *own = settings;
  own->syslog_name.value = "postfix/second";
  own->delay_logging_resolution_limit.value = 0;
  settings.services.emplace("second", std::move(own));
  std::ostringstream err;
  auto log = open_delivery_log(settings, "Q1", err);
  REQUIRE(log);
  FinalStatus status = sent();
  (*log)->record(status, {0, 0.26});
  CHECK_THAT(err.str(), Catch::Contains(" postfix/local["));
  CHECK_THAT(err.str(), Catch::Contains("delay=0.26,"));
  err.str({});
  status.agent = "second";
  (*log)->record(status, {0, 0.26});
  CHECK_THAT(err.str(), Catch::Contains(" postfix/second/local["));
  CHECK_THAT(err.str(), Catch::Contains("delay=0,"));
  for (const auto& [agent, ident] :
       {std::pair("filter", " postfix/pipe["), std::pair("smtpd", " postfix/smtpd["),
        std::pair("sendmail", " postfix/local[")}) {
    err.str({});
    status.agent = agent;
    (*log)->record(status, {});
    CHECK_THAT(err.str(), Catch::Contains(ident));
  }
}

TEST_CASE("addresses are logged in the form that is configured") {
  FinalStatus status = sent();
  status.to = "\"a b\"@example.com";
  status.orig_to = "\"c d\"@example.com";
  for (const std::string form : {"external", "internal"}) {
    Settings settings = settings_with_log("stderr");
    settings.info_log_address_format.value = form;
    std::ostringstream err;
    auto log = open_delivery_log(settings, "", err);
    REQUIRE(log);
    (*log)->record(status, {});
    CHECK_THAT(err.str(),
               Catch::Contains(form == "external"
                                   ? R"(to=<"a b"@example.com>, orig_to=<"c d"@example.com>)"
                                   : "to=<a b@example.com>, orig_to=<c d@example.com>"));
  }
}

TEST_CASE("a log file is made private, and added to") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("mail.log");
  std::ostringstream err;
  for (int i = 0; i < 2; ++i) {
    auto log = open_delivery_log(settings_with_log(path), "Q" + std::to_string(i), err);
    REQUIRE(log);
    (*log)->record(sent(), {});
  }
  const std::string content = directory.read("mail.log");
  CHECK(content.find("Q0: to=<") < content.find("Q1: to=<"));
  CHECK(content.find("Q1: to=<") != std::string::npos);
  struct stat attributes = {};
  REQUIRE(stat(path.c_str(), &attributes) == 0);
  CHECK((attributes.st_mode & 07777U) == 0600U);
  CHECK(err.str().empty());
}

TEST_CASE("a log file is a regular file, not reached through a link") {
  const TemporaryDirectory directory;
  std::ostringstream err;
  const std::string target = directory.write("target", "untouched");
  const std::string link = directory.path("link");
  REQUIRE(symlink(target.c_str(), link.c_str()) == 0);
  const std::string fifo = directory.path("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& path :
       {link, fifo, directory.path(), std::string("/dev/null"), directory.path("no/such.log")}) {
    INFO(path);
    const auto log = open_delivery_log(settings_with_log(path), "Q1", err);
    REQUIRE_FALSE(log);
    CHECK(log.error().kind == Error::Kind::unavailable);
    CHECK_THAT(log.error().text, Catch::Contains(path));
  }
  CHECK(directory.read("target") == "untouched");
}

TEST_CASE("a log target that makes no sense is refused") {
  std::ostringstream err;
  Settings settings = settings_with_log("sylog");
  settings.lastmile_log.source = SourcePos{"/etc/postfix/main.cf", 7};
  const auto log = open_delivery_log(settings, "Q1", err);
  REQUIRE_FALSE(log);
  CHECK(log.error().kind == Error::Kind::misconfigured);
  CHECK(log.error().source == settings.lastmile_log.source);

  settings = settings_with_log("syslog");
  settings.syslog_facility.value = "mails";
  CHECK_FALSE(open_delivery_log(settings, "Q1", err));
  settings.syslog_facility.value = "local7";
  CHECK(open_delivery_log(settings, "Q1", err));
}

}  // namespace
}  // namespace lastmile::test
