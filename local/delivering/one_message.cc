#include "local/delivering/one_message.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "aliases/world/termination.h"
#include "local/delivering/delivery_record.h"
#include "local/delivering/ledger_file.h"
#include "local/delivering/message_key.h"
#include "local/delivering/report_failures.h"
#include "local/delivering/status_filter.h"
#include "transports/agents/spooled_message.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

/// What is asked of the resolver for each recipient.
/// \param envelope  gets the sender in canonical form
ResolveRequest request_for(Resolver& resolver, const OneMessage& asked, Envelope& envelope,
                           const SpooledMessage& message) {
  ResolveRequest request = resolver.request_from(envelope.sender, asked.stage);
  envelope.sender = request.sender;
  request.received_headers = static_cast<long>(message.received_headers());
  request.delivered_to = message.delivered_to();
  request.resubmissions = Resubmissions::stop;
  return request;
}

std::vector<Trace> resolve_all(Resolver& resolver, const std::vector<Recipient>& recipients,
                               ResolveRequest request) {
  std::vector<Trace> traces;
  traces.reserve(recipients.size());
  for (const Recipient& recipient : recipients) {
    request.recipient = recipient;
    traces.push_back(resolver.resolve(request));
  }
  return traces;
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

/// The ledger of this message. What cannot be told apart from other messages is not remembered.
/// \param key  gets what tells it apart
std::unique_ptr<Ledger> ledger_for(const OneMessage& asked, const Envelope& envelope,
                                   const SpooledMessage& message, const Settings& settings,
                                   DeliveryLog& log, std::string& key) {
  if (!asked.is_remembered || !keeps_ledger(settings.lastmile_ledger.value)) {
    return std::make_unique<ForgetfulLedger>();
  }
  auto digest = message_key(message, envelope);
  if (!digest) {
    log.warn("delivering without the ledger: " + digest.error().message());
    return std::make_unique<ForgetfulLedger>();
  }
  key = *std::move(digest) + asked.original_recipient;
  LedgerOptions options;
  options.path = settings.lastmile_ledger.value;
  options.lifetime = settings.lastmile_ledger_lifetime.value;
  options.lease =
      std::max<std::chrono::seconds>(options.lease, 2 * longest_command_limit(settings));
  options.warn = [&log](const std::string& text) { log.warn(text); };
  return open_ledger(std::move(options));
}

}  // namespace

DeliveryResult deliver_one_message(const OneMessage& request, const SpooledMessage& message,
                                   const Settings& settings, World& world, Agents& agents,
                                   DeliveryLog& log) {
  Resolver resolver(settings, world, TableUse::deliver);
  Envelope envelope = request.envelope;
  ResolveRequest first = request_for(resolver, request, envelope, message);
  const auto traces = resolve_all(resolver, request.recipients, std::move(first));
  std::string key;
  auto ledger = ledger_for(request, envelope, message, settings, log, key);
  DeliveryRecord record(std::move(ledger), key, traces);
  StatusFilter filter(settings, world);
  // From here on an end leaves nothing half done: what was begun is finished first.
  end_in_order_when_asked();
  const DeliveryTools tools{agents, log, filter, record, settings};
  DeliveryResult result = deliver(traces, envelope, message, tools);
  if (request.sends_reports) {
    report_failures(result, traces, envelope, message, settings, tools);
  }
  using End = DeliveryRecord::End;
  record.finish(comes_back(result.verdicts) ? End::comes_back
                : envelope.queue_id.empty() ? End::settled
                                            : End::settled_by_name);
  return result;
}

}  // namespace lastmile
