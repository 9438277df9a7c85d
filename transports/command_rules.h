// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transports/delivery_status.h"
#include "transports/destination.h"
#include "transports/envelope.h"
#include "transports/settings.h"

namespace lastmile {

/// Replaces each octet that is not in `allowed` by '_'.
/// \see postconf(5), command_expansion_filter
std::string censor(std::string_view text, std::string_view allowed);

/// A variable of the process that delivers; none when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// The whole environment of a command, as NAME=value: what export_environment names, PATH, and what
/// the recipient, the sender and the client give, censored by command_expansion_filter. A later
/// source wins; each name occurs once, sorted by name.
///
/// \param inherited  asked for the names in export_environment alone
/// \see local(8), EXTERNAL COMMAND DELIVERY
std::vector<std::string> command_environment(const Settings& settings, const Command& command,
                                             const Envelope& envelope, const Recipient& recipient,
                                             const EnvironmentLookup& inherited);

/// What export_environment and PATH give: the environment of a program that is not a user's.
std::vector<std::string> base_environment(const Settings& settings,
                                          const EnvironmentLookup& inherited);

/// How a command is run. The first word is looked for in PATH when it has no slash.
struct CommandLine {
  std::vector<std::string> words = {};
  /// Run instead when no program of the name words[0] is found in PATH; empty: that is an error.
  std::vector<std::string> when_not_found = {};
  bool by_configured_shell = false;  ///< local_command_shell runs it.
};

/// Decides between the program itself and a shell: only a text of harmless characters is run
/// without one.
///
/// \param local_command_shell  when not empty, this runs every command
/// \see postconf(5), local_command_shell; local(8), EXTERNAL COMMAND DELIVERY
CommandLine split_command(std::string_view command, std::string_view local_command_shell);

/// How the run of a command ended.
struct CommandEnd {
  /// unknown: it ran, and nobody can say how it ended.
  enum class Kind { not_started, exited, signaled, timed_out, unknown };
  Kind kind = Kind::not_started;
  int value = 0;            ///< errno, exit status or signal number.
  std::string output = {};  ///< The first octets of what it printed, as it printed them.
  int write_error = 0;      ///< errno by which feeding it failed, unless it stopped reading; or 0.
};

/// Output as it goes into a log line: tab and newline become a space, what is not printable '_'.
/// UTF-8 text is kept.
std::string printable_output(std::string_view output);

/// What the end of a command means for its recipient. An exit status of sysexits.h, or an enhanced
/// status code at the beginning of the output, says what the command wants. One that was killed may
/// have done its work before.
/// \param line  the command as it is configured
/// \see local(8), EXTERNAL COMMAND DELIVERY; RFC 3463
DeliveryStatus command_status(std::string_view line, const CommandEnd& end);

}  // namespace lastmile
