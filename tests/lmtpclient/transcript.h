// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/session.h"

namespace lastmile::lmtp {

/// What a server says from its greeting on, and how the connection ends.
struct Transcript {
  enum class End { open, connection_lost, deadline_passed };

  std::string server = {};
  End end = End::open;
  Transaction transaction = {};
  std::string content = "Subject: x\n\n.\n";
  SessionOptions options = {.lhlo_name = "client.test"};
};

/// What a session made of a transcript.
struct Played {
  std::string outcomes;  ///< One line for each recipient: "delivered 2.0.0 250 2.0.0 saved".
  std::string output;    ///< All that the client sent.
  Phase phase = Phase::greeting;

  friend bool operator==(const Played&, const Played&) = default;
};

/// Plays a transcript that arrives in `pieces`; all output is taken at once, content is given in
/// small chunks. After every call it asserts what the comment of Session promises.
Played play(const Transcript& transcript, const std::vector<std::string_view>& pieces);

/// Plays it whole, byte by byte, cut at every position and, when nothing is pending at the end of
/// it, with a tail. Asserts that all of them have the same outcomes and, but for the tail, the
/// same output (a prefix of it where the session was closed).
Played play_all_cuts(const Transcript& transcript);

/// A transaction for "a1@l.test" and so on; the names are separated by spaces.
Transaction transaction_for(std::string_view recipients);

/// "delivered 2.0.0 250 2.0.0 saved"; the server is called H.
std::string line(const RecipientOutcome& outcome);

/// Asserts what is always true of a Session, from one call to the next.
class SessionChecker {
 public:
  explicit SessionChecker(const Session& session, Dialect dialect = Dialect::lmtp)
      : session_(session), dialect_(dialect) {}

  /// To be called after begin().
  void start(std::size_t recipients);
  /// To be called before end_of_content().
  void content_ends();
  /// To be called after every other call.
  void check();

 private:
  const Session& session_;
  std::vector<RecipientOutcome> before_;
  Dialect dialect_;
  std::optional<std::size_t> replies_before_dot_ = {};
};

}  // namespace lastmile::lmtp
