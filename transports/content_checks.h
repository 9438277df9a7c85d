// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transports/configuration.h"
#include "transports/restrictions.h"

namespace lastmile {

/// A line of a message for which header_checks or one of its kin had something, and what.
struct ContentMatch {
  std::string parameter = {};  ///< "header_checks".
  std::string line = {};       ///< Of the message.
  std::string value = {};      ///< "FILTER scan:localhost:10024".
  std::optional<SourcePos> source = {};
};

/// What the checks make of a message.
struct ContentVerdict {
  std::vector<ContentMatch> matches = {};     ///< Those that change what becomes of the message.
  std::optional<std::string> rejection = {};  ///< REJECT: its text; the last match says why.
  MessageActions actions = {};
  /// The text was not looked at: the message has several parts, each with headers of its own.
  bool skips_parts = false;
};

/// Looks at the headers and the text of a message, as cleanup(8) does while it takes one in: each
/// header whole, with its continuation lines, and each line of the text, up to
/// body_checks_size_limit. \param content  its beginning; octets beyond the limit need not be there
/// \return an Error when a table could not answer
/// \see header_checks(5)
Result<ContentVerdict> check_content(Configuration& cleanup, std::string_view content);

/// Whether any of these parameters names a table.
bool has_content_checks(const Settings& cleanup);

}  // namespace lastmile
