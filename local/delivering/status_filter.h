// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/delivering/delivery_log.h"
#include "transports/configuration.h"

namespace lastmile {

/// What happens to every status before it is reported: the delivery status filters, soft_bounce,
/// and the rule that a code has the class of its outcome.
/// \see postconf(5), default_delivery_status_filter, soft_bounce
class StatusFilter {
 public:
  /// Both referents must outlive the filter.
  StatusFilter(const Settings& settings, World& world);

  void apply(FinalStatus& report);

 private:
  void apply_table(TableList& table, DeliveryStatus& status);
  TableList& table_for(const std::string& agent);

  const Settings& settings_;
  World& world_;
  std::map<std::string, TableList, std::less<>> tables_;  ///< By agent.
};

}  // namespace lastmile
