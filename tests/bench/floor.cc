// SPDX-License-Identifier: Apache-2.0
// The least that a process can do for each kind of work: the system calls alone, with nothing
// decided. Linked statically. What the benchmarks call "floor".
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace {

char buffer[65536];

/// Reads a file as a configuration is read, and prints one line.
int look_up(const char* file) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && read(fd, buffer, sizeof buffer) >= 0 && write(1, "found\n", 6) == 6;
  return done ? 0 : 1;
}

bool copy_all(int from, int to) {
  ssize_t count = 0;
  while ((count = read(from, buffer, sizeof buffer)) > 0) {
    if (write(to, buffer, static_cast<size_t>(count)) != count) {
      return false;
    }
  }
  return count == 0;
}

/// Stores standard input durably in a Maildir that exists.
int store(const std::string& maildir) {
  const std::string name = std::to_string(getpid()) + ".floor";
  const std::string temporary = maildir + "/tmp/" + name;
  const std::string stored = maildir + "/new/" + name;
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool done = fd >= 0 && copy_all(0, fd) && fsync(fd) == 0 && close(fd) == 0 &&
                    link(temporary.c_str(), stored.c_str()) == 0 && unlink(temporary.c_str()) == 0;
  return done ? 0 : 1;
}

bool say(int fd, const char* text) {
  return write(fd, text, std::strlen(text)) == static_cast<ssize_t>(std::strlen(text));
}

/// Hands standard input to an LMTP server whose every reply is one packet and is yes.
int hand_over(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto answered = [fd] { return read(fd, buffer, sizeof buffer) > 0; };
  const bool done =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && answered() &&
      say(fd, "LHLO floor\r\n") && answered() && say(fd, "MAIL FROM:<a@example.com>\r\n") &&
      answered() && say(fd, "RCPT TO:<b@example.com>\r\n") && answered() && say(fd, "DATA\r\n") &&
      answered() && copy_all(0, fd) && say(fd, "\r\n.\r\n") && answered() && say(fd, "QUIT\r\n");
  return done ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "look-up") == 0) {
    return look_up(argv[2]);
  }
  if (argc == 3 && std::strcmp(argv[1], "store") == 0) {
    return store(argv[2]);
  }
  if (argc == 3 && std::strcmp(argv[1], "hand-over") == 0) {
    return hand_over(argv[2]);
  }
  return 64;
}
