// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmtpclient/connection.h"
#include "lmtpclient/endpoint.h"
#include "lmtpclient/session.h"
#include "lmtpclient/tls.h"

namespace lastmile::lmtp {

/// How long each step may take; zero: without limit. A time counts anew whenever octets were moved,
/// or with `per_request` for a command and its whole reply. Without that, too, a step comes to its
/// end: after three times its limit, and what the octets take at min_data_rate.
/// \see postconf(5), lmtp_connect_timeout and its kin
struct Timeouts {
  using Time = std::chrono::milliseconds;

  Time connect = Time::zero();
  Time lhlo = std::chrono::seconds(300);      ///< Also for the greeting.
  Time starttls = std::chrono::seconds(300);  ///< The reply to it, and then the whole handshake.
  Time xforward = std::chrono::seconds(300);
  Time mail = std::chrono::seconds(300);
  Time rcpt = std::chrono::seconds(300);
  Time data_init = std::chrono::seconds(120);
  Time data_xfer = std::chrono::seconds(180);
  Time data_done = std::chrono::seconds(600);  ///< For each final reply.
  Time rset = std::chrono::seconds(20);
  Time quit = std::chrono::seconds(300);
  bool per_request = false;         ///< lmtp_per_request_deadline
  std::size_t min_data_rate = 500;  ///< Octets a second; lengthens a per-request time.
};

/// What a table has for the address of a server.
struct AddressKeywords {
  bool failed = false;  ///< The table could not answer.
  std::optional<std::vector<std::string>> keywords = {};
};

struct ClientOptions {
  SessionOptions session = {};
  Timeouts timeouts = {};
  NetworkOptions network = {};
  std::string myhostname = {};  ///< What messages call the server behind a UNIX socket.
  /// Where the socket of a UnixEndpoint is for this process; empty: its path as it stands.
  std::string socket_path = {};
  std::size_t address_limit = 5;  ///< Of each server: lmtp_mx_address_limit; 0: none
  std::size_t session_limit = 2;  ///< Of each server: lmtp_mx_session_limit; 0: none
  /// How many servers at the end of the endpoint are there for what the others cannot take.
  /// \see postconf(5), lmtp_fallback_relay
  std::size_t fallback_servers = 0;
  /// Whether an address is this host's, and mail that is sent to its port 25 goes in a circle.
  /// Empty: not looked at. \see postconf(5), smtp_tcp_port
  std::function<bool(const std::string& address)> is_own_address = {};
  /// The extensions of one server that are not used, by its address, in the place of
  /// SessionOptions::discard_keywords. Empty: there are none of its own.
  /// \see postconf(5), lmtp_discard_lhlo_keyword_address_maps
  std::function<AddressKeywords(const std::string& address)> discard_keywords = {};
  std::string nexthop = {};  ///< What the servers are called when mail goes in a circle.
  /// Gets a line for the log, of what is wrong on this host; may be empty.
  std::function<void(const std::string&)> warn = {};
  bool skip_quit_response = false;
  /// A server without SMTPUTF8 is not the last word: the next one is asked, as by Postfix 3.11.
  bool seeks_smtputf8 = false;
  /// How the session with a server is protected; empty: in no way, and nobody logs in.
  std::function<ServerPlan(const ServerAddress& server)> plan = {};
  /// A connection is not used for another message later than this. \see postconf(5),
  /// lmtp_connection_reuse_time_limit
  std::chrono::seconds reuse_time_limit = std::chrono::seconds(300);
  /// A connection is used again so many times; 0: without limit.
  /// \see postconf(5), lmtp_connection_reuse_count_limit
  std::size_t reuse_count_limit = 0;
  /// A connection that was idle for so long is asked with RSET whether it is still there. One that
  /// was not is used at once: where it is gone all the same, another one takes its place.
  std::chrono::milliseconds idle_before_reset = std::chrono::seconds(1);
};

/// Copies content from `offset` on into the buffer.
/// \return how many octets; 0 at the end; nullopt when the content cannot be read
using ContentSource =
    std::function<std::optional<std::size_t>(std::uint64_t offset, std::span<char> buffer)>;

/// What became of one recipient, and who said so.
struct Delivery {
  RecipientOutcome outcome = {};
  std::string text = {};       ///< As explain() has it, with the server's name in it.
  std::string server = {};     ///< Its host name; empty when no connection was made.
  std::string relay = "none";  ///< "HOST[ADDRESS]:PORT", "HOST[/path]" or "none".
  /// What became of TLS, as Postfix 3.11 and later log it: the level that was wanted, `:none`
  /// behind it where there was no TLS, `?` where the connection ended before that was known, `!`
  /// before it where the message was not sent for it.
  std::string tls = "none?";
};

/// Delivers messages to one endpoint: connects, drives a Session, and keeps the connection for the
/// next message. Not safe for use by two threads.
///
/// A recipient that is deferred by one TCP address is tried at the next one, unless the message may
/// have arrived: a final reply that was lost is never a reason to send it again at once.
class Client {
 public:
  Client(Endpoint endpoint, ClientOptions options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// Says QUIT.
  ~Client();

  /// Delivers one message, or probes.
  ///
  /// \param content  is not asked by a probe
  /// \return one entry per recipient, in the same order; none of them is pending
  std::vector<Delivery> deliver(const Transaction& transaction, const ContentSource& content);

  /// What the server of the last session announced.
  const Capabilities& capabilities() const;

  /// Whether there is a connection that is kept for the next message, and TLS is spoken on it.
  bool is_encrypted() const;

  /// Says QUIT now, if there is a connection.
  void quit();

 private:
  struct Link;
  class Attempt;

  std::vector<HostPort> servers() const;
  FoundAddresses addresses_of(const HostPort& server) const;
  void try_addresses(const FoundAddresses& found, Attempt& attempt, const ContentSource& content);
  bool may_reuse();
  bool may_try_elsewhere(const RecipientOutcome& outcome) const;
  void try_server(const ServerAddress& server, Attempt& attempt, const ContentSource& content);
  /// \param may_retry  tells of an outcome whether the recipient is tried once more
  /// \return whether TLS was spoken
  template <class MayRetry>
  bool talk(Attempt& attempt, const ContentSource& content, const MayRetry& may_retry);
  std::optional<RecipientOutcome> open(const ServerAddress& server, const ServerPlan& plan);

  Endpoint endpoint_;
  ClientOptions options_;
  std::unique_ptr<Link> link_;
  Capabilities capabilities_;
};

}  // namespace lastmile::lmtp
