// SPDX-License-Identifier: Apache-2.0
#include "tests/lmtpclient/transcript.h"

#include <algorithm>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/cut_bytes.h"

namespace lastmile::lmtp {
namespace {

using Kind = RecipientOutcome::Kind;

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::pending:
      return "pending";
    case Kind::delivered:
      return "delivered";
    case Kind::deferred:
      return "deferred";
    case Kind::rejected:
      return "rejected";
    case Kind::would_be_accepted:
      return "accepted";
  }
  return "";
}

/// Moves bytes out until the session waits for the server.
class Pump {
 public:
  Pump(Session& session, SessionChecker& checker, std::string_view content)
      : session_(session), checker_(checker), content_(content) {}

  void run(std::string& output) {
    while (!session_.output().empty() || session_.wants_content()) {
      if (session_.output().empty()) {
        give_content();
      }
      output += session_.output();
      session_.sent(session_.output().size());
      checker_.check();
    }
  }

 private:
  void give_content() {
    constexpr std::size_t kChunk = 5;
    if (content_.empty()) {
      checker_.content_ends();
      session_.end_of_content();
    } else {
      session_.content(content_.substr(0, kChunk));
      content_.remove_prefix(std::min(kChunk, content_.size()));
    }
    checker_.check();
  }

  Session& session_;
  SessionChecker& checker_;
  std::string_view content_;
};

}  // namespace

void SessionChecker::start(std::size_t recipients) {
  REQUIRE(session_.outcomes().size() == recipients);
  before_.assign(session_.outcomes().begin(), session_.outcomes().end());
  replies_before_dot_.reset();
  for (const RecipientOutcome& outcome : before_) {
    REQUIRE(outcome.kind != Kind::delivered);
  }
}

void SessionChecker::content_ends() {
  replies_before_dot_ = session_.replies_taken();
}

void SessionChecker::check() {
  REQUIRE(session_.outcomes().size() == before_.size());
  std::size_t delivered = 0;
  for (std::size_t i = 0; i < before_.size(); ++i) {
    const RecipientOutcome& now = session_.outcomes()[i];
    if (before_[i].kind != Kind::pending) {
      REQUIRE(now == before_[i]);
    }
    if (now.kind == Kind::delivered) {
      REQUIRE(now.decided_in == Phase::final_replies);
      REQUIRE(now.status.status_class == StatusClass::success);
      ++delivered;
    }
    if (session_.phase() == Phase::closed || session_.phase() == Phase::idle) {
      REQUIRE(now.kind != Kind::pending);
    }
  }
  if (delivered > 0) {
    REQUIRE(replies_before_dot_);
    const std::size_t replies = session_.replies_taken() - *replies_before_dot_;
    REQUIRE((dialect_ == Dialect::lmtp ? delivered : 1) <= replies);
  }
  before_.assign(session_.outcomes().begin(), session_.outcomes().end());
}

std::string line(const RecipientOutcome& outcome) {
  std::string result(word(outcome.kind));
  return outcome.kind == Kind::pending
             ? result
             : result + ' ' + to_string(outcome.status) + ' ' + explain(outcome, "H");
}

Transaction transaction_for(std::string_view recipients) {
  Transaction transaction;
  transaction.sender = "s@l.test";
  std::istringstream words{std::string(recipients)};
  for (std::string name; words >> name;) {
    transaction.recipients.push_back({name + "@l.test", "", ""});
  }
  return transaction;
}

Played play(const Transcript& transcript, const std::vector<std::string_view>& pieces) {
  Session session(transcript.options);
  SessionChecker checker(session, transcript.options.dialect);
  Pump pump(session, checker, transcript.content);
  Played played;
  session.begin(transcript.transaction);
  checker.start(transcript.transaction.recipients.size());
  for (const std::string_view piece : pieces) {
    session.received(piece);
    checker.check();
    pump.run(played.output);
  }
  if (transcript.end == Transcript::End::connection_lost) {
    session.connection_lost("");
  } else if (transcript.end == Transcript::End::deadline_passed) {
    session.deadline_passed();
  }
  checker.check();
  for (const RecipientOutcome& outcome : session.outcomes()) {
    played.outcomes += line(outcome) + '\n';
  }
  played.phase = session.phase();
  return played;
}

Played play_all_cuts(const Transcript& transcript) {
  Played whole = play(transcript, {transcript.server});
  for (const auto& pieces : all_cuts(transcript.server)) {
    const Played cut = play(transcript, pieces);
    CHECK(cut.outcomes == whole.outcomes);
    // A session that is closed sends nothing more, so what was not taken by then differs.
    const bool is_prefix =
        cut.output.starts_with(whole.output) || whole.output.starts_with(cut.output);
    CHECK((cut.phase == Phase::closed ? is_prefix : cut.output == whole.output));
  }
  if (whole.outcomes.find("pending") == std::string::npos) {
    Transcript longer = transcript;
    longer.server += "250 2.0.0 tail\r\nnoise\r\n550 5.0.0 tail\r\n";
    longer.end = Transcript::End::open;
    if (transcript.end == Transcript::End::open) {
      CHECK(play(longer, {longer.server}).outcomes == whole.outcomes);
    }
  }
  return whole;
}

}  // namespace lastmile::lmtp
