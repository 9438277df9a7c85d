#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
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
#include "local/commands/options.h"
#include "local/commands/stage_option.h"
#include "local/delivering/deliver.h"
#include "local/delivering/delivery_record.h"
#include "local/delivering/ledger_file.h"
#include "local/delivering/message_key.h"
#include "local/delivering/report_failures.h"
#include "local/delivering/status_filter.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "local/resolving/resolve.h"
#include "transports/agents/file_output.h"
#include "transports/agents/lmtp_agent.h"
#include "transports/agents/real_agents.h"
#include "transports/agents/rehearsal_agents.h"
#include "transports/agents/spooled_message.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

enum class Effects { real, rehearsed };

/// The options of one delivery, read and understood.
struct DeliverOptions {
  Envelope envelope = {};
  std::vector<Recipient> recipients = {};
  std::string original_recipient = {};  ///< Of all recipients, when the MTA named one.
  Stage stage = Stage::local;
  ExitStyle exit_style = ExitStyle::sysexits;
  Effects effects = Effects::real;
  bool reports = true;
  bool json = false;
};

/// \see RFC 3461 section 4.1
Result<DsnNotify> read_notify(const std::string& text) {
  DsnNotify notify;
  if (text.empty()) {
    return notify;
  }
  notify.on_failure = false;
  std::size_t count = 0;
  for (const std::string_view word : split_list(text)) {
    ++count;
    const std::string folded = fold_case(word);
    if (folded == "never") {
      notify.never = true;
    } else if (folded == "success") {
      notify.on_success = true;
    } else if (folded == "failure") {
      notify.on_failure = true;
    } else if (folded == "delay") {
      notify.on_delay = true;
    } else {
      count = 0;
      break;
    }
  }
  if (count == 0 || (notify.never && count > 1)) {
    return malformed("--notify wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not \"" +
                     text + '"');
  }
  return notify;
}

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

/// \param stage  at Stage::smtp the text is what a client says: smtpd judges it
Result<Recipient> recipient_of(const std::string& text, const std::string& original, Stage stage) {
  auto address = parse_address_argument(text);
  if (!address && stage != Stage::smtp) {
    return std::move(address).error();
  }
  if (!address) {
    address = split_address(text);
  }
  Recipient recipient;
  recipient.address = *std::move(address);
  recipient.is_bare = is_bare_address(text);
  recipient.original = original.empty() ? to_external(recipient.address) : original;
  return recipient;
}

