// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "aliases/world/termination.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/commands/stage_option.h"
#include "local/delivering/content_rules.h"
#include "local/delivering/one_message.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "local/host_agents.h"
#include "local/questions/survey.h"
#include "local/serving/server_command.h"
#include "transports/agents/file_output.h"
#include "transports/agents/rehearsal_agents.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

namespace {

enum class Effects { real, rehearsed };

/// The options of one delivery, read and understood.
struct DeliverOptions {
  OneMessage message = {};
  ExitStyle exit_style = ExitStyle::sysexits;
  Effects effects = Effects::real;
  bool json = false;
};

/// \see RFC 3461 section 4.3
Result<ReturnedContent> read_returned_content(const std::string& text) {
  const std::string folded = fold_case(text);
  if (folded.empty()) {
    return ReturnedContent::undeclared;
  }
  if (folded == "full") {
    return ReturnedContent::full;
  }
  if (folded == "hdrs") {
    return ReturnedContent::headers;
  }
  return malformed("--ret wants FULL or HDRS, not \"" + text + '"');
}

Result<Ok> read_recipients(const Options& values, DeliverOptions& options) {
  const std::string original = values.text("original-recipient");
  options.message.original_recipient = original;
  const std::string words = values.text("notify");
  const auto notify = words.empty() ? Result<DsnNotify>(DsnNotify{}) : read_notify(words);
  if (!notify) {
    return malformed("--notify " + notify.error().text);
  }
  const std::string orcpt = values.text("orcpt");
  if (!orcpt.empty() && orcpt.find(';') == std::string::npos) {
    return malformed("--orcpt wants TYPE;ADDRESS, not \"" + orcpt + '"');
  }
  for (const auto* texts :
       {&values.values("recipient"), &values.values("destination-user"), &values.words()}) {
    for (const std::string& text : *texts) {
      auto recipient = recipient_from(text, options.message.stage, original);
      recipient.notify = *notify;
      // smtpd(8) keeps it as the client has quoted it, sendmail(1) without the quotes.
      const bool is_quoted = options.message.stage == Stage::smtp && text.starts_with('"');
      recipient.orcpt = orcpt.empty() && is_quoted ? "rfc822;" + recipient.original : orcpt;
      options.message.recipients.push_back(std::move(recipient));
    }
  }
  const auto& recipients = options.message.recipients;
  if (recipients.empty()) {
    return malformed("no recipient");
  }
  // One that is none waits alone, with a status of its own: the others have done nothing wrong.
  if (std::all_of(recipients.begin(), recipients.end(),
                  [](const Recipient& recipient) { return !recipient.fault.empty(); })) {
    return malformed(recipients.front().fault);
  }
  return Ok{};
}

/// Takes recipients away that are there already, as cleanup(8) does for one message.
void remove_repetitions(std::vector<Recipient>& recipients) {
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(recipients, [&seen](const Recipient& recipient) {
    return !seen.emplace(fold_case(to_internal(recipient.address)), fold_case(recipient.original))
                .second;
  });
}

/// The text of the envelope sender: of `-f`, or of `$SENDER`, as pipe(8) with export_environment,
/// Exim and OpenSMTPD set it.
std::string sender_text(const Options& values) {
  const char* const exported = std::getenv("SENDER");
  std::string text =
      !values.has("sender") && exported != nullptr ? std::string(exported) : values.text("sender");
  const std::string null_name = values.text("null-sender");
  return !null_name.empty() && text == null_name ? "" : text;
}

Result<DeliverOptions> read_options(const Options& values) {
  DeliverOptions options;
  const auto text = [&](const char* name) { return values.text(name); };
  // No message is refused for its sender.
  const std::string sender = sender_text(values);
  auto address = parse_address_argument(sender);
  options.message.envelope.sender = address ? *std::move(address) : split_address(sender);
  options.message.envelope.queue_id = text("queue-id");
  options.message.envelope.envelope_id = text("envid");
  options.message.envelope.client = {
      text("client-hostname"), text("client-address"), text("client-helo"), text("client-protocol"),
      text("sasl-method"),     text("sasl-username"),  text("sasl-sender"), text("client-port")};
  const auto returned_content = read_returned_content(text("ret"));
  if (!returned_content) {
    return returned_content.error();
  }
  options.message.envelope.returned_content = *returned_content;
  const auto stage = parse_stage(text("stage"));
  LM_CHECK(stage);
  options.message.stage = *stage;
  if (auto read = read_recipients(values, options); !read) {
    return std::move(read).error();
  }
  if (options.message.stage != Stage::local) {
    remove_repetitions(options.message.recipients);
  }
  if (!text("mailbox").empty() && text("mailbox") != "INBOX") {
    return malformed("-m takes INBOX alone: the configuration chooses the mailbox");
  }
  options.exit_style = text("exit-style") == "qmail" ? ExitStyle::qmail : ExitStyle::sysexits;
  options.json = values.has("json");
  options.effects = values.has("dry-run") ? Effects::rehearsed : Effects::real;
  const bool is_real = options.effects == Effects::real;
  options.message.sends_reports = !values.has("reject") && is_real;
  options.message.is_remembered = is_real;
  return options;
}

/// The log of what is not done: its warnings alone are shown.
class RehearsalLog final : public DeliveryLog {
 public:
  explicit RehearsalLog(std::ostream& err) : err_(err) {}

