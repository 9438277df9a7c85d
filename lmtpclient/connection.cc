// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "lmtpclient/idna.h"

namespace lastmile::lmtp {
namespace {

using std::chrono::milliseconds;
using Deadline = std::optional<Connection::Clock::time_point>;

/// Octets that are read at once, and that are encrypted at once: what one TLS record holds.
constexpr std::size_t kTlsRead = std::size_t{16} * 1024;
constexpr std::size_t kTlsWrite = std::size_t{16} * 1024;
/// Octets for the server above which nothing more is read from it.
constexpr std::size_t kMostBacklog = std::size_t{128} * 1024;
/// How much of what is TLS's own is read at a time, in pieces of kTlsRead.
constexpr int kMostPieces = 16;

std::string text_of(int error) {
  return std::generic_category().message(error);
}

Deadline deadline_after(milliseconds limit) {
  return limit > milliseconds::zero() ? Deadline(Connection::Clock::now() + limit) : std::nullopt;
}

/// What poll(2) takes: rounded up, so that it does not wake before the deadline.
int remaining_time(const Deadline& deadline) {
  if (!deadline) {
    return -1;
  }
  const auto left = std::chrono::ceil<milliseconds>(*deadline - Connection::Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

/// \return false when the deadline passed first
bool poll_until(int socket, short events, const Deadline& deadline) {
  pollfd entry{socket, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, remaining_time(deadline));
    // Any other error than EINTR shows again, and with its reason, when the socket is used.
    if (ready > 0 || (ready < 0 && errno != EINTR)) {
      return true;
    }
    if (ready == 0) {
      return false;
    }
  }
}

// ---- addresses

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

int family_of(const NetworkOptions& options) {
  if (options.use_ipv4 == options.use_ipv6) {
    return AF_UNSPEC;
  }
  return options.use_ipv4 ? AF_INET : AF_INET6;
}

/// Whether a host is an address of a kind that is not spoken.
bool is_unspoken_address(const std::string& host, const NetworkOptions& options) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return (!options.use_ipv6 && ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1) ||
         (!options.use_ipv4 && ::inet_pton(AF_INET, host.c_str(), address.data()) == 1);
}

FoundAddresses lookup_failure(const HostPort& server, const NetworkOptions& options, int error) {
  if (is_unspoken_address(server.host, options)) {
    return {
        {}, "5.4.4"_dsn, "Name service error for " + server.host + ": invalid host or domain name"};
  }
  if (error == EAI_SERVICE) {
    return {{}, "4.3.5"_dsn, "unknown service: " + server.port + "/tcp"};
  }
  const bool is_absent = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
  const bool is_refused = error == EAI_FAIL;
  if (options.native_lookup) {
    return {{},
            is_absent || is_refused ? "5.4.4"_dsn : "4.4.4"_dsn,
            "unable to look up host " + server.host + ": " + ::gai_strerror(error)};
  }
  const char* const type = family_of(options) == AF_INET6 ? "AAAA" : "A";
  std::string text = "Host or domain name not found. Name service error for name=" + server.host +
                     " type=" + type + ": ";
  if (is_absent) {
    return {{}, "5.4.4"_dsn, text + "Host not found"};
  }
  if (is_refused) {
    return {{}, "5.4.3"_dsn, text + "Non-recoverable error"};
  }
  return {{}, "4.4.3"_dsn, text + "Host not found, try again"};
}

ServerAddress make_address(const HostPort& server, const addrinfo& entry) {
  ServerAddress result;
  result.host = server.host;
  result.destination = server.written.empty() ? server.host : server.written;
  result.length = entry.ai_addrlen;
  std::memcpy(&result.socket_address, entry.ai_addr,
              std::min<std::size_t>(entry.ai_addrlen, sizeof result.socket_address));
  std::array<char, NI_MAXHOST> address{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(entry.ai_addr, entry.ai_addrlen, address.data(), address.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    result.address = address.data();
    result.port = port.data();
  }
  return result;
}

/// Puts the preferred family first; the order is kept otherwise.
void prefer(std::vector<ServerAddress>& addresses, AddressPreference preference) {
  if (preference == AddressPreference::any) {
    return;
  }
  const int family = preference == AddressPreference::ipv4 ? AF_INET : AF_INET6;
  std::stable_partition(addresses.begin(), addresses.end(), [&](const ServerAddress& address) {
    return address.socket_address.ss_family == family;
  });
}

// ---- connecting

/// A UNIX socket connects at once, or waits for room in the queue of the listener; that wait can
/// be limited only for a socket that blocks.
int connect_unix(int socket, const ServerAddress& server, milliseconds limit) {
  const auto* address = reinterpret_cast<const sockaddr*>(&server.socket_address);
  const timeval time{limit.count() / 1000, (limit.count() % 1000) * 1000};
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) != 0) {
    return errno;
  }
  while (::connect(socket, address, server.length) != 0) {
    if (errno != EINTR) {
      return errno == EAGAIN ? ETIMEDOUT : errno;
    }
  }
  const int flags = ::fcntl(socket, F_GETFL);
  return flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0 ? errno : 0;
}

int connect_inet(int socket, const ServerAddress& server, milliseconds limit) {
  // Commands are written in batches already; waiting for more would only delay them.
  const int on = 1;
  if (::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    return errno;
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&server.socket_address);
  if (::connect(socket, address, server.length) == 0) {
    return 0;
  }
  // An interrupted connect(2) goes on in the background, like one that does not block.
  if (errno != EINPROGRESS && errno != EINTR) {
    return errno;
  }
  if (!poll_until(socket, POLLOUT, deadline_after(limit))) {
    return ETIMEDOUT;
  }
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ? errno : error;
}

/// \return what to say when this side cannot have the address that it should have
std::string bind_own_address(int socket, int family, const NetworkOptions& network) {
  const std::string& own = family == AF_INET    ? network.own_ipv4
                           : family == AF_INET6 ? network.own_ipv6
                                                : std::string();
  if (own.empty()) {
    return {};
  }
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  const int unknown = ::getaddrinfo(own.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  if (unknown != 0) {
    return "bind " + own + ": " + ::gai_strerror(unknown);
  }
  return ::bind(socket, list->ai_addr, list->ai_addrlen) == 0
             ? ""
             : "bind " + own + ": " + text_of(errno);
}

}  // namespace

FoundAddresses find_addresses(const HostPort& server, const NetworkOptions& options) {
  const HostPort named{to_ascii_domain(server.host), server.port, server.written};
  addrinfo hints{};
  hints.ai_family = family_of(options);
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(named.host.c_str(), named.port.c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  if (error != 0) {
    return lookup_failure(named, options, error);
  }
  FoundAddresses found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    found.addresses.push_back(make_address(named, *entry));
  }
  prefer(found.addresses, options.preference);
  return found.addresses.empty() ? lookup_failure(named, options, EAI_NONAME) : found;
}

FoundAddresses unix_address(const std::string& host, const std::string& shown,
                            const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return {{}, "4.3.5"_dsn, "Server configuration error: unix-domain name too long: " + shown};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  ServerAddress result;
  result.host = host;
  result.address = shown;
  result.destination = shown;
  result.length = sizeof address;
  std::memcpy(&result.socket_address, &address, sizeof address);
  return {{std::move(result)}, {}, {}};
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(tls_, other.tls_);
  return *this;
}

Connection::~Connection() {
  if (socket_ < 0) {
    return;
  }
  if (tls_) {
    // As far as it can be said at once: nobody waits for it.
    tls_->close();
    static_cast<void>(flush_tls());
  }
  ::close(socket_);
}

Connection::Opened Connection::open(const ServerAddress& server, milliseconds limit,
                                    const NetworkOptions& network) {
  const int family = server.socket_address.ss_family;
  const int type = SOCK_STREAM | SOCK_CLOEXEC | (family == AF_UNIX ? 0 : SOCK_NONBLOCK);
  const int socket = ::socket(family, type, 0);
  if (socket < 0) {
    return {std::nullopt, text_of(errno)};
  }
  Connection connection(socket);
  const std::string unbound = bind_own_address(socket, family, network);
  if (!unbound.empty() && network.own_address_enforced) {
    return {std::nullopt, "server configuration error", unbound, true};
  }
  const int error =
      family == AF_UNIX ? connect_unix(socket, server, limit) : connect_inet(socket, server, limit);
  if (error != 0) {
    return {std::nullopt, text_of(error), unbound};
  }
  return {std::move(connection), {}, unbound};
}

Connection::Transfer Connection::read_socket(std::span<char> buffer) const {
  while (true) {
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      return {Transfer::State::moved, static_cast<std::size_t>(count), {}};
    }
    if (count == 0) {
      return {Transfer::State::closed, 0, {}};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {};
    }
    if (errno != EINTR) {
      return {Transfer::State::closed, 0, text_of(errno)};
    }
  }
}

