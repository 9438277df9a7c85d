// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/maildir_agent.h"

#include <sys/stat.h>
#include <unistd.h>

#include <regex>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

constexpr std::string_view kMessage = "Subject: x\n\nFrom here\nlast";

std::string stored() {
  return test::maildir_head() + std::string(kMessage) + "\n";
}

AgentReport deliver(const std::string& path, const Settings& settings = test::delivery_settings(),
                    std::string_view text = kMessage) {
  const Job job = test::job_for(test::somebody());
  return deliver_to_maildir(Maildir{path}, job, test::message_of(text), test::context_of(settings));
}

mode_t mode_of(const std::string& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_uid == test::somebody().uid);
  return status.st_mode & 07777;
}

/// Replaces the parts of a file name that differ from run to run.
std::string without_numbers(const std::string& text) {
  static const std::regex kTemporary(R"(\d+\.P\d+\.[^:]+)");
  return std::regex_replace(text, kTemporary, "SEC.PPID.NODE");
}

}  // namespace

TEST_CASE("a maildir is made where there is none") {
  const test::Home home;
  const auto path = home.path("mail/dir/");
  const auto report = deliver(path);
  CHECK(test::line_of(report.status, path) == "2.0.0 delivered to maildir");
  CHECK(report.warnings.empty());
  const auto files = home.names("mail/dir/new");
  REQUIRE(files.size() == 1);
  CHECK(home.read("mail/dir/new/" + files[0]) == stored());
  CHECK(mode_of(path + "new/" + files[0]) == 0600);
  CHECK(home.names("mail/dir/tmp").empty());
  CHECK(home.names("mail/dir") == std::vector<std::string>{"cur", "new", "tmp"});
  for (const char* name : {"mail", "mail/dir", "mail/dir/tmp", "mail/dir/new", "mail/dir/cur"}) {
    CHECK(mode_of(home.path(name)) == 0700);
  }
}

TEST_CASE("each message has its own file, however soon the next one comes") {
  const test::Home home;
  for (int i = 0; i < 5; ++i) {
    CHECK(deliver(home.path("d/")).status.outcome == DeliveryStatus::Outcome::delivered);
  }
  CHECK(home.names("d/new").size() == 5);
}

TEST_CASE("the names of a message hold time, process, device and inode") {
  const timespec now = {1700000000, 123456789};
  struct stat file = {};
  file.st_dev = 0xfd01;
  file.st_ino = 0xabcdef;
  CHECK(temporary_name(now, 42, "mx.example.com") == "1700000000.P42.mx.example.com");
  CHECK(permanent_name(now, file, "mx.example.com") ==
        "1700000000.Vfd01IabcdefM123456.mx.example.com");
}

TEST_CASE("cur is made only together with new") {
  const test::Home home;
  const auto path = home.path("d/");
  CHECK(deliver(path).status.outcome == DeliveryStatus::Outcome::delivered);
  REQUIRE(::rmdir(home.path("d/cur").c_str()) == 0);
  CHECK(deliver(path).status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK_FALSE(home.exists("d/cur"));
}

TEST_CASE("a home that cannot be written to bounces, with the reason in the log") {
  const test::Home home;
  const Rights rights = test::somebody();
  REQUIRE(::chmod(home.path().c_str(), 0500) == 0);
  const auto report = deliver(home.path("Maildir/"));
  REQUIRE(::chmod(home.path().c_str(), 0700) == 0);
  const auto& path = home.path();
  const std::string reason =
      "create maildir file PATH/Maildir/tmp/SEC.PPID.NODE: Permission denied";
  CHECK(without_numbers(test::line_of(report.status, path)) ==
        "5.2.0 maildir delivery failed: " + reason);
  REQUIRE(report.warnings.size() == 2);
  CHECK(without_numbers(test::replaced(report.warnings[0], path, "PATH")) ==
        "maildir access problem for UID/GID=" + std::to_string(rights.uid) + '/' +
            std::to_string(rights.gid) + ": " + reason);
  CHECK(report.warnings[1] == "perhaps you need to create the maildirs in advance");
}

TEST_CASE("a file in the way of a maildir bounces") {
  const test::Home home;
  home.write("d", "");
  const auto& path = home.path();
  CHECK(without_numbers(test::line_of(deliver(home.path("d/")).status, path)) ==
        "5.2.0 maildir delivery failed: create maildir file PATH/d/tmp/SEC.PPID.NODE: Not a "
        "directory");
}

TEST_CASE("a symbolic link to nothing in the way of a maildir bounces") {
  const test::Home home;
  REQUIRE(::symlink("nothing", home.path("d").c_str()) == 0);
  const auto& path = home.path();
  CHECK(without_numbers(test::line_of(deliver(home.path("d/")).status, path)) ==
        "5.2.0 maildir delivery failed: create maildir file PATH/d/tmp/SEC.PPID.NODE: No such "
        "file or directory");
}

TEST_CASE("the size limit bounces, and no file is left") {
  const test::Home home;
  Settings settings = test::delivery_settings();
  settings.mailbox_size_limit.value = static_cast<std::int64_t>(stored().size()) - 1;
  const auto path = home.path("d/");
  CHECK(test::line_of(deliver(path, settings).status, path) ==
        "5.2.2 maildir delivery failed: error writing message: File too large");
  CHECK(home.names("d/tmp").empty());
  CHECK(home.names("d/new").empty());
  settings.mailbox_size_limit.value += 1;
  CHECK(deliver(path, settings).status.outcome == DeliveryStatus::Outcome::delivered);
}

TEST_CASE("a maildir of somebody else defers for an ordinary user, and is made for root") {
  const test::Home home;
  const Job job = test::job_for(test::somebody_else());
  const auto report = deliver_to_maildir(Maildir{home.path("d/")}, job, test::message_of(kMessage),
                                         test::context_of(test::delivery_settings()));
  if (is_root()) {
    CHECK(report.status.code == "5.2.0"_dsn);  // Its home belongs to another.
  } else {
    CHECK(report.status.code == "4.3.0"_dsn);
  }
  CHECK_FALSE(home.exists("d"));
}

}  // namespace lastmile
