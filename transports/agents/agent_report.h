// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/world/world.h"
#include "transports/agents/biff.h"
#include "transports/agents/system_calls.h"
#include "transports/delivery_status.h"
#include "transports/settings.h"

namespace lastmile {

class LmtpConnections;

/// What an agent has done, and what else the administrator should know of it.
struct AgentReport {
  DeliveryStatus status = {};
  std::vector<std::string> warnings = {};  ///< One line each, as Postfix logs them.
};

/// What every agent gets besides the job and the message.
struct AgentContext {
  const Settings& settings;
  const SystemCalls& system;
  std::string date = {};         ///< Of the `From ` line.
  std::string header_date = {};  ///< Of Received:, as RFC 5322 has it.
  std::uint16_t biff_port = kBiffPort;
  /// Gets a line for the log that is said once, however many jobs have it to say; may be empty.
  std::function<void(const std::string&)> warn_once = {};
  /// Gets a line for the log that tells of no fault; may be empty.
  std::function<void(const std::string& service, const std::string& line)> note = {};
  /// Set: a server is only asked about the recipients, up to RCPT; it gets no message, and each
  /// step takes so long at most. Who is not refused there has a status of class 2.
  std::optional<std::chrono::milliseconds> asks_within = {};
  /// For tables that only an agent asks; null: none can be asked.
  World* world = nullptr;
  /// Sessions of TLS that servers may take up again in this run; null: none is kept.
  std::shared_ptr<std::map<std::string, std::string, std::less<>>> tls_sessions = {};
  /// Connections that are kept from one job to the next; null: each job has its own.
  std::shared_ptr<LmtpConnections> connections = {};
};

/// A report as bytes, for the pipe of run_as(), and back. What was read may come from a child that
/// a user could tamper with: texts are cut and made printable, anything else defers.
std::string encode_report(const AgentReport& report);
AgentReport decode_report(std::string_view bytes);

/// Does `act` with the rights of somebody, in a child process when this process is root, and
/// defers when that cannot be done.
/// \param limit  for the child; then it is killed, and what it has done is uncertain
/// \param root  becomes the root directory before the rights are taken on; empty: none
AgentReport perform_as(const Rights& rights, const std::function<AgentReport()>& act,
                       std::chrono::milliseconds limit, const std::string& root = {});

/// How long a child may run whose work has the time limit `own`: a little longer, so that it comes
/// to say itself that its time is over.
std::chrono::milliseconds limit_of_child(std::chrono::milliseconds own);

/// How long it may take to store a message, on a disk that is slow or a file server that does not
/// answer: command_time_limit, and the longest that locks are waited for.
std::chrono::milliseconds storing_limit(const Settings& settings);

/// Whether this process can take on the rights of others.
bool is_root();

/// "alice (uid 2001)".
std::string describe(const Rights& rights);

/// The refusal of what must never be done as root, whoever asks for it.
/// \return nothing when the rights are an ordinary user's
std::optional<AgentReport> refuse_root(const Rights& rights, std::string_view what);

}  // namespace lastmile
