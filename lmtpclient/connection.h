// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/endpoint.h"
#include "lmtpclient/enhanced_status.h"
#include "lmtpclient/tls.h"

namespace lastmile::lmtp {

/// Which kind of address is tried first. \see postconf(5), lmtp_address_preference
enum class AddressPreference { any, ipv4, ipv6 };

struct NetworkOptions {
  bool use_ipv4 = true;  ///< \see postconf(5), inet_protocols
  bool use_ipv6 = true;
  AddressPreference preference = AddressPreference::any;
  /// Failed look-ups are told in the words for `native` instead of those for `dns`.
  /// \see postconf(5), lmtp_host_lookup
  bool native_lookup = false;
  /// The addresses of this side, without brackets; empty: the system chooses.
  /// \see postconf(5), lmtp_bind_address and lmtp_bind_address6
  std::string own_ipv4 = {};
  std::string own_ipv6 = {};
  /// Without that address there is no connection. \see postconf(5), lmtp_bind_address_enforce
  bool own_address_enforced = false;
};

/// One address of a server.
struct ServerAddress {
  std::string host = {};     ///< As configured; for a UNIX socket the name of this host.
  std::string address = {};  ///< "192.0.2.1", "2001:db8::1", "/run/lmtp".
  std::string port = {};     ///< Empty for a UNIX socket.
  /// The nexthop that led here, as it was given; for a UNIX socket its path.
  std::string destination = {};
  sockaddr_storage socket_address = {};
  socklen_t length = 0;

  /// "HOST[ADDRESS]", as error texts have it.
  std::string name() const { return host + '[' + address + ']'; }
  /// "HOST[ADDRESS]:PORT", as the log has it behind relay=.
  std::string relay() const { return port.empty() ? name() : name() + ':' + port; }
};

/// Addresses in the order in which they are to be tried, or why there are none.
struct FoundAddresses {
  std::vector<ServerAddress> addresses = {};
  EnhancedStatus status = {};  ///< Of the failure.
  std::string problem = {};    ///< In the words of Postfix; empty: there are addresses.
};

/// Looks up a host and its port by the resolver of this host (getaddrinfo(3)).
///
/// \return 5.4.4 when there is no such host, 4.4.3 (native: 4.4.4) when the resolver could not
///         answer, 5.4.3 when it refused to, 4.3.5 for an unknown service
FoundAddresses find_addresses(const HostPort& server, const NetworkOptions& options);

/// The address of a UNIX socket.
///
/// \param host   the name that messages give the server
/// \param shown  the path that messages show
/// \param path   where the socket is
/// \return 4.3.5 when the path is too long for a socket address
FoundAddresses unix_address(const std::string& host, const std::string& shown,
                            const std::string& path);

/// A stream socket that never blocks and never raises SIGPIPE; what goes through it may be
/// encrypted.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  struct Opened;
  /// \param limit  zero: as long as the system tries
  static Opened open(const ServerAddress& server, std::chrono::milliseconds limit,
                     const NetworkOptions& network = {});

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  struct Transfer {
    enum class State { moved, would_block, closed };
    State state = State::would_block;
    std::size_t count = 0;    ///< Octets that were moved.
    std::string reason = {};  ///< Why it is closed; empty: the other side ended it.
  };
  Transfer read(std::span<char> buffer);
  Transfer write(std::string_view bytes);

  /// Shakes hands, and encrypts what is read and written from then on.
  /// \param deadline  for the whole handshake; nullopt: none
  /// \return failed also where there is no channel: the connection is of no more use
  TlsResult start_tls(std::unique_ptr<TlsChannel> channel,
                      std::optional<Clock::time_point> deadline);

  enum class Interest { read, read_and_write };
  /// Waits until something can be done.
  /// \param deadline  nullopt: for ever
  /// \return false when the deadline passed first
  bool wait(Interest interest, std::optional<Clock::time_point> deadline) const;

  /// Whether there is something to read, the end of the stream included.
  bool is_readable();

 private:
  explicit Connection(int socket) : socket_(socket) {}

  Transfer read_socket(std::span<char> buffer) const;
  Transfer write_socket(std::string_view bytes) const;
  Transfer flush_tls();
  Transfer fill_tls();
  TlsResult give_up(std::string_view reason);

  int socket_ = -1;
  std::unique_ptr<TlsChannel> tls_ = {};  ///< Null: plain text.
};

struct Connection::Opened {
  std::optional<Connection> connection = {};
  std::string problem = {};  ///< "Connection refused".
  std::string warning =
      {};  ///< For the administrator: this side has not the address that it should.
  bool is_misconfigured = false;  ///< `problem` is this host's own, and says all.
};

}  // namespace lastmile::lmtp
