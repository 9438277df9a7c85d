// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_directory.h"
#include "transports/agents/agent_report.h"
#include "transports/agents/agents.h"
#include "transports/agents/spooled_message.h"
#include "transports/settings.h"

namespace lastmile::test {

/// Postfix's defaults for what the agents ask, with locks that are waited for but not slept for.
Settings delivery_settings();

/// Somebody whose rights these tests have: an ordinary account for root, else the caller.
Rights somebody();
/// Somebody else, for root's tests.
Rights somebody_else();

/// A job from sender@example.org for User+Ext@Example.com, which came as `list`.
Job job_for(const Rights& rights);

SpooledMessage message_of(std::string_view text);

/// The date in every `From ` line of these tests.
inline constexpr std::string_view kDate = "Sat Nov 21 02:56:11 2026";
/// The same date in every Received: line.
inline constexpr std::string_view kHeaderDate = "Sat, 21 Nov 2026 02:56:11 +0000 (UTC)";

AgentContext context_of(const Settings& settings, const SystemCalls& system = real_system());

/// What a job_for() job puts before the content of an mbox file, and of a file in a maildir.
std::string mbox_head();
std::string maildir_head();

/// A directory that belongs to somebody().
class Home {
 public:
  Home();
  const std::string& path() const { return directory_.path(); }
  std::string path(std::string_view name) const { return directory_.path(name); }
  std::string write(std::string_view name, std::string_view content, mode_t mode = 0600) const;
  std::string read(std::string_view name) const { return directory_.read(name); }
  bool exists(std::string_view name) const { return directory_.exists(name); }
  /// Names in a directory, sorted.
  std::vector<std::string> names(std::string_view directory) const;

 private:
  TemporaryDirectory directory_;
};

/// "2.0.0 delivered to mailbox", with `path` written as PATH.
std::string line_of(const DeliveryStatus& status, const std::string& path);

/// Replaces every `from`.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

/// The system calls of this host, of which one fails, or ends the process.
///
/// The counter is shared with child processes, so that it does not matter in which process the call
/// is made. One at a time.
class FaultySystem {
 public:
  enum class Fault {
    error,
    short_write,
    kill,
    kill_all,    ///< From this call on, each is the last of its process.
    kill_child,  ///< Counts the calls of other processes than the one that made this object.
  };

  /// \param call  which call is meant, counted from 1
  FaultySystem(Fault fault, int call, int error = 0);
  FaultySystem(const FaultySystem&) = delete;
  FaultySystem& operator=(const FaultySystem&) = delete;
  ~FaultySystem();

  const SystemCalls& calls() const;
  /// Whether so many calls were made at all.
  bool has_struck() const;
  /// The name of the call that was struck: "fsync".
  std::string struck() const;
};

/// Calls of this host with a clock that stands still, and with pauses that are only added up.
class StillSystem {
 public:
  explicit StillSystem(timespec now);
  StillSystem(const StillSystem&) = delete;
  StillSystem& operator=(const StillSystem&) = delete;
  ~StillSystem() = default;
  const SystemCalls& calls() const;
  static std::chrono::microseconds paused();
  static int pauses();
  /// Called in every pause.
  static void on_pause(void (*act)());
};

}  // namespace lastmile::test
