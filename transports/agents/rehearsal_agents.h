// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "transports/agents/agents.h"

namespace lastmile {

/// Says what it would do, and does nothing: the agents of `deliver --dry-run`. The texts are those
/// of a Postfix address probe: `delivers to mailbox`, `delivers to command: ...`.
/// \see sendmail(1), -bv
class RehearsalAgents : public Agents {
 public:
  std::vector<DeliveryStatus> perform(const Job& job, const SpooledMessage& message) override;
};

}  // namespace lastmile
