// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/one_message.h"
#include "local/delivering/content_rules.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "aliases/world/termination.h"
#include "local/delivering/ledger_file.h"
#include "local/delivering/ledger_place.h"
#include "local/delivering/message_key.h"
#include "local/delivering/plan_jobs.h"
#include "local/delivering/status_filter.h"
#include "transports/agents/message_age.h"
#include "transports/agents/spooled_message.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

/// The client that brought the message to smtpd(8), as the caller says; else this host.
SmtpClient client_of(const ClientFacts& attributes) {
  if (attributes.address.empty()) {
    return client_on_this_host();
  }
  SmtpClient client;
  client.address = attributes.address;
  client.name = attributes.hostname.empty() ? client.name : attributes.hostname;
  client.helo = attributes.helo;
  client.user = attributes.sasl_username;
  return client;
}

/// What is asked of the resolver for each recipient.
/// \param envelope  gets the sender in canonical form
ResolveRequest request_for(Resolver& resolver, const OneMessage& asked, Envelope& envelope,
                           const SpooledMessage& message) {
  ResolveRequest request = resolver.request_from(envelope.sender, asked.stage, asked.entry);
  request.client = client_of(envelope.client);
  envelope.sender = request.sender;
  request.received_headers = static_cast<long>(message.received_headers());
  request.delivered_to = message.delivered_to();
  // A message that cannot be read is deferred where it is delivered.
  if (auto content = checked_content(message, asked.stage)) {
    request.content = *std::move(content);
  }
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

/// Whether a part of the message can be done while another one has to wait.
bool has_parts(std::span<const Trace> traces) {
  std::size_t parts = 0;
  for (const Trace& trace : traces) {
    for (const NodeId id : trace.acts()) {
      parts += needs_agent(trace.leaf(id).destination) ? 1 : 0;
    }
  }
  return parts > 1;
}

/// Whether an MTA may bring the message again: none does so of itself as soon as this. What had
/// several things to do then may have one left now.
bool may_be_retry(const SpooledMessage& message) {
  constexpr std::chrono::seconds kSoonestRetry{60};
  const auto received = received_at(message);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return received && now > std::chrono::seconds(*received) + kSoonestRetry;
}

/// Whether the ledger could tell this delivery, or a retry, more than the exit status tells the
/// MTA. Of one act the status says all there is to say, unless somebody else than the sender of the
/// message hears of its failure. Who is answered in another way than by a status may be gone before
/// the answer.
bool needs_ledger(const OneMessage& asked, const Envelope& envelope, const SpooledMessage& message,
                  std::span<const Trace> traces) {
  std::vector<LeafRef> acts;
  for (std::size_t index = 0; index < traces.size() && acts.size() < 2; ++index) {
    for (const NodeId id : traces[index].acts()) {
      acts.push_back({index, id});
    }
  }
  const auto is_told_to_others = [&](LeafRef act) {
    return *traces[act.trace].leaf(act.node).report_to != envelope.sender;
  };
  return acts.size() > 1 || asked.pending != nullptr ||
         std::any_of(acts.begin(), acts.end(), is_told_to_others) || may_be_retry(message);
}

std::vector<bool> deferred_recipients(const DeliveryResult& result) {
  std::vector<bool> deferred;
  for (const RecipientVerdict& verdict : result.verdicts) {
    deferred.push_back(verdict.kind == RecipientVerdict::Kind::deferred);
  }
  return deferred;
}

/// Says what the lack of a ledger can cost, and the cure.
void warn_of_no_ledger(const std::string& obstacle, const std::string& user, DeliveryLog& log) {
  log.warn("no ledger is kept: " + obstacle +
           "; when a part of this message has to wait, the retry delivers the others again; make "
           "/var/lib/lastmile-" +
           user + " (mode 0700, owned by " + user +
           ") and set lastmile_ledger = /var/lib/lastmile-%u/ledger.sqlite");
}

/// The ledger of this message, where it is of use. What cannot be told apart from other messages is
/// not remembered.
/// \param key  gets what tells it apart
std::unique_ptr<Ledger> ledger_for(const OneMessage& asked, const Envelope& envelope,
                                   const SpooledMessage& message, const Settings& settings,
                                   std::span<const Trace> traces, DeliveryLog& log,
                                   std::string& key) {
  if (!asked.is_remembered || settings.lastmile_ledger.value.empty() ||
      !needs_ledger(asked, envelope, message, traces)) {
    return std::make_unique<ForgetfulLedger>();
  }
  const LedgerKeeper keeper = this_keeper();
  const LedgerPlace place = find_ledger_place(settings.lastmile_ledger.value, keeper);
  if (place.path.empty()) {
    if (!place.obstacle.empty() && has_parts(traces)) {
      warn_of_no_ledger(place.obstacle, keeper.name, log);
    }
    return std::make_unique<ForgetfulLedger>();
  }
  auto digest = message_key(message, envelope);
  if (!digest) {
    log.warn("delivering without the ledger: " + digest.error().message());
    return std::make_unique<ForgetfulLedger>();
  }
  key = *std::move(digest) + asked.original_recipient;
  LedgerOptions options;
  options.path = place.path;
  options.lifetime = settings.lastmile_ledger_lifetime.value;
  options.lease =
      std::max<std::chrono::seconds>(options.lease, 2 * longest_command_limit(settings));
  options.kept = asked.kept_ledger;
  options.warn = [&log](const std::string& text) { log.warn(text); };
  return open_ledger(std::move(options));
}

}  // namespace

DeliveryResult deliver_one_message(const OneMessage& request, const SpooledMessage& message,
                                   const Settings& settings, World& world, Agents& agents,
                                   DeliveryLog& log) {
  std::optional<Resolver> own_resolver;
  Resolver& resolver = request.resolver != nullptr
                           ? *request.resolver
                           : own_resolver.emplace(settings, world, TableUse::deliver);
  Envelope envelope = request.envelope;
  ResolveRequest first = request_for(resolver, request, envelope, message);
  const bool is_found = request.found != nullptr && request.stage == Stage::local &&
                        request.found->size() == request.recipients.size() &&
                        message.delivered_to().empty();
  const auto traces = is_found ? std::exchange(*request.found, {})
                               : resolve_all(resolver, request.recipients, std::move(first));
  std::string key;
  auto ledger = ledger_for(request, envelope, message, settings, traces, log, key);
  DeliveryRecord record(std::move(ledger), key, traces);
  StatusFilter filter(settings, world);
  // From here on an end leaves nothing half done: what was begun is finished first.
  end_in_order_when_asked();
  const DeliveryTools tools{agents, log, filter, record, settings, request.seconds_before};
  DeliveryResult result = deliver(traces, envelope, message, tools);
  if (request.sends_reports) {
    report_failures(result, traces, envelope, message, request.told, tools);
  }
  using End = DeliveryRecord::End;
  const bool is_known_again = request.pending != nullptr || !envelope.queue_id.empty();
  record.finish(comes_back(result.verdicts) ? End::comes_back
                : is_known_again            ? End::settled_by_name
                                            : End::settled);
  // With a queue ID nothing else can be taken for this message, and it may be remembered.
  if (request.pending != nullptr && envelope.queue_id.empty()) {
    *request.pending = std::move(record).await_confirmation(deferred_recipients(result));
  }
  return result;
}

}  // namespace lastmile
