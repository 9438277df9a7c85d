// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/sites.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace lastmile::test {
namespace {

constexpr uid_t kUser = 2001;
constexpr gid_t kMailGroup = 8;

constexpr std::string_view kBegin = "BEGIN of the message\n";
constexpr std::string_view kEnd = "END of the message\n";
constexpr std::string_view kOld = "From a@b  Sat Nov 21 02:56:11 2026\n\nold mail\n\n";

/// Longer than what is kept in memory, and than one write.
std::string message_text() {
  // An old one, as it comes back: of a new one with one destination nothing is written down.
  std::string text =
      "Received: by mx.example.com; Thu, 1 Jan 2026 00:00:00 +0000\nSubject: faults\n\n";
  text += kBegin;
  while (text.size() < 150'000) {
    text += "a line of text that is neither short nor long\n";
  }
  return text.append(kEnd);
}

int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The body, as it arrives; a server gets lines that end in CRLF, and keeps them as they came.
std::string body() {
  const std::string text = message_text();
  return text.substr(text.find(kBegin));
}

Copies copies_in_mailbox(const std::filesystem::path& path) {
  Copies copies;
  if (!std::filesystem::exists(path)) {
    return copies;
  }
  const std::string content = content_of(path);
  const int whole = count_of(content, body());
  copies.fewest = whole;
  copies.most = whole;
  copies.torn = count_of(content, "\nSubject: faults\n") - whole;
  // Nothing may stand between and behind the messages.
  const int messages = count_of("\n" + content, "\nFrom ");
  copies.torn += std::max(0, messages - whole - (content.starts_with(kOld) ? 1 : 0));
  copies.torn += content.empty() || content.ends_with("\n\n") ? 0 : 1;
  return copies;
}

Copies copies_in_files(const std::filesystem::path& directory) {
  Copies copies;
  if (!std::filesystem::exists(directory)) {
    return copies;
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("part.")) {
      continue;
    }
    std::string content = content_of(entry.path());
    std::erase(content, '\r');
    const bool is_whole = content.find(body()) != std::string::npos;
    const bool is_report = content.find("multipart/report") != std::string::npos;
    copies.reports += is_report ? 1 : 0;
    copies.fewest += is_whole && !is_report ? 1 : 0;
    copies.torn += is_whole || is_report ? 0 : 1;
  }
  copies.most = copies.fewest;
  return copies;
}

/// Gives a directory to the user, or leaves it root's.
std::string make(const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
  std::filesystem::create_directories(path);
  if (chown(path.c_str(), uid, gid) != 0 || chmod(path.c_str(), mode) != 0) {
    throw std::runtime_error("cannot give " + path + " away");
  }
  return path;
}

// A small LMTP server, in a process of its own.

class LmtpConversation {
 public:
  LmtpConversation(int socket, std::string directory)
      : socket_(socket), directory_(std::move(directory)) {}

