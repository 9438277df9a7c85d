// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/server_stream.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "aliases/tables/table_file.h"

namespace lastmile {
namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

}  // namespace

ServerStream::ServerStream(World& world, const TablePolicy& policy, ServerAddress address,
                           std::chrono::seconds limit)
    : world_(world), address_(std::move(address)), limit_(limit) {
  if (policy.parameter) {
    queue_directory_ = policy.parameter("queue_directory").value_or("");
  }
}

ServerStream::~ServerStream() {
  close();
}

void ServerStream::close() {
  if (socket_ >= 0) {
    ::close(std::exchange(socket_, -1));
  }
  received_.clear();
}

Error ServerStream::failed(std::string reason) {
  close();
  return unavailable(to_string(address_) + ": " + std::move(reason));
}

Result<Ok> ServerStream::open() {
  if (is_open()) {
    return Ok{};
  }
  closed_by_server_ = false;
  limit_.start();
  if (const auto* server = std::get_if<HostAndPort>(&address_)) {
    if (!world_.is_on_network()) {
      return failed(not_on_network().text);
    }
    return connect_to(*server);
  }
  std::string path = std::get<SocketPath>(address_).path;
  if (!path.starts_with('/') && !queue_directory_.empty()) {
    path = queue_directory_ + "/" + path;  // Where the daemons of Postfix stand.
  }
  const auto host_path = host_path_of(world_, path);
  if (!host_path) {
    return failed(host_path.error().text);
  }
  return connect_to(*host_path);
}

Result<Ok> ServerStream::connect_to(const std::string& host_path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (host_path.size() >= sizeof address.sun_path) {
    return failed("the path is too long for a socket");
  }
  std::copy(host_path.begin(), host_path.end(), address.sun_path);
  return connect_socket(AF_UNIX, &address, sizeof address);
}

Result<Ok> ServerStream::connect_to(const HostAndPort& server) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int status = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(list);
  if (status != 0) {
    return failed(::gai_strerror(status));
  }
  Result<Ok> connected = failed("no address found");
  for (const addrinfo* each = list; each != nullptr && !connected; each = each->ai_next) {
    connected = connect_socket(each->ai_family, each->ai_addr, each->ai_addrlen);
  }
  return connected;
}

Result<Ok> ServerStream::connect_socket(int family, const void* address, unsigned length) {
  socket_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) {
    return failed(error_text(errno));
  }
  if (::connect(socket_, static_cast<const sockaddr*>(address), length) == 0) {
    return Ok{};
  }
  // EAGAIN: the queue of a UNIX-domain socket is full, and nothing tells when it no longer is.
  if (errno != EINPROGRESS) {
    return failed(error_text(errno));
  }
  if (auto waited = wait(POLLOUT); !waited) {
    return waited;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return failed(error_text(error != 0 ? error : errno));
  }
  return Ok{};
}

Result<Ok> ServerStream::wait(short events) {
  auto waited = limit_.wait(socket_, events);
  return waited ? waited : failed(waited.error().text);
}

Result<Ok> ServerStream::send(std::string_view request) {
  closed_by_server_ = false;
  received_.clear();
  limit_.start();
  while (!request.empty()) {
    const ssize_t sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      request.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (auto waited = wait(POLLOUT); !waited) {
        return waited;
      }
    } else {
      closed_by_server_ = errno == EPIPE || errno == ECONNRESET;
      return failed(error_text(errno));
    }
  }
  return Ok{};
}

Result<Ok> ServerStream::fill() {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(count));
      return Ok{};
    }
    if (count == 0 || errno == ECONNRESET) {
      closed_by_server_ = true;
      return failed("the server closed the connection");
    }
    if (errno != EAGAIN && errno != EINTR) {
      return failed(error_text(errno));
    }
    if (auto waited = wait(POLLIN); !waited) {
      return waited;
    }
  }
}

Result<std::string> ServerStream::read_until(char end, std::size_t max_bytes) {
  for (std::size_t searched = 0;;) {
    const std::size_t found = received_.find(end, searched);
    if (std::min(found, received_.size()) > max_bytes) {
      return failed("the reply is longer than " + std::to_string(max_bytes) + " octets");
    }
    if (found != std::string::npos) {
      std::string text = received_.substr(0, found);
      received_.erase(0, found + 1);
      return text;
    }
    searched = received_.size();
    if (auto filled = fill(); !filled) {
      return std::move(filled).error();
    }
  }
}

Result<std::string> ServerStream::read_line(std::size_t max_bytes) {
  auto line = read_until('\n', max_bytes);
  if (line && line->ends_with('\r')) {
    line->pop_back();
  }
  return line;
}

Result<std::string> ServerStream::read_exactly(std::size_t bytes) {
  while (received_.size() < bytes) {
    if (auto filled = fill(); !filled) {
      return std::move(filled).error();
    }
  }
  std::string text = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return text;
}

Result<std::string> ServerStream::ask_once(
    std::string_view request, const std::function<Result<std::string>(ServerStream&)>& read_reply) {
  if (auto opened = open(); !opened) {
    return std::move(opened).error();
  }
  if (auto sent = send(request); !sent) {
    return std::move(sent).error();
  }
  return read_reply(*this);
}

Result<std::string> ServerStream::ask(
    std::string_view request, const std::function<Result<std::string>(ServerStream&)>& read_reply) {
  auto reply = ask_once(request, read_reply);
  return reply || !closed_by_server_ ? reply : ask_once(request, read_reply);
}

}  // namespace lastmile
