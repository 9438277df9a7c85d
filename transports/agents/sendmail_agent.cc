// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/sendmail_agent.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/agents/child_process.h"
#include "transports/agents/command_agent.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// Octets of addresses in one submission; an eighth of what the smallest limit on arguments leaves.
constexpr std::size_t kMaxArguments = std::size_t{16} * 1024;

/// The value of sendmail's -N option; empty where the sender asked for nothing special.
std::string notify_option(const DsnNotify& notify) {
  if (!notify.is_asked) {
    return {};
  }
  if (notify.never) {
    return "never";
  }
  std::string words;
  const auto add = [&](bool asked, std::string_view word) {
    if (asked) {
      words.append(words.empty() ? "" : ",").append(word);
    }
  };
  add(notify.on_success, "success");
  add(notify.on_failure, "failure");
  add(notify.on_delay, "delay");
  return words;
}

/// How many of the recipients go into the next submission: as many as fit and ask for the same
/// notifications.
std::size_t batch_size(std::span<const Recipient> recipients) {
  std::size_t octets = 0;
  std::size_t count = 0;
  while (count < recipients.size() && (count == 0 || octets < kMaxArguments) &&
         recipients[count].notify == recipients[0].notify) {
    octets +=
        recipients[count].address.local_part.size() + recipients[count].address.domain.size() + 2;
    ++count;
  }
  return count;
}

/// The queue ID in what sendmail prints: "... queued as 4TESTID".
std::string queue_id_in(std::string_view output) {
  constexpr std::string_view kBefore = "queued as ";
  const auto at = output.find(kBefore);
  if (at == std::string_view::npos) {
    return {};
  }
  const auto rest = output.substr(at + kBefore.size());
  const auto end =
      rest.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
  return std::string(rest.substr(0, end));
}

DeliveryStatus not_forwarded(const std::string& reason) {
  return status_with("4.3.0"_dsn, "unable to forward message: " + reason);
}

DeliveryStatus perhaps_forwarded(const std::string& reason) {
  return uncertain_status("unable to forward message: " + reason);
}

DeliveryStatus submission_status(const std::string& sendmail, const ChildEnd& child) {
  const CommandEnd& end = child.end;
  const std::string output = printable_output(end.output);
  const std::string with_output = output.empty() ? "" : ": " + output;
  if (child.unread) {
    return not_forwarded(child.unread->text);
  }
  switch (end.kind) {
    case CommandEnd::Kind::not_started:
      return not_forwarded("cannot run " + sendmail + ": " + error_text(end.value));
    case CommandEnd::Kind::timed_out:
      return perhaps_forwarded(sendmail + " did not end in time" + with_output);
    case CommandEnd::Kind::signaled:
      return perhaps_forwarded(sendmail + " died with signal " + std::to_string(end.value) +
                               with_output);
    case CommandEnd::Kind::unknown:
      return perhaps_forwarded(sendmail + " ended in an unknown way" + with_output);
    case CommandEnd::Kind::exited:
      break;
  }
  if (end.value != 0) {
    return not_forwarded(sendmail + " ended with status " + std::to_string(end.value) +
                         with_output);
  }
  if (end.write_error != 0) {
    return perhaps_forwarded("error writing message: " + error_text(end.write_error));
  }
  const std::string queue_id = queue_id_in(end.output);
  return status_with("2.0.0"_dsn, queue_id.empty() ? "forwarded" : "forwarded as " + queue_id);
}

/// The trace line of a message that is submitted again. It stands above Delivered-To:, so that the
/// next agent's own headers are not taken for ours; a bounce has none.
std::string received_line(const Job& job, const AgentContext& context) {
  if (job.delivered_to.empty()) {
    return {};
  }
  const std::string id =
      job.envelope.queue_id.empty() ? "" : "\n\tid " + printable(job.envelope.queue_id);
  return "Received: by " + context.settings.myhostname.value + " (lastmile)" + id + "; " +
         context.header_date + '\n';
}

DeliveryStatus submit(const Settings& settings, std::vector<std::string> arguments,
                      const SpooledMessage& message, std::string_view prepended) {
  const std::string& sendmail = settings.sendmail_path.value;
  ChildProgram program;
  program.command.words = std::move(arguments);
  program.environment = base_environment(settings, own_environment);
  bool all_taken = false;
  const auto feeder = [&](const MessageSink& sink) {
    auto failure = write_message(message, prepended, MessageFormat::submission, sink);
    all_taken = !failure;
    return failure;
  };
  const ChildEnd child = run_child(program, feeder, settings.command_time_limit.value);
  DeliveryStatus status = submission_status(sendmail, child);
  if (status.outcome == DeliveryStatus::Outcome::delivered && !all_taken) {
    return perhaps_forwarded(sendmail + " did not read the whole message");
  }
  return status;
}

}  // namespace

std::vector<std::string> sendmail_arguments(const std::string& sendmail_path,
                                            const Envelope& envelope,
                                            std::span<const Recipient> recipients) {
  // An empty word is the null sender for every sendmail(1); "<>" would do, too.
  std::vector<std::string> words = {sendmail_path, "-i", "-f", to_external(envelope.sender)};
  if (!envelope.envelope_id.empty()) {
    words.insert(words.end(), {"-V", envelope.envelope_id});
  }
  if (envelope.returned_content != ReturnedContent::undeclared) {
    words.insert(words.end(),
                 {"-R", envelope.returned_content == ReturnedContent::full ? "full" : "hdrs"});
  }
  const std::string notify = recipients.empty() ? "" : notify_option(recipients[0].notify);
  if (!notify.empty()) {
    words.insert(words.end(), {"-N", notify});
  }
  words.emplace_back("--");
  for (const Recipient& recipient : recipients) {
    words.push_back(to_external(recipient.address));
  }
  return words;
}

std::vector<DeliveryStatus> forward_message(const Job& job, const SpooledMessage& message,
                                            const AgentContext& context) {
  const auto prepended =
      received_line(job, context) + prepended_lines(MessageFormat::submission, job, context);
  std::vector<DeliveryStatus> statuses;
  std::span<const Recipient> rest = job.recipients;
  while (!rest.empty()) {
    const std::size_t count = batch_size(rest);
    statuses.insert(statuses.end(), count,
                    submit(context.settings,
                           sendmail_arguments(context.settings.sendmail_path.value, job.envelope,
                                              rest.first(count)),
                           message, prepended));
    rest = rest.subspan(count);
  }
  return statuses;
}

}  // namespace lastmile
