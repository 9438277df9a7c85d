// SPDX-License-Identifier: Apache-2.0
#include "local/serving/counting_log.h"

#include <utility>

namespace lastmile {

namespace {

class CountingLog : public DeliveryLog {
 public:
  CountingLog(std::unique_ptr<DeliveryLog> log, Counters& counters)
      : log_(std::move(log)), counters_(counters) {}

  void record(const FinalStatus& status, const DeliveryDelays& delays) override {
    log_->record(status, delays);
    if (status.is_repeated) {
      counters_.count_ledger_hit();
    } else {
      counters_.count_recipient(status.agent, status.status.outcome);
    }
  }
  void warn(std::string_view text) override { log_->warn(text); }
  void note(std::string_view service, std::string_view text) override { log_->note(service, text); }

 private:
  std::unique_ptr<DeliveryLog> log_;
  Counters& counters_;
};

}  // namespace

std::unique_ptr<DeliveryLog> counting(std::unique_ptr<DeliveryLog> log, Counters& counters) {
  return std::make_unique<CountingLog>(std::move(log), counters);
}

}  // namespace lastmile
