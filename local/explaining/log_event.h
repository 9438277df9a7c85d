// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "local/explaining/incident.h"
#include "local/explaining/log_line.h"

namespace lastmile {

/// What one line of a log says of a message.
struct LogEvent {
  enum class Kind {
    none,      ///< Nothing that helps.
    incident,  ///< Something that can be explained.
    sender,    ///< Who sends the message: `incident.sender`.
    client,    ///< Who brought it: `incident.client`, `incident.user`.
    report,    ///< A notification was made: `incident.report_id`.
  };
  Kind kind = Kind::none;
  Incident incident = {};
};

/// Reads the text behind the queue ID.
/// \see the `log` lines of Postfix's daemons; what none of them writes is Kind::none
LogEvent parse_log_event(const ParsedLine& line);

}  // namespace lastmile
