// SPDX-License-Identifier: Apache-2.0
#include "tests/support/recording_agents.h"

#include <span>

#include "transports/agents/spooled_message.h"

namespace lastmile::test {

namespace {

DeliveryStatus status_for(DeliveryStatus::Outcome outcome) {
  switch (outcome) {
    case DeliveryStatus::Outcome::delivered:
      return {outcome, "2.0.0"_dsn, "delivered", {}, {}, {}};
    case DeliveryStatus::Outcome::deferred:
      return {outcome, "4.2.0"_dsn, "try again", {}, {}, {}};
    case DeliveryStatus::Outcome::bounced:
      return {outcome, "5.2.0"_dsn, "no way", {}, {}, {}};
  }
  return {};
}

std::string text_of(const SpooledMessage& message) {
  std::string text(message.size(), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = message.read(size, std::span(text).subspan(size));
    if (!count || *count == 0) {
      break;
    }
    size += *count;
  }
  text.resize(size);
  return text;
}

}  // namespace

void RecordingAgents::answer(const std::string& destination, DeliveryStatus::Outcome outcome) {
  answers_[destination] = outcome;
}

void RecordingAgents::answer_recipient(const std::string& address,
                                       DeliveryStatus::Outcome outcome) {
  recipients_[address] = outcome;
}

void RecordingAgents::leave_open(const std::string& destination) {
  open_.insert(destination);
}

std::vector<DeliveryStatus> RecordingAgents::perform(const Job& job,
                                                     const SpooledMessage& message) {
  const std::string destination = to_string(job.destination);
  std::string line = destination;
  for (const Recipient& recipient : job.recipients) {
    line += ' ' + to_external(recipient.address);
  }
  lines_.push_back(line + " from " + to_external(job.envelope.sender));
  jobs_.push_back(job);
  messages_.push_back(text_of(message));
  const auto answer = answers_.find(destination);
  const auto outcome =
      answer == answers_.end() ? DeliveryStatus::Outcome::delivered : answer->second;
  std::vector<DeliveryStatus> statuses;
  for (const Recipient& recipient : job.recipients) {
    const auto own = recipients_.find(to_external(recipient.address));
    statuses.push_back(status_for(own == recipients_.end() ? outcome : own->second));
    statuses.back().perhaps_delivered = open_.contains(destination);
  }
  return statuses;
}

void RecordingLog::record(const FinalStatus& status, const DeliveryDelays& /*delays*/) {
  statuses.push_back(status.to + ' ' + std::string(status_word(status.status)) + ' ' +
                     to_string(status.status.code));
}

void RecordingLog::warn(std::string_view text) {
  warnings.emplace_back(text);
}

}  // namespace lastmile::test