Connection::Transfer Connection::write_socket(std::string_view bytes) const {
  while (true) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      return {Transfer::State::moved, static_cast<std::size_t>(count), {}};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {};
    }
    if (errno != EINTR) {
      return {Transfer::State::closed, 0, text_of(errno)};
    }
  }
}

// ---- TLS

/// Writes what the channel has for the server, as far as there is room for it.
/// \return moved when all of it is written
Connection::Transfer Connection::flush_tls() {
  while (!tls_->output().empty()) {
    Transfer written = write_socket(tls_->output());
    if (written.state != Transfer::State::moved) {
      return written;
    }
    tls_->sent(written.count);
  }
  return {Transfer::State::moved, 0, {}};
}

/// Gives the channel what the server sent.
Connection::Transfer Connection::fill_tls() {
  std::array<char, kTlsRead> buffer{};
  Transfer taken = read_socket(buffer);
  if (taken.state == Transfer::State::moved) {
    tls_->received({buffer.data(), taken.count});
  }
  return taken;
}

TlsResult Connection::give_up(std::string_view reason) {
  tls_->give_up(reason);
  return TlsResult::failed;
}

TlsResult Connection::start_tls(std::unique_ptr<TlsChannel> channel,
                                std::optional<Clock::time_point> deadline) {
  if (!channel) {
    return TlsResult::failed;
  }
  tls_ = std::move(channel);
  while (true) {
    const TlsChannel::Progress progress = tls_->shake_hands();
    const Transfer flushed = flush_tls();
    if (progress == TlsChannel::Progress::failed) {
      return TlsResult::failed;
    }
    if (flushed.state == Transfer::State::closed) {
      return give_up(flushed.reason.empty() ? "lost connection" : flushed.reason);
    }
    if (progress == TlsChannel::Progress::done) {
      return tls_->result();
    }
    // One that drips octets comes to its end as well.
    if ((deadline && Clock::now() >= *deadline) || !wait(Interest::read, deadline)) {
      return give_up(text_of(ETIMEDOUT));
    }
    const Transfer taken = fill_tls();
    if (taken.state == Transfer::State::closed) {
      return give_up(taken.reason.empty() ? "lost connection" : taken.reason);
    }
  }
}

