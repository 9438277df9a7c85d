// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "local/delivering/delivery_log.h"
#include "local/serving/counters.h"

namespace lastmile {

/// `log`, which counts what it is told.
/// \param counters  outlive it
std::unique_ptr<DeliveryLog> counting(std::unique_ptr<DeliveryLog> log, Counters& counters);

}  // namespace lastmile
