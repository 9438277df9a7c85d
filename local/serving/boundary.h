// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "local/serving/server_events.h"

namespace lastmile {

// The language between the process that reads the network, which has no rights, and the one that
// delivers, which reads nothing else. A message is a type (one octet), the number of octets that
// follow (four, the highest first), and the members of the value in their order: texts with their
// length (four octets), numbers as four octets.

/// Octets of the largest message: a piece of content and its frame.
inline constexpr std::size_t kMaxBoundaryMessage = std::size_t{128} * 1024;

std::string encode(const ServerEvent& event);
std::string encode(const ServerAnswer& answer);

/// Takes the octets of one message off the beginning of `bytes`.
/// \return what follows its type and length with the type before it; nullopt when it is not
///         complete; malformed when it is longer than kMaxBoundaryMessage
Result<std::optional<std::string>> take_boundary_message(std::string& bytes);

/// Reads what take_boundary_message() gave. Every member has its own limits; a text beyond them, a
/// type that does not exist, and octets that are missing or left over are malformed: the other
/// side is not what it should be, and no more is read of it.
Result<ServerEvent> decode_event(std::string_view message);
Result<ServerAnswer> decode_answer(std::string_view message);

}  // namespace lastmile
