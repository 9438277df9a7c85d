// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/mailbox_agent.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/transports/agents_fixture.h"

namespace lastmile {
namespace {

constexpr std::string_view kMessage = "Subject: x\n\nFrom here\nlast";
constexpr std::string_view kStored = "Subject: x\n\n>From here\nlast\n\n";
constexpr std::string_view kOld = "From a  Sat Nov 21 02:56:11 2026\n\nold\n\n";

std::string stored() {
  return test::mbox_head() + std::string(kStored);
}

/// Delivers to `path` as a mailbox of somebody().
AgentReport to_mailbox(const std::string& path, const Settings& settings,
                       std::string_view text = kMessage, bool in_spool = false) {
  const Job job = test::job_for(test::somebody());
  return deliver_to_mailbox(Mailbox{path, in_spool}, job, test::message_of(text),
                            test::context_of(settings));
}

AgentReport to_file(const std::string& path, std::string_view text = kMessage,
                    const Settings& settings = test::delivery_settings()) {
  const Job job = test::job_for(test::somebody());
  return deliver_to_file(File{path}, job, test::message_of(text), test::context_of(settings));
}

/// Owner, group and permission bits: "2001:2001 600".
std::string attributes(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) {
    return "none";
  }
  std::ostringstream text;
  text << status.st_uid << ':' << status.st_gid << ' ' << std::oct << (status.st_mode & 07777U);
  return text.str();
}

std::string attributes_of_somebody(const std::string& mode) {
  const Rights rights = test::somebody();
  return std::to_string(rights.uid) + ':' + std::to_string(rights.gid) + ' ' + mode;
}

}  // namespace

TEST_CASE("a mailbox is created, then appended to") {
  const test::Home home;
  const Settings settings = test::delivery_settings();
  const auto path = home.path("box");
  const auto first = to_mailbox(path, settings);
  CHECK(test::line_of(first.status, path) == "2.0.0 delivered to mailbox");
  CHECK(first.warnings.empty());
  CHECK(home.read("box") == stored());
  CHECK(attributes(path) == attributes_of_somebody("600"));
  CHECK(test::line_of(to_mailbox(path, settings).status, path) == "2.0.0 delivered to mailbox");
  CHECK(home.read("box") == stored() + stored());
  CHECK(home.names(".") == std::vector<std::string>{"box"});
}

