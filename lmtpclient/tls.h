// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lmtpclient/enhanced_status.h"
#include "lmtpclient/session.h"

namespace lastmile::lmtp {

/// What a TLS library does for one connection: octets in, octets out. It has no socket and never
/// waits. What it takes in memory is bounded.
class TlsChannel {
 public:
  enum class Progress { wants_input, done, failed };

  TlsChannel() = default;
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;
  virtual ~TlsChannel() = default;

  /// Goes on with the handshake as far as what was received allows.
  virtual Progress shake_hands() = 0;
  /// After Progress::done.
  virtual TlsResult result() const = 0;
  /// The handshake is given up, for a reason outside of TLS: for the log.
  virtual void give_up(std::string_view reason) = 0;

  /// Octets from the server, as they came.
  virtual void received(std::string_view bytes) = 0;
  /// Octets for the server; valid until the next call that is not const.
  virtual std::string_view output() const = 0;
  virtual void sent(std::size_t count) = 0;

  enum class State { moved, would_block, closed };
  struct Read {
    State state = State::would_block;
    std::size_t count = 0;
  };
  /// Takes what the server said, in the clear.
  virtual Read read(std::span<char> buffer) = 0;
  /// Whether read() may have something to give before more is received.
  virtual bool has_input() const = 0;
  /// Whether read() would have something to say, also that the server has closed the channel.
  virtual bool is_readable() = 0;
  /// \return how many octets were taken, at least one; 0: the channel is broken
  virtual std::size_t write(std::string_view text) = 0;
  /// Tells the server that nothing more comes.
  virtual void close() = 0;
};

/// How the session with one server is protected, and who logs in.
struct ServerPlan {
  TlsUse use = TlsUse::none;
  std::string level = "none";  ///< What is wanted, in a word for the log: "may".
  /// Makes the channel; null when that cannot be done. Empty: there is no TLS here at all.
  std::function<std::unique_ptr<TlsChannel>()> start = {};
  /// With TlsUse::may: a server with whom TLS fails is asked once more without it.
  bool may_fall_back = false;
  /// Logs in; null: nobody does.
  std::shared_ptr<Login> login = {};
  /// Not empty: the server is not to be talked to, and this is why.
  std::string problem = {};
  EnhancedStatus status = {};  ///< Of `problem`.
};

}  // namespace lastmile::lmtp