Result<Ok> read_recipients(const Options& values, DeliverOptions& options) {
  const std::string original = values.text("original-recipient");
  options.original_recipient = original;
  const auto notify = read_notify(values.text("notify"));
  if (!notify) {
    return notify.error();
  }
  const std::string orcpt = values.text("orcpt");
  if (!orcpt.empty() && orcpt.find(';') == std::string::npos) {
    return malformed("--orcpt wants TYPE;ADDRESS, not \"" + orcpt + '"');
  }
  for (const auto* texts :
       {&values.values("recipient"), &values.values("destination-user"), &values.words()}) {
    for (const std::string& text : *texts) {
      // smtpd(8) takes a source route off before anything else.
      const std::size_t route = options.stage == Stage::smtp ? source_route_size(text) : 0;
      auto recipient = recipient_of(text.substr(route), original, options.stage);
      if (!recipient) {
        return std::move(recipient).error();
      }
      recipient->notify = *notify;
      recipient->orcpt = orcpt;
      options.recipients.push_back(*std::move(recipient));
    }
  }
  if (options.recipients.empty()) {
    return malformed("no recipient");
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

Result<DeliverOptions> read_options(const Options& values) {
  DeliverOptions options;
  const auto text = [&](const char* name) { return values.text(name); };
  // No message is refused for its sender.
  const std::string sender_text = text("sender");
  auto sender = parse_address_argument(sender_text);
  options.envelope.sender = sender ? *std::move(sender) : split_address(sender_text);
  options.envelope.queue_id = text("queue-id");
  options.envelope.envelope_id = text("envid");
  options.envelope.client = {text("client-hostname"), text("client-address"), text("client-helo"),
                             text("client-protocol"), text("sasl-method"),    text("sasl-username"),
                             text("sasl-sender"),     text("client-port")};
  const auto returned_content = read_returned_content(text("ret"));
  if (!returned_content) {
    return returned_content.error();
  }
  options.envelope.returned_content = *returned_content;
  const auto stage = parse_stage(text("stage"));
  if (!stage) {
    return malformed("--stage wants full, local or smtp");
  }
  options.stage = *stage;
  if (auto read = read_recipients(values, options); !read) {
    return std::move(read).error();
  }
  if (options.stage != Stage::local) {
    remove_repetitions(options.recipients);
  }
  if (!text("mailbox").empty() && text("mailbox") != "INBOX") {
    return malformed("-m takes INBOX alone: the configuration chooses the mailbox");
  }
  if (text("exit-style") == "qmail") {
    options.exit_style = ExitStyle::qmail;
  } else if (text("exit-style") != "sysexits") {
    return malformed("--exit-style wants sysexits or qmail");
  }
  options.json = values.has("json");
  options.effects = values.has("dry-run") ? Effects::rehearsed : Effects::real;
  options.reports = !values.has("reject") && options.effects == Effects::real;
  return options;
}

/// What is asked of the resolver for each recipient.
/// \param envelope  gets the sender in canonical form
ResolveRequest request_for(Resolver& resolver, const DeliverOptions& options, Envelope& envelope,
                           const SpooledMessage& message) {
  ResolveRequest request;
  request.client_sender = envelope.sender;
  if (auto sender = resolver.canonical_sender(envelope.sender, options.stage)) {
    envelope.sender = *std::move(sender);
  } else {
    request.sender_failure = std::move(sender).error();
  }
  request.sender = envelope.sender;
  request.delivered_to = message.delivered_to();
  request.stage = options.stage;
  request.resubmissions = Resubmissions::stop;
  return request;
}

std::vector<Trace> resolve_all(Resolver& resolver, const DeliverOptions& options,
                               ResolveRequest request) {
  std::vector<Trace> traces;
  traces.reserve(options.recipients.size());
  for (const Recipient& recipient : options.recipients) {
    request.recipient = recipient;
    traces.push_back(resolver.resolve(request));
  }
  return traces;
}

/// The log that the configuration asks for; standard error where that one cannot be had.
std::unique_ptr<DeliveryLog> open_log(Invocation& invocation, const Settings& settings,
                                      const std::string& queue_id) {
  auto log = open_delivery_log(settings, queue_id, invocation.err);
  if (log) {
    return std::move(*log);
  }
  auto fallback = open_stderr_log(settings, queue_id, invocation.err);
  fallback->warn(log.error().message());
  return fallback;
}

/// The longest time limit that any service gives a command.
std::chrono::seconds longest_command_limit(const Settings& settings) {
  auto longest = settings.command_time_limit.value;
  for (const Service& service : settings.master_cf.services()) {
    if (service.program == "local" || service.program == "pipe") {
      const auto limit = pipe_time_limit(settings.of_service(service.name), service.name);
      longest = limit ? std::max(longest, *limit) : longest;
    }
  }
  return longest;
}

/// What is known of this message; null when nobody is to remember it.
/// \param original_recipient  what `-a` says: for another one a copy is another message
std::unique_ptr<DeliveryRecord> open_record(const Settings& settings, const Envelope& envelope,
                                            const std::string& original_recipient,
                                            const SpooledMessage& message,
                                            std::span<const Trace> traces, DeliveryLog& log) {
  if (!keeps_ledger(settings.lastmile_ledger.value)) {
    return nullptr;
  }
  const auto key = message_key(message, envelope);
  if (!key) {
    log.warn("delivering without the ledger: " + key.error().message());
    return nullptr;
  }
  LedgerOptions options;
  options.path = settings.lastmile_ledger.value;
  options.lifetime = settings.lastmile_ledger_lifetime.value;
  options.lease =
      std::max<std::chrono::seconds>(options.lease, 2 * longest_command_limit(settings));
  options.warn = [&log](const std::string& text) { log.warn(text); };
  return std::make_unique<DeliveryRecord>(open_ledger(std::move(options)),
                                          *key + original_recipient, traces);
}

/// What performs the delivery, and what remembers it.
struct Performers {
  std::unique_ptr<Agents> agents = {};
  std::unique_ptr<DeliveryRecord> record = {};
};

Performers choose_performers(const DeliverOptions& options, const Settings& settings,
                             const Envelope& envelope, const SpooledMessage& message,
                             std::span<const Trace> traces, DeliveryLog& log) {
  Performers performers;
  if (options.effects == Effects::rehearsed) {
    performers.agents = std::make_unique<RehearsalAgents>();
    return performers;
  }
  performers.agents = std::make_unique<RealAgents>(
      settings, deliver_to_lmtp, [&log](const std::string& text) { log.warn(text); });
  performers.record =
      open_record(settings, envelope, options.original_recipient, message, traces, log);
  return performers;
}

/// Resolves, performs, and tells the sender what failed while other recipients were reached.
int deliver_message(Invocation& invocation, Host& host, const DeliverOptions& options,
                    const SpooledMessage& message) {
  const Settings& settings = host.settings();
  const auto log = open_log(invocation, settings, options.envelope.queue_id);
  Resolver resolver(settings, host.world(), TableUse::deliver);
  Envelope envelope = options.envelope;
  ResolveRequest request = request_for(resolver, options, envelope, message);
  const auto traces = resolve_all(resolver, options, std::move(request));
  const auto [agents, record] =
      choose_performers(options, settings, envelope, message, traces, *log);
  StatusFilter filter(settings, host.world());
  end_in_order_when_asked();
  const DeliveryTools tools{*agents, *log, filter, record.get()};
  DeliveryResult result = deliver(traces, envelope, message, tools);
  if (options.json) {
    for (const LeafStatus& status : result.statuses) {
      print_status_json(invocation.out, status.report);
    }
  }
  if (options.reports) {
    report_failures(result, traces, envelope, message, settings, tools);
  }
  if (record) {
    record->finish(comes_back(result.verdicts) ? DeliveryRecord::End::comes_back
                                               : DeliveryRecord::End::settled);
  }
  return exit_status(result.verdicts, options.exit_style);
}

}  // namespace

int run_deliver(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "deliver [OPTIONS] [--] RECIPIENT... < MESSAGE");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  auto options = read_options(parsed.values);
  if (!options) {
    return fail(invocation, "deliver", options.error().message(), EX_USAGE);
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
  auto message = SpooledMessage::spool(STDIN_FILENO);
  if (!message) {
    return fail(invocation, "deliver", message.error().message(), EX_TEMPFAIL);
  }
  return deliver_message(invocation, **host, *options, *message);
}

}  // namespace lastmile
