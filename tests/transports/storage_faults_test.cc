// SPDX-License-Identifier: Apache-2.0
// Every system call of a delivery fails once, or is the last of its process. Afterwards the message
// is there exactly once and counts as delivered, or nothing has changed and it does not.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/mailbox_agent.h"
#include "transports/agents/maildir_agent.h"

namespace lastmile {
namespace {

using Fault = test::FaultySystem::Fault;

const std::string kOld = "From a  Sat Nov 21 02:56:11 2026\n\nold\n\n";

/// More than one chunk, so that a fault can come between two writes.
std::string large_text() {
  std::string text = "Subject: x\n\n";
  while (text.size() < 2 * kMessageChunk + 1000) {
    text += "a line of text that is neither short nor long\n";
  }
  return text;
}

/// The mailbox after a delivery of `text`.
std::string old_and(const std::string& text) {
  std::string content = kOld;
  content.append(test::mbox_head()).append(text).append("\n");
  return content;
}

bool delivered(const AgentReport& report) {
  return report.status.outcome == DeliveryStatus::Outcome::delivered;
}

constexpr int kErrors[] = {ENOSPC, EIO, EDQUOT, EINTR, ESTALE};

/// What a failed write or sync has to be answered with.
std::string_view code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EIO:
      return "4.3.0";
    case EDQUOT:
      return "5.2.2";
    case ESTALE:
      return "4.2.0";
    default:
      return "5.3.0";
  }
}

bool is_storing(const std::string& call) {
  return call == "writev" || call == "fsync";
}

/// Runs `act` in a process of its own, which may be killed there. \return its wait status
int in_child(const std::function<void()>& act) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    act();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

/// open(2) on a file system that has no O_TMPFILE.
int open_without_unnamed_files(const char* path, int flags, mode_t mode) {
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return real_system().open(path, flags, mode);
}

}  // namespace

TEST_CASE("an mbox delivery that fails at any call leaves the mailbox as it was") {
  const std::string text = large_text();
  for (const int error : kErrors) {
    for (int call = 1;; ++call) {
      CAPTURE(error, call);
      const test::Home home;
      const auto path = home.write("box", kOld);
      const auto message = test::message_of(text);
      const Settings settings = test::delivery_settings();
      const Job job = test::job_for(test::somebody());
      const test::FaultySystem faulty(Fault::error, call, error);
      const auto report = deliver_to_mailbox(Mailbox{path, false}, job, message,
                                             test::context_of(settings, faulty.calls()));
      if (!faulty.has_struck()) {
        CHECK(delivered(report));
        CHECK(call > 10);
        break;
      }
      CAPTURE(faulty.struck(), report.status.text);
      CHECK(home.read("box") == (delivered(report) ? old_and(text) : kOld));
      CHECK((home.exists("box.lock") == (faulty.struck() == "unlink")));
      if (error == EINTR) {
        CHECK(report.status.outcome != DeliveryStatus::Outcome::bounced);
      } else if (is_storing(faulty.struck())) {
        CHECK(to_string(report.status.code) == code_of(error));
      }
    }
  }
}

TEST_CASE("a maildir delivery that fails at any call leaves no file or one whole file") {
  const std::string text = large_text();
  for (const bool exists : {false, true}) {
    for (const int error : kErrors) {
      for (int call = 1;; ++call) {
        CAPTURE(exists, error, call);
        const test::Home home;
        const auto message = test::message_of(text);
        const Settings settings = test::delivery_settings();
        const Job job = test::job_for(test::somebody());
        const Maildir maildir = {home.path("d/")};
        const auto copies = [&] { return home.names("d/new").size(); };
        if (exists) {
          REQUIRE(delivered(deliver_to_maildir(maildir, job, message, test::context_of(settings))));
        }
        const std::size_t before = copies();
        const test::FaultySystem faulty(Fault::error, call, error);
        const auto report =
            deliver_to_maildir(maildir, job, message, test::context_of(settings, faulty.calls()));
        if (!faulty.has_struck()) {
          CHECK(delivered(report));
          CHECK(call > 6);
          break;
        }
        CAPTURE(faulty.struck(), report.status.text);
        CHECK(copies() == before + (delivered(report) ? 1 : 0));
        for (const auto& name : home.names("d/new")) {
          CHECK(home.read("d/new/" + name) == test::maildir_head() + text);
        }
        CHECK((home.names("d/tmp").empty() || faulty.struck() == "unlink"));
        if (error == EINTR) {
          CHECK(report.status.outcome != DeliveryStatus::Outcome::bounced);
        } else if (faulty.struck() == "writev") {
          CHECK(to_string(report.status.code) == code_of(error));
        }
      }
    }
  }
}

