// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "transports/agents/message_writer.h"
#include "transports/command_rules.h"

namespace lastmile {

/// A program that is to be run with the rights of this process.
struct ChildProgram {
  CommandLine command = {};
  std::vector<std::string> environment = {};  ///< NAME=value; all of it.
  /// The first of these that can be entered is its working directory; when none can, it does not
  /// run (exit status 75).
  std::vector<std::string> directories = {"/"};
  std::int64_t file_size_limit = 0;  ///< Octets, of each file that it writes; 0: none.
  std::string daemon = "local";      ///< Who says that the program cannot be run.
};

/// How the program ended, and what went wrong while it was fed.
struct ChildEnd {
  CommandEnd end = {};
  std::optional<CopyFailure> unread = {};  ///< The message could not be read; it was killed.
};

/// Writes standard input of the program to the sink.
using Feeder = std::function<std::optional<CopyFailure>(const MessageSink&)>;

/// Runs a program in a session of its own, feeds it, then reads up to 4096 octets of what it
/// prints, then waits for it. It has descriptors 0, 1 and 2 alone, SIGPIPE and SIGXFSZ ignored, and
/// umask 077. Its end of the output pipe does not block, and is closed after 4096 octets.
///
/// The program dies with this process; a child of run_as() takes the program's process group along.
///
/// \param limit  for the whole; afterwards, and when this process is asked to end, the process
/// group
///               is killed
/// \see local(8), EXTERNAL COMMAND DELIVERY; postconf(5), command_time_limit
ChildEnd run_child(const ChildProgram& program, const Feeder& feeder,
                   std::chrono::milliseconds limit);

}  // namespace lastmile