TEST_CASE("biff is told where a new message begins in a mailbox, and of nothing else") {
  const int listener = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(listener >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto heard = [&] {
    std::string notice(100, 'x');
    const ssize_t count = ::recv(listener, notice.data(), notice.size(), MSG_DONTWAIT);
    return count < 0 ? "nothing" : notice.substr(0, static_cast<std::size_t>(count));
  };

  const test::Home home;
  Settings settings = test::delivery_settings();
  AgentContext context = test::context_of(settings);
  context.biff_port = ntohs(address.sin_port);
  const Job job = test::job_for(test::somebody());
  const auto deliver = [&](bool in_spool) {
    const auto report = deliver_to_mailbox(Mailbox{home.path("box"), in_spool}, job,
                                           test::message_of(kMessage), context);
    CHECK(report.status.outcome == DeliveryStatus::Outcome::delivered);
    CHECK(report.warnings.empty());
  };
  deliver(false);
  CHECK(heard() == "nothing");
  settings.biff.value = true;
  deliver(false);
  CHECK(heard() == "user@" + std::to_string(stored().size()) + std::string(1, '\0'));
  if (is_root()) {
    // Opened by root, written by the user.
    deliver(true);
    CHECK(heard() == "user@" + std::to_string(2 * stored().size()) + std::string(1, '\0'));
  }
  REQUIRE(::chmod(home.path("box").c_str(), 0) == 0);
  CHECK_FALSE(
      deliver_to_mailbox(Mailbox{home.path("box"), false}, job, test::message_of(kMessage), context)
          .status.outcome == DeliveryStatus::Outcome::delivered);
  (void)deliver_to_file(File{home.path("file")}, job, test::message_of(kMessage), context);
  CHECK(heard() == "nothing");
  CHECK(::close(listener) == 0);
}

TEST_CASE("what stands in the place of a mailbox decides, in the words of Postfix") {
  using Prepare = std::function<void(const test::Home&, const std::string& path)>;
  struct Row {
    const char* name;
    Prepare prepare;
    std::string_view expected;
  };
  const std::string user = "cannot update mailbox PATH for user user. ";
  const Row rows[] = {
      {"second hard link",
       [](const test::Home& home, const std::string& path) {
         home.write("box", kOld);
         REQUIRE(::link(path.c_str(), home.path("other").c_str()) == 0);
       },
       "5.2.0 cannot update mailbox PATH for user user. file has 2 hard links"},
      {"symbolic link of the user",
       [](const test::Home& home, const std::string& path) {
         home.write("target", kOld);
         REQUIRE(::symlink(home.path("target").c_str(), path.c_str()) == 0);
         const Rights rights = test::somebody();
         REQUIRE((::lchown(path.c_str(), rights.uid, rights.gid) == 0 || !is_root()));
       },
       "5.2.0 cannot update mailbox PATH for user user. file is a symbolic link"},
      {"dangling symbolic link",
       [](const test::Home& home, const std::string& path) {
         REQUIRE(::symlink(home.path("nowhere").c_str(), path.c_str()) == 0);
       },
       "5.2.0 cannot update mailbox PATH for user user. cannot open file: No such file or "
       "directory"},
      {"directory",
       [](const test::Home&, const std::string& path) {
         REQUIRE(::mkdir(path.c_str(), 0777) == 0);
       },
       "5.2.0 cannot update mailbox PATH for user user. cannot open file: Is a directory"},
      {"FIFO without a reader",
       [](const test::Home&, const std::string& path) {
         REQUIRE(::mkfifo(path.c_str(), 0666) == 0);
         REQUIRE(::chmod(path.c_str(), 0666) == 0);
       },
       "5.2.0 cannot update mailbox PATH for user user. cannot open file: No such device or "
       "address"},
      {"read-only", [](const test::Home& home, const std::string&) { home.write("box", "", 0400); },
       "5.2.0 cannot update mailbox PATH for user user. cannot open file: Permission denied"},
      {"lock file of somebody",
       [](const test::Home& home, const std::string&) { home.write("box.lock", ""); },
       "4.2.0 cannot update mailbox PATH for user user. unable to create lock file PATH.lock: File "
       "exists"},
      {"lock file with an old modification time",
       [](const test::Home& home, const std::string&) {
         home.write("box.lock", "");
         const timespec old[2] = {{1000, 0}, {1000, 0}};
         REQUIRE(::utimensat(AT_FDCWD, home.path("box.lock").c_str(), old, 0) == 0);
       },
       "4.2.0 cannot update mailbox PATH for user user. unable to create lock file PATH.lock: File "
       "exists"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const test::Home home;
    const auto path = home.path("box");
    row.prepare(home, path);
    const auto before = home.names(".");
    const auto attributes_before = attributes(path);
    const auto report = to_mailbox(path, test::delivery_settings());
    CHECK(test::line_of(report.status, path) == row.expected);
    CHECK(home.names(".") == before);
    CHECK(attributes(path) == attributes_before);
  }
}

TEST_CASE("a FIFO with a reader is no mailbox, but may be a file") {
  const test::Home home;
  const auto path = home.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0666) == 0);
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  CHECK(test::line_of(to_mailbox(path, test::delivery_settings()).status, path) ==
        "5.2.0 cannot update mailbox PATH for user user. destination PATH is not a regular file");
  CHECK(test::line_of(to_file(path).status, path) == "2.0.0 delivered to file: PATH");
  std::string got(4096, '\0');
  const ssize_t count = ::read(reader, got.data(), got.size());
  REQUIRE(count > 0);
  got.resize(static_cast<std::size_t>(count));
  CHECK(got == stored());
  CHECK(::close(reader) == 0);
}

TEST_CASE("a missing directory is reported as a lock file that cannot be made") {
  const test::Home home;
  const auto path = home.path("sub/box");
  for (const bool in_spool : {false, true}) {
    const auto report = to_mailbox(path, test::delivery_settings(), kMessage, in_spool);
    CHECK(test::line_of(report.status, path) ==
          "5.2.0 cannot update mailbox PATH for user user. unable to create lock file PATH.lock: "
          "No such file or directory");
  }
  Settings without_dotlock = test::delivery_settings();
  without_dotlock.mailbox_delivery_lock.value = {"fcntl"};
  CHECK(test::line_of(to_mailbox(path, without_dotlock).status, path) ==
        "5.2.0 cannot update mailbox PATH for user user. cannot create file exclusively: No such "
        "file or directory");
}

