// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/pipe_agent.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/agents/child_process.h"
#include "transports/agents/command_agent.h"
#include "transports/agents/pipe_message.h"
#include "transports/errno_status.h"
#include "transports/pipe_rules.h"

namespace lastmile {
namespace {

/// Octets of what a successful command prints that its status shows, as in Postfix.
constexpr std::size_t kLargestOutputOfSuccess = 100;

AgentReport configuration_error(std::string reason) {
  return {status_with("4.3.5"_dsn, "mail system configuration error"), {std::move(reason)}};
}

/// Why the message is not given to the command.
std::optional<AgentReport> objection(const PipeService& service, const Job& job,
                                     const SpooledMessage& message) {
  const PipeFlags& flags = service.flags;
  if (job.recipients.size() > 1) {
    if (auto reason = objection_to_several(flags, job.service)) {
      return configuration_error(*std::move(reason));
    }
  }
  if (service.size_limit > 0 && message.size() > static_cast<std::size_t>(service.size_limit)) {
    return AgentReport{status_with("5.2.3"_dsn, "message too large"), {}};
  }
  if (flags.delivered_to) {
    const std::string recipient = to_external(job.recipients[0].address);
    if (message.has_been_at(recipient)) {
      return AgentReport{status_with("5.4.6"_dsn, "mail forwarding loop for " +
                                                      to_internal(job.recipients[0].address)),
                         {}};
    }
  }
  const auto is_empty = [](const auto& path) { return path && path->empty(); };
  if (is_empty(service.directory) || is_empty(service.root)) {
    return AgentReport{
        status_with("4.3.0"_dsn, "temporary failure"),
        {"service " + job.service + ": directory= and chroot= need the name of a directory"}};
  }
  return std::nullopt;
}

/// Where the command runs: the first that can be entered. A relative directory is one below the new
/// root directory, where there is one.
std::vector<std::string> directories_of(const PipeService& service, const Settings& settings) {
  if (!service.directory) {
    return {settings.queue_directory.value, "/"};
  }
  return {service.root ? *service.directory : below_queue_directory(settings, *service.directory)};
}

std::string prepended_for(const PipeService& service, const Job& job, const AgentContext& context) {
  Job shown = job;
  if (job.envelope.sender.is_null()) {
    shown.envelope.sender = split_address(service.null_sender);
  }
  shown.delivered_to =
      service.flags.delivered_to ? to_external(job.recipients[0].address) : std::string();
  return prepended_lines({.from_line = service.flags.from_line,
                          .return_path = service.flags.return_path,
                          .original_to = service.flags.original_to &&
                                         context.settings.enable_original_recipient.value},
                         shown, context);
}

/// The status of a command that ended, in the words of pipe(8).
AgentReport report_of(const Pipe& pipe, const ChildProgram& program, const ChildEnd& child) {
  if (child.unread) {
    return {status_with("4.3.0"_dsn, "Command failed: " + child.unread->text), {}};
  }
  AgentReport report = {command_status(program.command.words[0], child.end), {}};
  if (report.status.outcome == DeliveryStatus::Outcome::delivered) {
    std::string output = printable_output(child.end.output);
    output.erase(output.find_last_not_of(' ') + 1);
    output.resize(std::min(output.size(), kLargestOutputOfSuccess));
    report.status.text =
        "delivered via " + pipe.service + " service" + (output.empty() ? "" : " (" + output + ')');
  }
  return report;
}

}  // namespace

AgentReport deliver_to_pipe(const Pipe& pipe, const Job& job, const SpooledMessage& message,
                            const AgentContext& context) {
  LM_CHECK(!job.recipients.empty());
  if (auto refusal = refuse_root(job.rights, "a command")) {
    return *std::move(refusal);
  }
  const Settings& settings = context.settings;
  const Service* const line = settings.master_cf.find_transport(pipe.service);
  LM_CHECK(line != nullptr);
  const auto service = parse_pipe_service(*line);
  const auto limit = pipe_time_limit(settings, pipe.service);
  if (!service || !limit) {
    return {status_with("4.3.0"_dsn, "unknown mail transport error"),
            {service ? limit.error().message() : service.error().message()}};
  }
  if (auto refusal = objection(*service, job, message)) {
    return *std::move(refusal);
  }
  auto words =
      pipe_words(*service, job.recipients, {pipe.nexthop, job.envelope, message.size()}, settings);
  if (!words) {
    return configuration_error("service " + pipe.service + ": " + words.error().message());
  }
  ChildProgram program;
  program.command.words = *std::move(words);
  program.environment = base_environment(settings, own_environment);
  program.directories = directories_of(*service, settings);
  program.daemon = "pipe";
  const std::string prepended = prepended_for(*service, job, context);
  const auto feeder = [&](const MessageSink& sink) {
    return write_pipe_message(message, prepended, *service, sink);
  };
  return perform_as(
      job.rights, [&] { return report_of(pipe, program, run_child(program, feeder, *limit)); },
      limit_of_child(*limit), service->root.value_or(""));
}

}  // namespace lastmile
