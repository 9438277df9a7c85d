// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "local/delivering/deliver.h"
#include "local/serving/server_reply.h"

namespace lastmile {

/// The reply that says how a status ended: `250 2.0.0 delivered to mailbox`.
ServerReply reply_for(const DeliveryStatus& status);

/// The reply for one recipient of a delivery: the text of what has decided its verdict.
/// \param index  its place among the recipients
ServerReply reply_for(const DeliveryResult& result, std::size_t index);

}  // namespace lastmile