TEST_CASE("the size limit bounces, and the file is as long as before") {
  const test::Home home;
  Settings settings = test::delivery_settings();
  settings.mailbox_size_limit.value = static_cast<std::int64_t>(stored().size()) * 2 - 1;
  const auto path = home.path("box");
  CHECK(to_mailbox(path, settings).status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK(test::line_of(to_mailbox(path, settings).status, path) ==
        "5.2.2 cannot update mailbox PATH for user user. error writing message: File too large");
  CHECK(home.read("box") == stored());
  settings.mailbox_size_limit.value += 1;
  CHECK(to_mailbox(path, settings).status.outcome == DeliveryStatus::Outcome::delivered);
  settings.mailbox_size_limit.value = 0;
  CHECK(to_mailbox(path, settings).status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK(home.read("box") == stored() + stored() + stored());
}

TEST_CASE("a large message that exceeds the limit half-way leaves nothing") {
  const test::Home home;
  Settings settings = test::delivery_settings();
  settings.mailbox_size_limit.value = 700000;
  const auto path = home.write("box", kOld);
  const std::string text(1000000, 'x');
  CHECK(to_mailbox(path, settings, text).status.code == "5.2.2"_dsn);
  CHECK(home.read("box") == kOld);
}

TEST_CASE("files are appended to as mailboxes are") {
  const test::Home home;
  const auto path = home.path("a, b@c");
  CHECK(test::line_of(to_file(path).status, path) == "2.0.0 delivered to file: PATH");
  CHECK(home.read("a, b@c") == stored());
  CHECK(test::line_of(to_file("/dev/null").status, "/dev/null") == "2.0.0 delivered to file: PATH");
  CHECK(test::line_of(to_file("/dev/full").status, "/dev/full") ==
        "4.3.0 cannot append message to file PATH: error writing message: No space left on device");
  CHECK(test::line_of(to_file(home.path()).status, home.path()) ==
        "5.2.0 cannot append message to file PATH: cannot open file: Is a directory");
  const auto missing = home.path("missing/file");
  const auto report = to_file(missing);
  CHECK(test::line_of(report.status, missing) ==
        "5.2.0 cannot append message to file PATH: cannot create file exclusively: No such file or "
        "directory");
  CHECK(report.warnings == std::vector<std::string>{"unable to create lock file " + missing +
                                                    ".lock: No such file or directory"});
}

TEST_CASE("an executable file is never appended to") {
  const test::Home home;
  for (const mode_t mode : {0700U, 0610U, 0601U}) {
    const auto path = home.write("program", kOld, mode);
    CHECK(test::line_of(to_file(path).status, path) ==
          "5.7.1 cannot append message to file PATH: file is executable");
    CHECK(home.read("program") == kOld);
  }
}

TEST_CASE("root is never the one who appends to a file") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  for (const Rights& rights :
       {Rights{0, 0, {}, "root"}, Rights{2001, 0, {}, "user"}, Rights{0, 2001, {}, "root"}}) {
    const auto report =
        deliver_to_file(File{directory.path("box")}, test::job_for(rights),
                        test::message_of(kMessage), test::context_of(test::delivery_settings()));
    CHECK(report.status.code == "4.3.5"_dsn);
    CHECK_FALSE(directory.exists("box"));
  }
}

TEST_CASE("the mailbox of root is written by root") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  const Settings settings = test::delivery_settings();
  const auto path = directory.path("root");
  const auto report =
      deliver_to_mailbox(Mailbox{path, true}, test::job_for(Rights{0, 0, {}, "root"}),
                         test::message_of(kMessage), test::context_of(settings));
  CHECK(report.status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK(attributes(path) == "0:0 600");

  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(::chown(directory.path().c_str(), 0, 8) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 02755) == 0);
  (void)deliver_to_mailbox(Mailbox{path, true}, test::job_for(Rights{0, 0, {}, "root"}),
                           test::message_of(kMessage), test::context_of(settings));
  CHECK(attributes(path) == "0:8 600");
}

TEST_CASE("the mode of the spool directory says who makes the mailbox") {
  if (!test::running_as_root()) {
    return;
  }
  struct Row {
    mode_t mode;
    gid_t group;
    std::string_view attributes;
  };
  for (const Row& row : {Row{01777, 0, "2001:2001 600"}, Row{02775, 8, "2001:8 600"},
                         Row{0775, 8, "2001:8 600"}, Row{0755, 0, "2001:2001 600"}}) {
    CAPTURE(row.mode);
    const test::TemporaryDirectory directory;
    const auto spool = directory.make_directory("spool");
    REQUIRE(::chown(spool.c_str(), 0, row.group) == 0);
    REQUIRE(::chmod(spool.c_str(), row.mode) == 0);
    const auto path = spool + "/user";
    for (const int copies : {1, 2}) {
      const auto report = to_mailbox(path, test::delivery_settings(), kMessage, true);
      CHECK(test::line_of(report.status, path) == "2.0.0 delivered to mailbox");
      CHECK(attributes(path) == row.attributes);
      CHECK(directory.read("spool/user") == (copies == 1 ? stored() : stored() + stored()));
      CHECK_FALSE(directory.exists("spool/user.lock"));
    }
  }
}

