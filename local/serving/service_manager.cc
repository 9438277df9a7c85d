// SPDX-License-Identifier: Apache-2.0
#include "local/serving/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "aliases/whole_number.h"

namespace lastmile {

namespace {

constexpr int kFirstActivated = 3;
constexpr int kMostActivated = 100;

/// A number of the environment that is meant for this process: NAME_PID, where it is set, says so.
template <class Number>
std::optional<Number> own_number(const char* name, const char* pid_name) {
  const char* const pid = std::getenv(pid_name);
  const char* const value = std::getenv(name);
  if (value == nullptr || (pid != nullptr && whole_number<pid_t>(pid) != ::getpid())) {
    return std::nullopt;
  }
  return whole_number<Number>(value);
}

}  // namespace

std::vector<int> take_activated_sockets() {
  std::vector<int> sockets;
  const auto count = std::getenv("LISTEN_PID") == nullptr
                         ? std::nullopt
                         : own_number<int>("LISTEN_FDS", "LISTEN_PID");
  for (int i = 0; count && i < *count && i < kMostActivated; ++i) {
    const int flags = ::fcntl(kFirstActivated + i, F_GETFL);
    // A client that is gone before it is accepted must not stop those behind it.
    if (::fcntl(kFirstActivated + i, F_SETFD, FD_CLOEXEC) == 0 && flags >= 0 &&
        ::fcntl(kFirstActivated + i, F_SETFL, flags | O_NONBLOCK) == 0) {
      sockets.push_back(kFirstActivated + i);
    }
  }
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    (void)::unsetenv(name);
  }
  return sockets;
}

void notify_manager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::size_t size = path == nullptr ? 0 : std::strlen(path);
  if (size < 2 || size >= sizeof address.sun_path) {
    return;
  }
  std::memcpy(address.sun_path, path, size);
  if (address.sun_path[0] == '@') {
    address.sun_path[0] = '\0';  // In the abstract name space.
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return;
  }
  // It is told again, or has a limit of its own.
  (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
  (void)::close(socket);
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  const auto microseconds = own_number<std::int64_t>("WATCHDOG_USEC", "WATCHDOG_PID");
  if (!microseconds || *microseconds < 2000) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::microseconds(*microseconds / 2));
}

}  // namespace lastmile
