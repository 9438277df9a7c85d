// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "local/questions/outcome.h"

namespace lastmile {

/// One line of what is expected of an address. \see lastmile-expect(5)
struct Expectation {
  enum class Kind {
    destination,  ///< `mailbox:/var/mail/alice`
    others,       ///< `...`: there may be more
    excluded,     ///< `! remote:*`
    same_as,      ///< `= root`
    reply,        ///< `RCPT 550 5.1.1`
    lands,
    refused,  ///< `refused 5.1.1`
    sender,   ///< `from owner-announce@example.com`
    via,      ///< `via alias root`
    count,    ///< `count 8..20`
  };

  Kind kind = Kind::destination;
  std::string text = {};         ///< As it is written.
  std::string argument = {};     ///< Behind the word.
  std::string destination = {};  ///< Of Kind::destination and excluded: its kind, "mailbox".
  std::string user = {};         ///< Behind ` as `; empty: not compared.
  std::size_t least = 0;         ///< Of Kind::count.
  std::size_t most = 0;
  int line = 0;
};

/// Reads one expectation.
/// \return malformed: what was found, and what would be right
Result<Expectation> parse_expectation(std::string_view text);

/// Whether a destination is the one that is meant: by the glob over its target, with and without
/// the recipient.
bool matches(const Expectation& expected, const Landing& landing);

/// Whether the way has a step that `via` names.
bool passes(const Trace& trace, std::string_view step);

/// The words for what an address does, one for each expectation that would hold: the reply where it
/// is a refusal, and the destinations.
std::vector<std::string> expectations_of(const Outcome& outcome);

}  // namespace lastmile
