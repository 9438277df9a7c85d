// SPDX-License-Identifier: Apache-2.0
#include "tests/support/answer_server.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace lastmile::test {
namespace {

int bind_socket(const std::string& listen, int& port) {
  const bool is_inet = listen == "inet";
  const int fd = ::socket(is_inet ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in inet = {};
  inet.sin_family = AF_INET;
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_un local = {};
  local.sun_family = AF_UNIX;
  if (!is_inet && listen.size() >= sizeof local.sun_path) {
    throw std::invalid_argument("the path of a socket is too long: " + listen);
  }
  std::memcpy(local.sun_path, listen.c_str(), is_inet ? 0 : listen.size() + 1);
  const auto* address = is_inet ? reinterpret_cast<const sockaddr*>(&inet)
                                : reinterpret_cast<const sockaddr*>(&local);
  socklen_t size = is_inet ? sizeof inet : sizeof local;
  if (::bind(fd, address, size) != 0) {
    throw std::runtime_error("cannot bind " + listen);
  }
  if (is_inet) {
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&inet), &size);
    port = ntohs(inet.sin_port);
  }
  return fd;
}

[[noreturn]] void serve_for_ever(int socket, const std::function<void(int)>& serve) {
  static_cast<void>(::signal(SIGCHLD, SIG_IGN));  // It fails for what is no signal.
  for (;;) {
    const int connection = ::accept(socket, nullptr, nullptr);
    if (connection >= 0 && ::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(socket);
      serve(connection);
      ::_exit(0);
    }
    ::close(connection);
  }
}

}  // namespace

AnswerServer::AnswerServer(const std::string& listen, const std::function<void(int)>& serve) {
  const int socket = bind_socket(listen, port_);
  if (::listen(socket, 16) != 0) {
    throw std::runtime_error("cannot listen on " + listen);
  }
  child_ = ::fork();
  if (child_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve_for_ever(socket, serve);
  }
  ::setpgid(child_, child_);
  ::close(socket);
}

AnswerServer::~AnswerServer() {
  ::kill(-child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::string read_until(int connection, char end) {
  std::string text;
  char octet = 0;
  while (::read(connection, &octet, 1) == 1) {
    text += octet;
    if (octet == end) {
      break;
    }
  }
  return text;
}

std::string read_count(int connection, std::size_t count) {
  std::string text;
  char octet = 0;
  while (text.size() < count && ::read(connection, &octet, 1) == 1) {
    text += octet;
  }
  return text;
}

void write_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int closed_port() {
  int port = 0;
  ::close(bind_socket("inet", port));
  return port;
}

}  // namespace lastmile::test