  void run(int number) {
    say("220 server.test LMTP\r\n");
    std::string line;
    while (take_line(line)) {
      if (line.starts_with("LHLO")) {
        say("250-server.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
      } else if (line.starts_with("DATA")) {
        say("354 go on\r\n");
        take_content(number);
      } else if (line.starts_with("QUIT")) {
        say("221 2.0.0 bye\r\n");
        return;
      } else {
        say("250 2.1.0 ok\r\n");
      }
    }
  }

 private:
  void say(std::string_view text) const {
    (void)!send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  bool take_line(std::string& line) {
    for (;;) {
      if (const auto end = input_.find("\r\n"); end != std::string::npos) {
        line = input_.substr(0, end);
        input_.erase(0, end + 2);
        return true;
      }
      std::array<char, 65536> piece = {};
      const ssize_t count = recv(socket_, piece.data(), piece.size(), 0);
      if (count <= 0) {
        return false;
      }
      input_.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

  void take_content(int number) {
    std::string content;
    std::string line;
    while (take_line(line)) {
      if (line == ".") {
        std::ofstream(directory_ + "/got." + std::to_string(number), std::ios::binary) << content;
        say("250 2.0.0 saved\r\n");
        return;
      }
      content += line + "\r\n";
    }
  }

  int socket_;
  std::string directory_;
  std::string input_;
};

[[noreturn]] void serve(int listener, const std::string& directory) {
  for (int number = 0;; ++number) {
    const int socket = accept(listener, nullptr, nullptr);
    if (socket >= 0) {
      LmtpConversation(socket, directory).run(number);
      close(socket);
    }
  }
}

}  // namespace

const std::vector<Way>& all_ways() {
  static const std::vector<Way> kWays = {
      {"mbox in a home", "alice", "home_mailbox = mbox\n", {"mbox home/mbox"}},
      {"mbox, spool 1777",
       "alice",
       "mail_spool_directory = DIR/spool\n",
       {"mbox spool/alice"},
       01777,
       26},
      {"mbox, spool 2775",
       "alice",
       "mail_spool_directory = DIR/spool\n",
       {"mbox spool/alice"},
       02775,
       26},
      {"mbox, spool 0755",
       "alice",
       "mail_spool_directory = DIR/spool\n",
       {"mbox spool/alice"},
       0755,
       26},
      {"Maildir", "alice", "home_mailbox = Maildir/\n", {"files home/Maildir/new"}, 0755, 23},
      {"file", "file", "", {"mbox out/file"}, 0755, 24},
      {"command", "command", "", {"files out"}, 0755, 25},
      {"pipe", "alice", "mailbox_transport = store:\n", {"files out"}, 0755, 25},
      {"lmtp", "alice", "mailbox_transport = lmtp:unix:DIR/socket\n", {"files got"}, 0755, 25},
      {"sendmail", "remote", "", {"files sent"}, 0755, 13},
      {"mix",
       "mix",
       "home_mailbox = Maildir/\n",
       {"files home/Maildir/new", "files out", "mbox drop/file", "files sent"},
       0755,
       90},
  };
  return kWays;
}

FaultSite::FaultSite(const Way& way, WithLedger ledger, std::string program)
    : way_(way), program_(std::move(program)) {
  chmod(directory_.path().c_str(), 0755);
  directory_.write("message", message_text());
  const std::string script =
      "#!/bin/sh\ncat >\"$0.d/part.$$\" && mv \"$0.d/part.$$\" \"$0.d/got.$$\"\n";
  for (const char* name : {"store", "sendmail"}) {
    directory_.write(name, script, 0755);
  }
  lay_out();
  // A script finds its directory by its own name.
  std::filesystem::create_directory_symlink(directory_.path("out"), directory_.path("store.d"));
  std::filesystem::create_directory_symlink(directory_.path("sent"), directory_.path("sendmail.d"));
  write_configuration(ledger);
  if (way_.parameters.find("lmtp:") != std::string_view::npos) {
    start_server();
  }
}

FaultSite::~FaultSite() {
  if (server_ > 0) {
    kill(server_, SIGKILL);
  }
}

std::string FaultSite::in_place(std::string_view text) const {
  std::string result(text);
  for (auto at = result.find("DIR"); at != std::string::npos; at = result.find("DIR")) {
    result.replace(at, 3, directory_.path());
  }
  return result;
}

void FaultSite::write_configuration(WithLedger ledger) const {
  const std::string uid = std::to_string(kUser);
  // Which release is here is not asked for: that is a program of its own.
  directory_.write("main.cf",
                   in_place("lastmile_postfix_version = 3.7.11\nalias_database =\n"
                            "myhostname = mail.example.com\nmyorigin = example.com\n"
                            "mydestination = example.com\nalias_maps = texthash:DIR/aliases\n"
                            "lastmile_log = stderr\ndefault_privs = alice\n"
                            "stale_lock_time = 1s\ndeliver_lock_delay = 1s\n"
                            "deliver_lock_attempts = 5\ncommand_time_limit = 20s\n"
                            "allow_mail_to_files = alias\nsendmail_path = DIR/sendmail\n"
                            "mail_owner = nobody\nqueue_directory = DIR\n"
                            "lastmile_account_maps = inline:{ {alice = alice:x:" +
                            uid + ":" + uid + "::DIR/home:/bin/sh} }\nlastmile_ledger = " +
                            (ledger == WithLedger::yes ? "DIR/ledger/ledger.sqlite" : "") + "\n" +
                            std::string(way_.parameters)));
  directory_.write("master.cf", in_place("local unix - n n - - local\nlmtp unix - - n - - lmtp\n"
                                         "store unix - n n - - pipe user=alice argv=DIR/store\n"));
  directory_.write(
      "aliases", in_place("file DIR/out/file\ncommand \"|DIR/store\"\n"
                          "remote someone@elsewhere.example\n"
                          "mix alice, \"|DIR/store\", DIR/drop/file, someone@elsewhere.example\n"));
}

void FaultSite::lay_out() const {
  for (const char* name : {"home", "spool", "out", "drop", "sent", "got", "ledger"}) {
    std::filesystem::remove_all(directory_.path(name));
  }
  make(directory_.path("home"), 0755, kUser, kUser);
  make(directory_.path("spool"), way_.spool_mode, 0, kMailGroup);
  make(directory_.path("out"), 0755, kUser, kUser);
  make(directory_.path("drop"), 0755, kUser, kUser);
  make(directory_.path("sent"), 0755, 0, 0);
  make(directory_.path("got"), 0755, 0, 0);
  make(directory_.path("ledger"), 0700, 0, 0);
  if (way_.name == "mbox in a home") {
    const std::string old = directory_.write("home/mbox", kOld, 0600);
    if (chown(old.c_str(), kUser, kUser) != 0) {
      throw std::runtime_error("cannot give the mailbox away");
    }
  }
}

std::vector<std::string> FaultSite::command() const {
  return {program_,
          "-C",
          directory_.path(),
          "deliver",
          "--queue-id",
          "4FAULTS",
          "-f",
          "sender@remote.example",
          "--",
          std::string(way_.recipient) + "@example.com"};
}

Copies FaultSite::copies_at(std::string_view place) const {
  const auto blank = place.find(' ');
  const std::string path = directory_.path(place.substr(blank + 1));
  return place.starts_with("mbox") ? copies_in_mailbox(path) : copies_in_files(path);
}

Copies FaultSite::copies() const {
  Copies all = {.fewest = 1000};
  for (const std::string_view place : way_.places) {
    const Copies there = copies_at(place);
    all.fewest = std::min(all.fewest, there.fewest);
    all.most = std::max(all.most, there.most);
    all.torn += there.torn;
    all.reports += there.reports;
  }
  return all;
}

void FaultSite::start_server() {
  const std::string path = directory_.path("socket");
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0777) != 0 || listen(listener, 20) != 0) {
    throw std::runtime_error("cannot listen on " + path);
  }
  server_ = fork();
  if (server_ == 0) {
    serve(listener, directory_.path("got"));
  }
  close(listener);
}

}  // namespace lastmile::test