TEST_CASE("in a spool where only root may create, root opens what the user cannot") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  directory.make_directory("spool");
  const auto path = directory.write("spool/user", "", 0400);
  REQUIRE(::chown(path.c_str(), 2001, 2001) == 0);
  CHECK(to_mailbox(path, test::delivery_settings(), kMessage, true).status.outcome ==
        DeliveryStatus::Outcome::delivered);
  CHECK(directory.read("spool/user") == stored());
  // The same file in a home belongs to the user's own rights.
  CHECK(to_mailbox(path, test::delivery_settings(), kMessage, false).status.code == "5.2.0"_dsn);
}

TEST_CASE("a mailbox of another owner defers, unless that is allowed") {
  if (!test::running_as_root()) {
    return;
  }
  const test::Home home;
  const auto path = home.write("box", kOld, 0666);
  REQUIRE(::chown(path.c_str(), 2002, 2002) == 0);
  Settings settings = test::delivery_settings();
  const auto report = to_mailbox(path, settings);
  CHECK(test::line_of(report.status, path) ==
        "4.2.0 cannot update mailbox PATH for user user. destination PATH is not owned by "
        "recipient");
  CHECK(report.warnings ==
        std::vector<std::string>{
            R"(specify "strict_mailbox_ownership = no" to ignore mailbox ownership mismatch)"});
  CHECK(home.read("box") == kOld);
  settings.strict_mailbox_ownership.value = false;
  CHECK(to_mailbox(path, settings).status.outcome == DeliveryStatus::Outcome::delivered);
  CHECK(home.read("box") == std::string(kOld) + stored());
}

TEST_CASE("a symbolic link of root counts only in a directory that others cannot write to") {
  if (!test::running_as_root()) {
    return;
  }
  for (const auto& [mode, delivered] : {std::pair{0755U, true}, std::pair{02775U, false}}) {
    const test::TemporaryDirectory directory;
    directory.make_directory("spool", mode);
    const auto target = directory.write("moved", "", 0600);
    REQUIRE(::chown(target.c_str(), 2001, 2001) == 0);
    const auto path = directory.path("spool/user");
    REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
    const auto report = to_mailbox(path, test::delivery_settings(), kMessage, true);
    CHECK(test::line_of(report.status, path) ==
          (delivered ? "2.0.0 delivered to mailbox"
                     : "5.2.0 cannot update mailbox PATH for user user. file is a symbolic link"));
    CHECK(directory.read("moved") == (delivered ? stored() : ""));
  }
}

TEST_CASE("a file needs the rights to append, not to make a lock file beside it") {
  if (!test::running_as_root()) {
    return;
  }
  const test::TemporaryDirectory directory;
  const auto path = directory.write("box", "", 0666);
  const auto report = to_file(path);
  CHECK(test::line_of(report.status, path) == "2.0.0 delivered to file: PATH");
  CHECK(report.warnings == std::vector<std::string>{"unable to create lock file " + path +
                                                    ".lock: Permission denied"});
  const auto foreign = to_file(directory.write("private", "", 0600));
  CHECK(foreign.status.code == "5.2.0"_dsn);
}

TEST_CASE("an ordinary user says whose rights were missing") {
  if (!test::running_as_root()) {
    return;
  }
  const test::Home home;
  const auto spool = home.path("spool");
  REQUIRE(::mkdir(spool.c_str(), 0755) == 0);
  const auto path = spool + "/user";
  // As the uid of somebody() for good: the agents then run as they do without root.
  const auto act = [&]() -> AgentReport {
    AgentReport report = to_mailbox(path, test::delivery_settings(), kMessage, true);
    Job job = test::job_for(test::somebody_else());
    const auto other = deliver_to_mailbox(Mailbox{path, false}, job, test::message_of(kMessage),
                                          test::context_of(test::delivery_settings()));
    report.warnings = {other.status.text};
    return report;
  };
  const auto as_ordinary_user = perform_as(test::somebody(), act, std::chrono::minutes(1));
  CHECK(test::line_of(as_ordinary_user.status, path) ==
        "4.3.0 cannot update mailbox PATH for user user. unable to create lock file PATH.lock: "
        "Permission denied (the mode of " +
            spool + " asks for the rights of root, which this process has not)");
  CHECK(as_ordinary_user.warnings ==
        std::vector<std::string>{"this delivery needs the rights of other (uid 2002), and this "
                                 "process has those of uid 2001"});
}

}  // namespace lastmile
