// SPDX-License-Identifier: Apache-2.0
// A process is killed while it appends a message. After one more delivery the mailbox holds the
// mail of before and the new message, whole, and no part of the other.

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <string>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"
#include "transports/agents/append_note.h"
#include "transports/agents/mailbox_agent.h"

namespace lastmile {
namespace {

using Fault = test::FaultySystem::Fault;

const std::string kOld = "From a  Sat Nov 21 02:56:11 2026\n\nold\n\n";
const std::string kNew = "Subject: new\n\nnew\n";
constexpr const char* kAttribute = "user.lastmile.append";

/// More than one chunk, with so many lines to be quoted that a chunk takes several writes.
std::string large_text() {
  std::string text = "Subject: x\n\n";
  for (int line = 0; text.size() < 2 * kMessageChunk + 1000; ++line) {
    text += line % 50 == 0 ? "From here " : "And so on ";
    text += "a line of text that is neither short nor long\n";
  }
  return text;
}

std::string stored(const std::string& text) {
  return test::mbox_head() + test::replaced(text, "\nFrom ", "\n>From ") + "\n";
}

bool delivered(const AgentReport& report) {
  return report.status.outcome == DeliveryStatus::Outcome::delivered;
}

/// Runs `act` in a process of its own, and waits until that is gone.
void in_child(const std::function<void()>& act) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    act();
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
}

/// Whether the files of these tests may have notes; says so when not.
bool has_notes(const test::Home& home) {
  const auto path = home.write("probe", "");
  if (::setxattr(path.c_str(), kAttribute, "", 0, 0) == 0) {
    return true;
  }
  WARN("skipped: the file system of the temporary directory has no user attributes");
  return false;
}

bool has_note(const std::string& path) {
  return ::getxattr(path.c_str(), kAttribute, nullptr, 0) >= 0;
}

/// In a spool where only root may create, root opens what the user writes.
enum class Kind { mailbox, spooled, file };

AgentReport deliver(Kind kind, const std::string& path, const std::string& text,
                    const SystemCalls& system = real_system(),
                    const Settings& settings = test::delivery_settings()) {
  const auto message = test::message_of(text);
  const Job job = test::job_for(test::somebody());
  const auto context = test::context_of(settings, system);
  return kind == Kind::file
             ? deliver_to_file(File{path}, job, message, context)
             : deliver_to_mailbox(Mailbox{path, kind == Kind::spooled}, job, message, context);
}

/// Puts a note on a mailbox of a message that was to be `text`.
void note(const std::string& path, const std::string& text = large_text()) {
  const auto note =
      to_string(note_of(static_cast<std::int64_t>(kOld.size()),
                        static_cast<std::int64_t>(stored(text).size()), test::mbox_head()));
  REQUIRE(::setxattr(path.c_str(), kAttribute, note.data(), note.size(), 0) == 0);
}

/// A mailbox with a note of a message that was to be `text`, of which a part is there.
std::string leave_part(const test::Home& home, const std::string& content, std::size_t length,
                       const std::string& text = large_text()) {
  const auto path = home.write("box", content);
  note(path, text);
  REQUIRE(length < stored(text).size());
  return path;
}

/// A spool in which root alone may create.
struct Spool {
  Spool() {
    const auto path = directory.make_directory("spool");
    REQUIRE(::chown(path.c_str(), 0, 0) == 0);
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
  }
  std::string write(const std::string& content) const {
    const auto path = directory.write("spool/user", content, 0600);
    const Rights owner = test::somebody();
    REQUIRE(::chown(path.c_str(), owner.uid, owner.gid) == 0);
    return path;
  }
  std::string read() const { return directory.read("spool/user"); }

  test::TemporaryDirectory directory;
};

}  // namespace

TEST_CASE("wherever all processes are killed, the next delivery leaves no part of a message") {
  if (const test::Home home; !has_notes(home)) {
    return;
  }
  const std::string text = large_text();
  const std::string whole = kOld + stored(text);
  for (const Kind kind : {Kind::mailbox, Kind::file}) {
    int parts = 0;
    bool is_over = false;
    for (int call = 1; !is_over; ++call) {
      CAPTURE(kind, call);
      const test::Home home;
      const auto path = home.write("box", kOld);
      const test::FaultySystem faulty(Fault::kill_all, call);
      in_child([&] { (void)deliver(kind, path, text, faulty.calls()); });
      is_over = !faulty.has_struck();
      CAPTURE(faulty.struck());
      const std::string content = home.read("box");
      const bool was_part = content != kOld && content != whole;
      parts += was_part ? 1 : 0;
      (void)::unlink(home.path("box.lock").c_str());

      const auto report = deliver(kind, path, kNew);
      CHECK(delivered(report));
      CHECK(home.read("box") == (content == whole ? whole : kOld) + stored(kNew));
      CHECK(report.warnings.size() == (was_part ? 1 : 0));
      CHECK_FALSE(has_note(path));
    }
    CHECK(parts >= 2);
  }
}

