// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transports/delivery_status.h"

namespace lastmile {

// What a delivery process tells its parent through the pipe of run_as(): texts, each with a NUL
// behind it. They may come from a child that a user could tamper with: what is taken is cut and
// made printable, and whatever is missing is no status.

/// \param text  up to its first NUL
void add_text(std::string& bytes, std::string_view text);
/// Takes a text off the front of `bytes`; nullopt when there is none.
std::optional<std::string> take_text(std::string_view& bytes);

void add_status(std::string& bytes, const DeliveryStatus& status);
/// Takes a status off the front of `bytes`; nullopt when there is none that is whole.
std::optional<DeliveryStatus> take_status(std::string_view& bytes);

}  // namespace lastmile