Connection::Transfer Connection::read(std::span<char> buffer) {
  if (!tls_) {
    return read_socket(buffer);
  }
  // A server may go on and on with what is TLS's own: it is not listened to for ever, and not at
  // all while it does not take the answers.
  for (int pieces = 0; pieces < kMostPieces; ++pieces) {
    Transfer flushed = flush_tls();
    if (flushed.state == Transfer::State::closed || tls_->output().size() > kMostBacklog) {
      return flushed;
    }
    const TlsChannel::Read found = tls_->read(buffer);
    if (found.state == TlsChannel::State::moved) {
      return {Transfer::State::moved, found.count, {}};
    }
    if (found.state == TlsChannel::State::closed) {
      return {Transfer::State::closed, 0, {}};
    }
    Transfer taken = fill_tls();
    if (taken.state != Transfer::State::moved) {
      return taken;
    }
  }
  return {};
}

Connection::Transfer Connection::write(std::string_view bytes) {
  if (!tls_) {
    return write_socket(bytes);
  }
  // What is still to be written comes first, so that no more than one piece waits in memory.
  if (Transfer flushed = flush_tls(); flushed.state != Transfer::State::moved) {
    return flushed;
  }
  const std::size_t count = tls_->write(bytes.substr(0, kTlsWrite));
  if (count == 0) {
    return {Transfer::State::closed, 0, {}};
  }
  const Transfer flushed = flush_tls();
  return flushed.state == Transfer::State::closed ? flushed
                                                  : Transfer{Transfer::State::moved, count, {}};
}

// ---- waiting

bool Connection::wait(Interest interest, std::optional<Clock::time_point> deadline) const {
  if (tls_ && tls_->output().size() > kMostBacklog) {
    return poll_until(socket_, POLLOUT, deadline);
  }
  if (tls_ && tls_->has_input()) {
    return true;
  }
  const bool both = interest == Interest::read_and_write || (tls_ && !tls_->output().empty());
  return poll_until(socket_, static_cast<short>(both ? POLLIN | POLLOUT : POLLIN), deadline);
}

bool Connection::is_readable() {
  if (!tls_) {
    return poll_until(socket_, POLLIN, Clock::now());
  }
  // What comes may be the channel's own business, such as a ticket for a later session.
  while (!tls_->is_readable()) {
    const Transfer taken = fill_tls();
    if (taken.state != Transfer::State::moved) {
      return taken.state == Transfer::State::closed;
    }
  }
  return true;
}

}  // namespace lastmile::lmtp