TEST_CASE("when the process that appends dies alone, its parent mends the file at once") {
  if (!test::running_as_root()) {
    return;
  }
  if (const test::Home home; !has_notes(home)) {
    return;
  }
  const std::string text = large_text();
  const std::string whole = kOld + stored(text);
  for (const Kind kind : {Kind::mailbox, Kind::file}) {
    int mended = 0;
    for (int call = 1;; ++call) {
      CAPTURE(kind, call);
      const test::Home home;
      const auto path = home.write("box", kOld);
      const test::FaultySystem faulty(Fault::kill_child, call);
      const auto report = deliver(kind, path, text, faulty.calls());
      if (!faulty.has_struck()) {
        CHECK(delivered(report));
        CHECK(home.read("box") == whole);
        break;
      }
      CAPTURE(faulty.struck());
      CHECK(report.status.outcome == DeliveryStatus::Outcome::deferred);
      CHECK(report.status.perhaps_delivered);
      const std::string content = home.read("box");
      CHECK((content == kOld || content == whole));
      CHECK_FALSE(has_note(path));
      CHECK_FALSE(home.exists("box.lock"));
      mended += report.warnings.empty() ? 0 : 1;
    }
    CHECK(mended >= 2);
  }
}

TEST_CASE("a second process that dies leaves no part behind the part of the first") {
  if (!test::running_as_root()) {
    return;
  }
  if (const test::Home home; !has_notes(home)) {
    return;
  }
  const std::string text = large_text();
  const std::string whole = kOld + stored(text);
  int struck = 0;
  for (int call = 1;; ++call, ++struck) {
    CAPTURE(call);
    const Spool spool;
    const auto path = spool.write(kOld + stored(text).substr(0, 100));
    note(path);
    const test::FaultySystem faulty(Fault::kill_child, call);
    const auto report = deliver(Kind::spooled, path, text, faulty.calls());
    CAPTURE(faulty.struck());
    const std::string content = spool.read();
    CHECK((content == kOld || content == whole));
    CHECK_FALSE(has_note(path));
    if (!faulty.has_struck()) {
      CHECK(delivered(report));
      break;
    }
  }
  CHECK(struck >= 3);
}

TEST_CASE("who writes without a lock of its own dies with who has the lock") {
  if (!test::running_as_root()) {
    return;
  }
  if (const test::Home home; !has_notes(home)) {
    return;
  }
  const Spool spool;
  const auto path = spool.write(kOld);
  static std::array<int, 2> life = {-1, -1};
  REQUIRE(::pipe(life.data()) == 0);
  static pid_t opener = 0;
  static SystemCalls calls;
  calls = real_system();
  calls.writev = [](int file, const iovec* pieces, int count) {
    if (::write(life[1], "w", 1) != 1) {
      ::abort();
    }
    while (::getppid() == opener) {
      ::sched_yield();
    }
    return real_system().writev(file, pieces, count);
  };
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    opener = ::getpid();
    (void)deliver(Kind::spooled, path, large_text(), calls);
    ::_exit(0);
  }
  REQUIRE(::close(life[1]) == 0);
  char octet = 0;
  REQUIRE(::read(life[0], &octet, 1) == 1);
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  // The end of the pipe says that the writer has ended, too.
  while (::read(life[0], &octet, 1) > 0) {
  }
  REQUIRE(::close(life[0]) == 0);
  CHECK(spool.read() != kOld + stored(large_text()));
  (void)::unlink((path + ".lock").c_str());
  CHECK(delivered(deliver(Kind::spooled, path, kNew)));
  CHECK(spool.read() == kOld + stored(kNew));
}

TEST_CASE("a part that cannot be cut off keeps its note") {
  if (!test::running_as_root()) {
    return;
  }
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const auto path = home.write("box", kOld);
  static SystemCalls calls;
  calls = real_system();
  calls.writev = [](int file, const iovec* pieces, int /*count*/) {
    const ssize_t written = real_system().writev(file, pieces, 1);
    ::kill(::getpid(), SIGKILL);
    return written;
  };
  calls.ftruncate = [](int /*file*/, off_t /*length*/) {
    errno = EIO;
    return -1;
  };
  const auto report = deliver(Kind::file, path, large_text(), calls);
  CHECK(report.warnings.size() == 1);
  CHECK(has_note(path));
  CHECK(delivered(deliver(Kind::file, path, kNew)));
  CHECK(home.read("box") == kOld + stored(kNew));
}

