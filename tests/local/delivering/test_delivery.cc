// SPDX-License-Identifier: Apache-2.0
#include "tests/local/delivering/test_delivery.h"

#include <memory>

#include "local/delivering/delivery_record.h"
#include "local/delivering/report_failures.h"
#include "local/delivering/status_filter.h"
#include "tests/support/catch.h"
#include "transports/agents/spooled_message.h"

namespace lastmile::test {

DeliveryResult TestDelivery::run(const std::vector<std::string>& recipients) {
  std::vector<Trace> traces;
  for (const std::string& recipient : recipients) {
    ResolveRequest request;
    request.recipient.address = *parse_address(recipient);
    request.recipient.original = original.empty() ? recipient : original;
    request.recipient.notify = notify;
    request.recipient.orcpt = orcpt;
    request.sender = sender;
    request.stage = stage;
    request.resubmissions = Resubmissions::stop;
    traces.push_back(host.trace(request));
  }
  const auto message = SpooledMessage::from_text(text);
  REQUIRE(message.ok());
  const auto settings = load_settings(host.world(), "/etc/postfix");
  REQUIRE(settings.ok());
  StatusFilter filter(*settings, host.world());
  Envelope envelope;
  envelope.sender = sender;
  envelope.returned_content = returned_content;
  envelope.envelope_id = "envid-1";
  DeliveryRecord record(std::make_unique<ForgetfulLedger>(), "", traces);
  const DeliveryTools tools{agents, log, filter, record, *settings};
  DeliveryResult result = deliver(traces, envelope, *message, tools);
  report_failures(result, traces, envelope, *message, Told::by_one_status, tools);
  return result;
}

}  // namespace lastmile::test
