// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "local/explaining/incident.h"

namespace lastmile {

/// What somebody pasted, taken apart.
struct Paste {
  std::vector<Incident> incidents = {};  ///< In order; what is said twice is one with a count.
  std::size_t lines = 0;                 ///< Of a log.
  std::size_t other_lines = 0;           ///< Those that say nothing that can be explained.
};

/// Which incidents of a log are wanted.
struct PasteTerms {
  /// Only messages in which this address occurs; empty: all.
  std::string address = {};
  /// What went well as well; else that is told only where nothing else is.
  bool with_successes = false;
};

/// Finds out what a text is (a log, a bounce, a listing of the queue), and what happened by it.
/// Lines of one message are joined: who sent it, who was told, what it was forwarded as.
Paste read_paste(std::string_view text, const PasteTerms& terms);

/// Which other mail program has written a text: "Dovecot", "Exim", "Sendmail"; empty: none that is
/// known. For a text of which read_paste() makes nothing.
std::string_view other_mailer(std::string_view text);

}  // namespace lastmile
