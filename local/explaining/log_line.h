// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// A line of a mail log without what the log daemon, a journal or a collector puts around it.
struct ParsedLine {
  std::string program = {};   ///< "local", "smtpd"; empty where that was cut off.
  std::string service = {};   ///< What stands before it: "submission" of postfix/submission/smtpd.
  std::string queue_id = {};  ///< "NOQUEUE" as well; empty where there is none.
  std::string text = {};
};

/// The lines that a text holds: those of JSON (journald, docker, Loki) are taken out of it, others
/// stay as they are.
std::vector<std::string> plain_lines(std::string_view text);

/// Takes one line apart. Understood are the forms of syslog (RFC 3164 and 5424), of journalctl, and
/// lines of which the beginning was cut off. What is none of them is `text` alone.
ParsedLine parse_log_line(std::string_view line);

/// Whether this is the name of a message in Postfix's queue, short or long.
/// \see postconf(5), enable_long_queue_ids
bool is_queue_id(std::string_view text);

}  // namespace lastmile
