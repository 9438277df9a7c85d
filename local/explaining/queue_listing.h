// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "local/explaining/incident.h"

namespace lastmile {

/// Whether the text has lines of `postqueue -j`, or is what mailq(1) prints.
bool is_queue_listing(std::string_view text);

/// One incident for each recipient that waits, deferred where there is a reason.
/// \see postqueue(1), "JSON OBJECT FORMAT"
std::vector<Incident> read_queue_listing(std::string_view text);

}  // namespace lastmile
