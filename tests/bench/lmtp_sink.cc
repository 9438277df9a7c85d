// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/lmtp_sink.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace lastmile::bench {
namespace {

/// One connection at a time is enough: the benchmarks deliver one message after the other.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  void serve() {
    replies_ = "220 sink.example LMTP\r\n";
    while (flush() && !closing_ && receive()) {
      take_all();
    }
  }

 private:
  bool receive() {
    char buffer[65536];
    const ssize_t count = read(fd_, buffer, sizeof buffer);
    if (count > 0) {
      input_.append(buffer, static_cast<std::size_t>(count));
    }
    return count > 0;
  }

  bool flush() {
    const bool done =
        write(fd_, replies_.data(), replies_.size()) == static_cast<ssize_t>(replies_.size());
    replies_.clear();
    return done;
  }

  void take_all() {
    for (;;) {
      const std::size_t end = input_.find(in_content_ ? "\r\n.\r\n" : "\r\n");
      if (end == std::string::npos) {
        return;
      }
      if (in_content_) {
        end_content();
        input_.erase(0, end + 5);
      } else {
        take_command(std::string_view(input_).substr(0, end));
        input_.erase(0, end + 2);
      }
    }
  }

  void end_content() {
    in_content_ = false;
    for (; recipients_ > 0; --recipients_) {
      replies_ += "250 2.0.0 Ok\r\n";
    }
  }

  void take_command(std::string_view command) {
    const std::string_view verb = command.substr(0, 4);
    if (verb == "LHLO") {
      replies_ +=
          "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n";
    } else if (verb == "DATA") {
      in_content_ = true;
      replies_ += "354 Go on\r\n";
    } else if (verb == "QUIT") {
      closing_ = true;
      replies_ += "221 2.0.0 Bye\r\n";
    } else {
      recipients_ += verb == "RCPT" ? 1 : 0;
      replies_ += "250 2.0.0 Ok\r\n";
    }
  }

  int fd_ = -1;
  std::string input_;
  std::string replies_;
  int recipients_ = 0;
  bool in_content_ = false;
  bool closing_ = false;
};

[[noreturn]] void serve_forever(int listener) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  static_cast<void>(signal(SIGPIPE, SIG_IGN));
  for (;;) {
    const int fd = accept(listener, nullptr, nullptr);
    Connection(fd).serve();
    close(fd);
  }
}

}  // namespace

LmtpSink::LmtpSink(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 64) != 0 || (pid_ = fork()) < 0) {
    throw std::runtime_error("cannot listen on " + path);
  }
  if (pid_ == 0) {
    serve_forever(listener);
  }
  close(listener);
}

LmtpSink::~LmtpSink() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace lastmile::bench