TEST_CASE("short writes do not shorten a message") {
  const std::string text = large_text();
  for (int call = 1;; ++call) {
    const test::Home home;
    const auto path = home.write("box", kOld);
    const auto message = test::message_of(text);
    const Settings settings = test::delivery_settings();
    const Job job = test::job_for(test::somebody());
    const test::FaultySystem faulty(Fault::short_write, call);
    const auto report = deliver_to_mailbox(Mailbox{path, false}, job, message,
                                           test::context_of(settings, faulty.calls()));
    CHECK(delivered(report));
    CHECK(home.read("box") == old_and(text));
    if (!faulty.has_struck()) {
      break;
    }
  }
}

TEST_CASE("an unreadable spool defers, and nothing is stored") {
  const test::Home home;
  const auto path = home.write("box", kOld);
  const Settings settings = test::delivery_settings();
  const Job job = test::job_for(test::somebody());
  int deferred = 0;
  for (int call = 1;; ++call) {
    // Spooling makes calls as well: only what comes after them is meant.
    constexpr int kSpooling = 2;
    const test::FaultySystem failing(Fault::error, kSpooling + call, EIO);
    const auto message = SpooledMessage::from_text(large_text(), failing.calls());
    REQUIRE(message);
    const auto report =
        deliver_to_mailbox(Mailbox{path, false}, job, *message, test::context_of(settings));
    if (!failing.has_struck()) {
      break;
    }
    CHECK(test::line_of(report.status, path) ==
          "4.3.0 cannot update mailbox PATH for user user. error reading message: Input/output "
          "error");
    CHECK(home.read("box") == kOld);
    ++deferred;
  }
  CHECK(deferred >= 3);
}

TEST_CASE("a process that is killed at any call leaves the old mail whole") {
  const std::string text = large_text();
  for (int call = 1;; ++call) {
    CAPTURE(call);
    const test::Home home;
    const auto path = home.write("box", kOld);
    const auto message = test::message_of(text);
    const Settings settings = test::delivery_settings();
    const Job job = test::job_for(test::somebody());
    const test::FaultySystem faulty(Fault::kill, call);
    (void)in_child([&] {
      (void)deliver_to_mailbox(Mailbox{path, false}, job, message,
                               test::context_of(settings, faulty.calls()));
    });
    const std::string whole = old_and(text);
    const std::string content = home.read("box");
    CHECK(whole.starts_with(content));
    CHECK(content.size() >= kOld.size());
    // A part of a message can be left only together with the lock of the process that died.
    CHECK((content == kOld || content == whole || home.exists("box.lock")));
    if (!faulty.has_struck()) {
      CHECK(content == whole);
      break;
    }
  }
}

TEST_CASE("wherever a process is killed, the mailbox that it was making is not in the way") {
  if (!test::running_as_root()) {
    return;
  }
  const std::string text = "Subject: x\n\nx\n";
  for (const mode_t mode : {01777U, 02775U, 0755U}) {
    for (int call = 1;; ++call) {
      CAPTURE(mode, call);
      const test::TemporaryDirectory directory;
      const auto spool = directory.make_directory("spool");
      REQUIRE(::chown(spool.c_str(), 0, 8) == 0);
      REQUIRE(::chmod(spool.c_str(), mode) == 0);
      const auto path = spool + "/user";
      const auto message = test::message_of(text);
      const Settings settings = test::delivery_settings();
      const Job job = test::job_for(test::somebody());
      const test::FaultySystem faulty(Fault::kill_all, call);
      (void)in_child([&] {
        (void)deliver_to_mailbox(Mailbox{path, true}, job, message,
                                 test::context_of(settings, faulty.calls()));
      });
      CAPTURE(faulty.struck());
      (void)::unlink((path + ".lock").c_str());
      const bool was_there =
          directory.exists("spool/user") && !directory.read("spool/user").empty();
      CHECK(delivered(
          deliver_to_mailbox(Mailbox{path, true}, job, message, test::context_of(settings))));
      const std::string once = test::mbox_head() + text + "\n";
      CHECK(directory.read("spool/user") == (was_there ? once + once : once));
      if (!faulty.has_struck()) {
        break;
      }
    }
  }
}

TEST_CASE(
    "an empty mailbox of root is given away where it may have been left, and else left alone") {
  if (!test::running_as_root()) {
    return;
  }
  SystemCalls plain = real_system();
  plain.open = open_without_unnamed_files;
  struct Row {
    const SystemCalls& system;
    mode_t mode;
    std::string content;
    bool delivered;
  };
  for (const Row& row : {Row{plain, 0600, "", true}, Row{plain, 0640, "", false},
                         Row{plain, 0600, "x", false}, Row{real_system(), 0600, "", false}}) {
    CAPTURE(row.mode, row.content);
    const test::TemporaryDirectory directory;
    directory.make_directory("spool");
    const auto path = directory.write("spool/user", row.content, row.mode);
    const auto message = test::message_of("Subject: x\n\nx\n");
    const Settings settings = test::delivery_settings();
    const Job job = test::job_for(test::somebody());
    const auto report = deliver_to_mailbox(Mailbox{path, true}, job, message,
                                           test::context_of(settings, row.system));
    CHECK(delivered(report) == row.delivered);
    struct stat status = {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_uid == (row.delivered ? 2001U : 0U));
    // Without such files, a new mailbox is made in the plain way.
    const auto other = deliver_to_mailbox(Mailbox{directory.path("spool/new"), true}, job, message,
                                          test::context_of(settings, row.system));
    CHECK(delivered(other));
    REQUIRE(::stat(directory.path("spool/new").c_str(), &status) == 0);
    CHECK(status.st_uid == 2001U);
  }
}

