// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/command_agent.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "transports/agents/child_process.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// The reason why a child could not become the command, which the sender does not see.
std::vector<std::string> directory_warning(const std::string& directory) {
  if (::access(directory.c_str(), X_OK) == 0) {
    return {};
  }
  const int error = errno;
  return {"cannot change directory to \"" + directory +
          "\" for uid=" + std::to_string(::geteuid()) + " gid=" + std::to_string(::getegid()) +
          ": " + error_text(error)};
}

AgentReport run_here(const Command& command, const ChildProgram& program, const Feeder& feeder,
                     std::chrono::seconds limit) {
  const ChildEnd child = run_child(program, feeder, limit);
  if (child.unread) {
    return {status_with("4.3.0"_dsn, "Command failed: " + child.unread->text), {}};
  }
  AgentReport report = {command_status(command.line, child.end), {}};
  if (report.status.outcome != DeliveryStatus::Outcome::delivered && !command.directory.empty()) {
    report.warnings = directory_warning(program.directories[0]);
  }
  return report;
}

}  // namespace

std::optional<std::string> own_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

AgentReport deliver_to_command(const Command& command, const Job& job,
                               const SpooledMessage& message, const AgentContext& context) {
  LM_CHECK(!job.recipients.empty());
  if (auto refusal = refuse_root(job.rights, "a command")) {
    return *std::move(refusal);
  }
  const Settings& settings = context.settings;
  ChildProgram program;
  program.command = split_command(command.line, settings.local_command_shell.value);
  program.environment =
      command_environment(settings, command, job.envelope, job.recipients[0], own_environment);
  if (command.directory.empty()) {
    program.directories = {settings.queue_directory.value, "/"};
  } else {
    program.directories = {below_queue_directory(settings, command.directory)};
  }
  program.file_size_limit = settings.mailbox_size_limit.value;
  const auto prepended = prepended_lines(MessageFormat::command, job, context);
  const auto feeder = [&](const MessageSink& sink) {
    return write_message(message, prepended, MessageFormat::command, sink);
  };
  const auto limit = settings.command_time_limit.value;
  return perform_as(
      job.rights, [&] { return run_here(command, program, feeder, limit); }, limit_of_child(limit));
}

}  // namespace lastmile
