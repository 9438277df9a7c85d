// SPDX-License-Identifier: Apache-2.0
#include "local/serving/status_reply.h"

namespace lastmile {

namespace {

using Outcome = DeliveryStatus::Outcome;

/// The outcome that decides a verdict.
Outcome deciding_outcome(RecipientVerdict::Kind kind) {
  switch (kind) {
    case RecipientVerdict::Kind::delivered:
      return Outcome::delivered;
    case RecipientVerdict::Kind::failed:
      return Outcome::bounced;
    case RecipientVerdict::Kind::deferred:
      break;
  }
  return Outcome::deferred;
}

}  // namespace

ServerReply reply_for(const DeliveryStatus& status) {
  ServerReply reply;
  reply.status = reported_code(status);
  reply.code = reply_code_for(reply.status);
  reply.text = status.text;
  return reply;
}

ServerReply reply_for(const DeliveryResult& result, std::size_t index) {
  const Outcome wanted = deciding_outcome(result.verdicts.at(index).kind);
  const DeliveryStatus* any = nullptr;
  for (const LeafStatus& status : result.statuses) {
    if (status.leaf.trace == index) {
      any = &status.report.status;
      if (any->outcome == wanted) {
        return reply_for(*any);
      }
    }
  }
  // Its failures were reported, or could not be: what they were is said all the same.
  DeliveryStatus status;
  status.outcome = wanted;
  status.code = wanted == Outcome::delivered ? "2.0.0"_dsn : "4.3.0"_dsn;
  status.text = any == nullptr                 ? "nothing is left to do"
                : wanted == Outcome::delivered ? "failures were reported: " + any->text
                                               : "to be tried again: " + any->text;
  return reply_for(status);
}

}  // namespace lastmile
