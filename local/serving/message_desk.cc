// SPDX-License-Identifier: Apache-2.0
#include "local/serving/message_desk.h"

#include <utility>

#include "aliases/overloaded.h"
#include "local/delivering/content_rules.h"
#include "local/delivering/early_status.h"
#include "local/host_agents.h"
#include "local/serving/counting_log.h"
#include "local/serving/status_reply.h"
#include "transports/agents/lmtp_connections.h"

namespace lastmile {

namespace {

using Clock = std::chrono::steady_clock;

/// What is answered where the configuration or the spool stands in the way: try again.
ServerReply reply_for(const Error& error, EnhancedStatus status) {
  return {reply_code_for(status), status, error.message()};
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

/// A message from MAIL to the end of its content.
struct MessageDesk::Message {
  Clock::time_point begun = Clock::now();
  OneMessage request = {};
  std::shared_ptr<Host> host = nullptr;
  std::unique_ptr<DeliveryLog> log = nullptr;
  std::optional<Resolver> resolver = {};
  std::optional<ResolveRequest> question = {};  ///< What is asked of each recipient before DATA.
  std::vector<Trace> found = {};                ///< Of the recipients that were accepted.
  std::optional<StatusFilter> filter = {};
  std::optional<ServerReply> fault = {};  ///< Why nothing can be delivered now.
  std::optional<MessageSpooler> spooler = {};
};

MessageDesk::MessageDesk(OpenHost open_host, std::ostream& err, Counters* counters)
    : open_host_(std::move(open_host)), err_(err), counters_(counters) {}
MessageDesk::~MessageDesk() = default;

std::vector<ServerAnswer> MessageDesk::take(ServerEvent event) {
  using Answers = std::vector<ServerAnswer>;
  return std::visit(
      Overloaded{[&](BeginMessage& it) {
                   begin(std::move(it));
                   return Answers();
                 },
                 [&](AskRecipient& it) { return Answers{RecipientAnswer{ask(it.recipient)}}; },
                 [&](MessageContent& it) {
                   append(it.octets);
                   return Answers();
                 },
                 [&](EndMessage&) { return deliver(); },
                 [&](AbandonMessage&) {
                   message_.reset();
                   return Answers();
                 },
                 [&](RepliesRead&) {
                   pending_.confirm();
                   return Answers();
                 }},
      event);
}

void MessageDesk::count_time(Counters::Step step, std::chrono::steady_clock::time_point since) {
  if (counters_ != nullptr) {
    counters_->count_time(step, Clock::now() - since);
  }
}

void MessageDesk::begin(BeginMessage begin) {
  message_ = std::make_unique<Message>();
  Message& message = *message_;
  message.request.envelope = std::move(begin.envelope);
  message.request.told = Told::one_by_one;
  auto host = open_host_();
  if (!host) {
    message.fault = reply_for(host.error(), "4.3.5"_dsn);
    return;
  }
  message.host = *std::move(host);
  const Settings& settings = message.host->settings();
  const Envelope& envelope = message.request.envelope;
  message.log = open_delivery_log_or_syslog(settings, envelope.queue_id, err_);
  if (counters_ != nullptr) {
    message.log = counting(std::move(message.log), *counters_);
  }
  message.resolver.emplace(settings, message.host->world(), TableUse::deliver);
  message.question =
      message.resolver->request_from(envelope.sender, message.request.stage, message.request.entry);
  message.question->resubmissions = Resubmissions::stop;
  message.filter.emplace(settings, message.host->world());
  message.spooler.emplace(real_system(), content_rules(message.request.stage, settings));
}

ServerReply MessageDesk::ask(const Recipient& recipient) {
  if (!message_) {
    return {503, "5.5.1"_dsn, "no message is begun"};
  }
  Message& message = *message_;
  if (message.fault) {
    return *message.fault;
  }
  const auto start = Clock::now();
  message.question->recipient = recipient;
  Trace trace = message.resolver->resolve(*message.question);
  const auto status = early_status(trace, message.question->sender, message.host->settings(),
                                   message.host->world(), *message.filter);
  count_time(Counters::Step::resolve, start);
  if (status) {
    message.log->record(*status, {seconds_since(message.begun), 0});
    return lastmile::reply_for(status->status);
  }
  message.request.recipients.push_back(recipient);
  message.found.push_back(std::move(trace));
  return {250, "2.1.5"_dsn, "Ok"};
}

void MessageDesk::append(const std::string& octets) {
  if (!message_ || message_->fault) {
    return;
  }
  if (auto appended = message_->spooler->append(octets); !appended) {
    message_->log->warn(appended.error().message());
    message_->fault = reply_for(appended.error(), "4.3.1"_dsn);
  }
}

std::shared_ptr<LmtpConnections> MessageDesk::connections_of(const std::shared_ptr<Host>& host) {
  if (host != connected_host_ || !connections_) {
    // They know the parameters of the host for which they were made. The old ones end before it.
    connections_ = std::make_shared<LmtpConnections>();
    connected_host_ = host;
  }
  return connections_;
}

std::vector<ServerAnswer> MessageDesk::deliver() {
  const std::unique_ptr<Message> message = std::move(message_);
  std::vector<ServerAnswer> answers;
  const std::size_t count = message ? message->request.recipients.size() : 0;
  const auto answer = [&](ServerReply reply) {
    const bool is_last = answers.size() + 1 >= count;
    answers.emplace_back(MessageAnswer{std::move(reply), is_last});
  };
  if (count == 0) {
    answer({554, "5.5.1"_dsn, "no valid recipients"});
    return answers;
  }
  std::optional<ServerReply> fault = message->fault;
  auto spooled =
      fault ? unavailable("the message is not spooled") : std::move(*message->spooler).finish();
  if (!fault && !spooled) {
    fault = reply_for(spooled.error(), "4.3.1"_dsn);
  }
  if (fault) {
    for (std::size_t i = 0; i < count; ++i) {
      answer(*fault);
    }
    return answers;
  }
  if (counters_ != nullptr) {
    counters_->count_message();
    counters_->count_time(Counters::Step::receive, Clock::now() - message->begun);
  }
  const auto start = Clock::now();
  message->request.seconds_before = seconds_since(message->begun);
  message->request.pending = &pending_;
  message->request.kept_ledger = &kept_ledger_;
  message->request.resolver = &*message->resolver;
  message->request.found = &message->found;
  const Settings& settings = message->host->settings();
  DeliveryLog& log = *message->log;
  const auto agents = real_agents_of(*message->host, log, connections_of(message->host));
  const DeliveryResult result = deliver_one_message(message->request, *spooled, settings,
                                                    message->host->world(), *agents, log);
  count_time(Counters::Step::deliver, start);
  for (std::size_t i = 0; i < count; ++i) {
    answer(lastmile::reply_for(result, i));
  }
  return answers;
}

}  // namespace lastmile