TEST_CASE("without a lock that its process has lost by dying, a part may be of one that lives") {
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const std::string part = stored(large_text()).substr(0, 1000);
  for (const NameSet& locks : {NameSet{}, NameSet{"dotlock"}}) {
    CAPTURE(locks.size());
    Settings settings = test::delivery_settings();
    settings.mailbox_delivery_lock.value = locks;
    const auto path = leave_part(home, kOld + part, part.size());
    CHECK(delivered(deliver(Kind::mailbox, path, kNew, real_system(), settings)));
    CHECK(home.read("box") == kOld + part + stored(kNew));
    // With no lock at all, the note, too, is left to whose it is.
    CHECK(has_note(path) == locks.empty());
  }
}

TEST_CASE("a part is cut off once, with a word about it, and not under the size limit") {
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const std::string part = stored(large_text()).substr(0, 100000);
  const auto path = leave_part(home, kOld + part, part.size());
  const auto report = deliver(Kind::mailbox, path, kNew);
  CHECK(delivered(report));
  REQUIRE(report.warnings.size() == 1);
  CHECK(test::replaced(report.warnings[0], path, "PATH") ==
        "PATH: removed a part of a message, 100000 octets behind octet 39, left by a process that "
        "died");
  CHECK(home.read("box") == kOld + stored(kNew));
  CHECK(deliver(Kind::mailbox, path, kNew).warnings.empty());
  CHECK(home.read("box") == kOld + stored(kNew) + stored(kNew));
}

TEST_CASE("nothing is cut off a mailbox that was changed after the death of a process") {
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const std::string text = large_text();
  const std::string part = stored(text).substr(0, 100000);
  const std::string other = "From c@d  Sat Nov 21 03:00:00 2026\n\nother mail\n\n";
  struct Row {
    std::string_view name;
    std::string content;
    std::size_t warnings;
  };
  const Row rows[] = {
      {"as before", kOld, 0},
      {"shorter", kOld.substr(0, 10), 0},
      {"empty", "", 0},
      {"complete", kOld + stored(text), 0},
      {"longer than complete", kOld + stored(text) + other, 0},
      {"other mail instead", kOld + other, 1},
      {"other mail before", other + kOld + part, 1},
      {"other mail behind", kOld + part + other, 1},
      {"other mail behind a line", kOld + part + "\n" + other, 1},
      {"the old length is in other mail", kOld.substr(1) + other + other, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto path = leave_part(home, row.content, part.size());
    const auto report = deliver(Kind::mailbox, path, kNew);
    CHECK(delivered(report));
    CHECK(report.warnings.size() == row.warnings);
    CHECK(home.read("box") == row.content + stored(kNew));
    CHECK_FALSE(has_note(path));
  }
}

TEST_CASE("a note that this program did not write counts for nothing") {
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const std::string part = stored(large_text()).substr(0, 1000);
  const std::string notes[] = {"",
                               "x",
                               "1 0 100000 " + test::mbox_head(),
                               "1 39 5000",
                               "2 39 5000 From ",
                               "1 39 100 From ",
                               std::string(3000, '1')};
  for (const std::string& note : notes) {
    CAPTURE(note);
    const auto path = home.write("box", kOld + part);
    REQUIRE(::setxattr(path.c_str(), kAttribute, note.data(), note.size(), 0) == 0);
    CHECK(delivered(deliver(Kind::mailbox, path, kNew)));
    CHECK(home.read("box") == kOld + part + stored(kNew));
    CHECK_FALSE(has_note(path));
  }
}

TEST_CASE("without extended attributes mail is delivered as with them") {
  static SystemCalls calls;
  calls = real_system();
  calls.set_attribute = [](int, const char*, const void*, std::size_t, int) {
    errno = ENOTSUP;
    return -1;
  };
  const test::Home home;
  const auto path = home.write("box", kOld);
  const auto report = deliver(Kind::mailbox, path, kNew, calls);
  CHECK(delivered(report));
  CHECK(report.warnings.empty());
  CHECK(home.read("box") == kOld + stored(kNew));
}

TEST_CASE("a note that cannot be removed takes its message back") {
  static SystemCalls calls;
  calls = real_system();
  calls.remove_attribute = [](int, const char*) {
    errno = EIO;
    return -1;
  };
  const test::Home home;
  if (!has_notes(home)) {
    return;
  }
  const auto path = home.write("box", kOld);
  CHECK(test::line_of(deliver(Kind::mailbox, path, kNew, calls).status, path) ==
        "4.3.0 cannot update mailbox PATH for user user. cannot remove the note of an append: "
        "Input/output error");
  CHECK(home.read("box") == kOld);
}

}  // namespace lastmile
