// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "local/explaining/incident.h"

namespace lastmile {

/// Whether the text is a delivery status notification, whole or in part: it has fields of
/// message/delivery-status, or Postfix's words for people.
bool is_bounce_text(std::string_view text);

/// One incident for each recipient that the notification reports. Fields count where they are
/// there, else the words for people: `<to> (expanded from <orig_to>): why`.
/// \param text  a message, its source, or a piece of it, also quoted with `> `
/// \see RFC 3464; Postfix: bounce(5)
std::vector<Incident> read_bounce(std::string_view text);

}  // namespace lastmile
