// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/exchange_limit.h"
#include "aliases/tables/server_address.h"
#include "aliases/world/world.h"

namespace lastmile {

/// A conversation with a table server: text is sent, lines and blocks of known size are read. Every
/// call ends within the time limit; whatever goes wrong is Error::Kind::unavailable, and the
/// connection is closed by it.
class ServerStream {
 public:
  /// \param limit  for connecting, and for each later exchange
  ServerStream(World& world, const TablePolicy& policy, ServerAddress address,
               std::chrono::seconds limit);
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;
  ~ServerStream();

  bool is_open() const { return socket_ >= 0; }

  /// Connects unless it is connected.
  Result<Ok> open();
  void close();

  /// Sends a request, and starts the time limit of its reply. What the server said before, without
  /// being asked, is dropped.
  Result<Ok> send(std::string_view request);

  /// One line without its end, which is LF or CR LF.
  /// \param max_bytes  a longer line is an error
  Result<std::string> read_line(std::size_t max_bytes);
  /// Exactly so many octets.
  Result<std::string> read_exactly(std::size_t bytes);
  /// The octets up to `end`, without it.
  Result<std::string> read_until(char end, std::size_t max_bytes);

  /// Connects where needed, sends a request, and reads the reply to it. A server that closes the
  /// connection, as one does that was started anew since the last request, is asked once more.
  Result<std::string> ask(std::string_view request,
                          const std::function<Result<std::string>(ServerStream&)>& read_reply);

  const ServerAddress& address() const { return address_; }

 private:
  Result<Ok> connect_to(const std::string& host_path);
  Result<Ok> connect_to(const HostAndPort& server);
  Result<Ok> connect_socket(int family, const void* address, unsigned length);
  Result<std::string> ask_once(std::string_view request,
                               const std::function<Result<std::string>(ServerStream&)>& read_reply);
  Result<Ok> wait(short events);
  Result<Ok> fill();
  Error failed(std::string reason);

  World& world_;
  ServerAddress address_;
  std::string queue_directory_;  ///< Where a relative socket path begins.
  ExchangeLimit limit_;
  int socket_ = -1;
  bool closed_by_server_ = false;
  std::string received_ = {};
};

}  // namespace lastmile
