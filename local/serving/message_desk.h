// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "local/delivering/one_message.h"
#include "local/delivering/status_filter.h"
#include "local/host.h"
#include "local/serving/counters.h"
#include "local/serving/server_events.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

class LmtpConnections;

/// The side of an LMTP server that delivers: takes what a client has asked for, and answers. It
/// reads no network and knows nothing of the protocol.
///
/// The host is asked for with each message, so that a change of the configuration, or of a table,
/// counts from the next message on.
class MessageDesk {
 public:
  using OpenHost = std::function<Result<std::shared_ptr<Host>>()>;

  /// \param err  where lastmile_log = stderr writes; must outlive the desk
  /// \param counters  of the server; null: nobody counts
  MessageDesk(OpenHost open_host, std::ostream& err, Counters* counters);
  MessageDesk(const MessageDesk&) = delete;
  MessageDesk& operator=(const MessageDesk&) = delete;
  ~MessageDesk();

  /// \return what is to be said now: nothing, or the answers to AskRecipient or EndMessage
  std::vector<ServerAnswer> take(ServerEvent event);

  /// Whether a message is begun.
  bool is_busy() const { return message_ != nullptr; }

 private:
  struct Message;

  void count_time(Counters::Step step, std::chrono::steady_clock::time_point since);
  void begin(BeginMessage begin);
  ServerReply ask(const Recipient& recipient);
  void append(const std::string& octets);
  std::vector<ServerAnswer> deliver();
  std::shared_ptr<LmtpConnections> connections_of(const std::shared_ptr<Host>& host);

  OpenHost open_host_;
  std::ostream& err_;
  Counters* counters_;
  std::unique_ptr<Message> message_;  ///< The one that is begun; null: none.
  KeptLedgerFile kept_ledger_ = {};
  PendingEnd pending_ = {};  ///< Of the one before.
  /// The host that connections_ were made for, which it has to outlive.
  std::shared_ptr<Host> connected_host_ = nullptr;
  /// To the servers that took the messages before.
  std::shared_ptr<LmtpConnections> connections_ = nullptr;
};

}  // namespace lastmile