  void record(const FinalStatus& /*status*/, const DeliveryDelays& /*delays*/) override {}
  void warn(std::string_view text) override { err_ << "warning: " << printable(text) << '\n'; }

 private:
  std::ostream& err_;
};

std::unique_ptr<Agents> choose_agents(const DeliverOptions& options, Host& host, DeliveryLog& log) {
  if (options.effects == Effects::rehearsed) {
    return std::make_unique<RehearsalAgents>();
  }
  return real_agents_of(host, log);
}

/// Says why recipients were not delivered, one line for each, as MTAs put it into their bounces.
/// Nothing is said of a message that this process has dealt with.
void print_failures(Invocation& invocation, const DeliveryResult& result, int exit_status) {
  std::set<std::size_t> told;
  for (const LeafStatus& status : result.statuses) {
    const std::size_t recipient = status.leaf.trace;
    const DeliveryStatus& what = status.report.status;
    const bool is_deferred = result.verdicts[recipient].kind == RecipientVerdict::Kind::deferred;
    const bool is_reason = what.outcome == (is_deferred ? DeliveryStatus::Outcome::deferred
                                                        : DeliveryStatus::Outcome::bounced);
    const bool is_delivered = result.verdicts[recipient].kind == RecipientVerdict::Kind::delivered;
    if (exit_status == EX_OK || is_delivered || !is_reason || !told.insert(recipient).second) {
      continue;
    }
    const std::string& address =
        status.report.orig_to.empty() ? status.report.to : status.report.orig_to;
    invocation.err << to_string(reported_code(what)) << " <" << printable(address)
                   << ">: " << printable(what.text) << '\n';
  }
}

/// Says what a delivery would do, one line for each destination.
void print_rehearsal(std::ostream& out, const DeliveryResult& result) {
  for (const LeafStatus& status : result.statuses) {
    const FinalStatus& report = status.report;
    const std::string_view original = other_original_of(report);
    out << printable(report.to);
    if (!original.empty()) {
      out << " (for " << printable(original) << ')';
    }
    const bool is_act = report.status.outcome == DeliveryStatus::Outcome::delivered;
    out << ": " << (is_act ? "" : std::string(status_word(report.status)) + ' ')
        << (is_act ? "" : to_string(reported_code(report.status)) + ' ')
        << printable(report.status.text) << '\n';
  }
}

int deliver_message(Invocation& invocation, Host& host, const DeliverOptions& options,
                    const SpooledMessage& message) {
  const bool is_real = options.effects == Effects::real;
  const auto log = is_real ? open_delivery_log_or_syslog(
                                 host.settings(), options.message.envelope.queue_id, invocation.err)
                           : std::make_unique<RehearsalLog>(invocation.err);
  const auto agents = choose_agents(options, host, *log);
  const DeliveryResult result =
      deliver_one_message(options.message, message, host.settings(), host.world(), *agents, *log);
  if (options.json) {
    for (const LeafStatus& status : result.statuses) {
      print_status_json(invocation.out, status.report);
    }
  } else if (!is_real) {
    print_rehearsal(invocation.out, result);
  }
  const int status = exit_status(result.verdicts, options.exit_style);
  if (is_real) {
    print_failures(invocation, result, status);
  }
  return status;
}

/// The exit status for a call that makes no sense. Where a message was handed over, an MTA would
/// return it to its sender for a slip in its own configuration: it is to keep it.
int usage_status(const Invocation& invocation) {
  struct stat input = {};
  const bool is_handed_over =
      &invocation.in == &std::cin && fstat(STDIN_FILENO, &input) == 0 &&
      (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode) || S_ISREG(input.st_mode));
  return is_handed_over ? EX_TEMPFAIL : EX_USAGE;
}

}  // namespace

int run_deliver(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "deliver [OPTIONS] [--] RECIPIENT... < MESSAGE");
  if (parsed.exit_status) {
    return *parsed.exit_status == EX_USAGE ? usage_status(invocation) : *parsed.exit_status;
  }
  auto options = read_options(parsed.values);
  if (!options) {
    return fail(invocation, "deliver", options.error().message(), usage_status(invocation));
  }
  const bool is_foreign = !invocation.options.root.empty() || !invocation.options.site.empty();
  if (is_foreign && options->effects == Effects::real) {
    return fail(invocation, "deliver",
                "a delivery acts on this host: with --root or --site it wants --dry-run", EX_USAGE);
  }
  // What is made is its owner's alone, as with Postfix: also under a caller's umask that would keep
  // the owner out of a new mailbox.
  umask(S_IRWXG | S_IRWXO);
  // Already the spool may meet a limit: that is a failed write then, and no signal.
  ignore_write_signals();
  end_at_once_when_asked(EX_TEMPFAIL);
  auto host = Host::open(invocation.options);
  if (!host) {
    return fail(invocation, "deliver", host.error().message(), EX_TEMPFAIL);
  }
  const auto entry = entry_of(parsed.values, options->message.stage, (*host)->settings());
  if (!entry) {
    return fail(invocation, "deliver", "--via: " + entry.error().message(), EX_TEMPFAIL);
  }
  options->message.entry = *entry;
  auto message = SpooledMessage::spool(STDIN_FILENO,
                                       content_rules(options->message.stage, (*host)->settings()));
  if (!message) {
    return fail(invocation, "deliver", message.error().message(), EX_TEMPFAIL);
  }
  return deliver_message(invocation, **host, *options, *message);
}

}  // namespace lastmile