TEST_CASE("whoever reads new sees whole messages only, wherever a process is killed") {
  const std::string text = large_text();
  for (int call = 1;; ++call) {
    CAPTURE(call);
    const test::Home home;
    const auto message = test::message_of(text);
    const Settings settings = test::delivery_settings();
    const Job job = test::job_for(test::somebody());
    const test::FaultySystem faulty(Fault::kill, call);
    (void)in_child([&] {
      (void)deliver_to_maildir(Maildir{home.path("d/")}, job, message,
                               test::context_of(settings, faulty.calls()));
    });
    const auto files = home.names("d/new");
    CHECK(files.size() <= 1);
    for (const auto& name : files) {
      CHECK(home.read("d/new/" + name) == test::maildir_head() + text);
    }
    if (!faulty.has_struck()) {
      CHECK(files.size() == 1);
      break;
    }
  }
}

TEST_CASE("when the child of root dies while it writes, root cuts the mailbox back") {
  if (!test::running_as_root()) {
    return;
  }
  const std::string text = large_text();
  int rolled_back = 0;
  for (int call = 1;; ++call) {
    CAPTURE(call);
    const test::TemporaryDirectory directory;
    directory.make_directory("spool");
    const auto path = directory.write("spool/user", kOld, 0600);
    REQUIRE(::chown(path.c_str(), 2001, 2001) == 0);
    const auto message = test::message_of(text);
    const Settings settings = test::delivery_settings();
    const Job job = test::job_for(test::somebody());
    const test::FaultySystem faulty(Fault::kill_child, call);
    const auto report = deliver_to_mailbox(Mailbox{path, true}, job, message,
                                           test::context_of(settings, faulty.calls()));
    const std::string whole = old_and(text);
    CHECK(directory.read("spool/user") == (delivered(report) ? whole : kOld));
    CHECK_FALSE(directory.exists("spool/user.lock"));
    if (!delivered(report)) {
      CHECK(report.status.outcome == DeliveryStatus::Outcome::deferred);
      ++rolled_back;
    }
    if (!faulty.has_struck()) {
      CHECK(delivered(report));
      break;
    }
  }
  CHECK(rolled_back >= 4);
}

TEST_CASE("a disk that is full in the middle of a message defers, and the mailbox is whole") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  const auto mount_point = directory.make_directory("disk");
  const std::string text = large_text();
  const auto message = test::message_of(text);
  const Settings settings = test::delivery_settings();
  const int status = in_child([&] {
    // Exit status 1: no private mount; 2: a wrong status; 3: a changed mailbox.
    const bool mounted =
        ::unshare(CLONE_NEWNS) == 0 &&
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=256k,mode=1777") == 0;
    if (!mounted) {
      ::_exit(1);
    }
    const Job job = test::job_for(test::somebody());
    const auto path = directory.write("disk/box", kOld);
    if (::chown(path.c_str(), job.rights.uid, job.rights.gid) != 0) {
      ::_exit(1);
    }
    const auto mbox =
        deliver_to_mailbox(Mailbox{path, false}, job, message, test::context_of(settings));
    const auto maildir =
        deliver_to_maildir(Maildir{mount_point + "/d/"}, job, message, test::context_of(settings));
    const bool right =
        test::line_of(mbox.status, path) ==
            "4.3.0 cannot update mailbox PATH for user user. error writing message: No space left "
            "on device" &&
        maildir.status.code == "4.3.0"_dsn;
    const bool whole = directory.read("disk/box") == kOld && !directory.exists("disk/box.lock");
    ::_exit(!right ? 2 : whole ? 0 : 3);
  });
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 1) {
    WARN("skipped: no private file system can be mounted here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a limit of the process on file sizes is a deferral, not its end") {
  // A pipe(8) service has one: the signal that comes with it must not kill the delivery.
  const test::Home home;
  const auto path = home.write("box", kOld);
  const auto message = test::message_of(large_text());
  const Settings settings = test::delivery_settings();
  const Job job = test::job_for(test::somebody());
  const int status = in_child([&] {
    rlimit limit = {100000, 100000};
    const bool limited = ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
    const auto report =
        deliver_to_mailbox(Mailbox{path, false}, job, message, test::context_of(settings));
    ::_exit(limited && report.status.code == "4.3.0"_dsn ? 0 : 1);
  });
  CHECK(status == 0);
  CHECK(home.read("box") == kOld);
}

}  // namespace lastmile
