// Invariant: whatever a server says, and however it is cut, the outcomes are the same; what was
// decided never changes; nobody is delivered to before the final dot or without a reply of its own;
// when the connection ends nobody is pending.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmtpclient/session.h"

namespace lastmile::lmtp {
namespace {

using Kind = RecipientOutcome::Kind;

void require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

/// The first octet of the input says how the session is set up.
enum Setup : unsigned { speaks_smtp = 1U, is_probe = 2U, passes_deadline = 4U, bad_address = 8U };

class Run {
 public:
  explicit Run(unsigned setup) : setup_(setup), session_(options(setup)) {
    Transaction transaction;
    transaction.probe = (setup & is_probe) != 0;
    transaction.recipients = {{"a@x", "", ""}, {"b@x", "NEVER", "rfc822;b"}, {"c@x", "", ""}};
    if ((setup & bad_address) != 0) {
      transaction.recipients[1].address = "b\r\n@x";
    }
    session_.begin(transaction);
    check();
  }

  void feed(std::string_view bytes) {
    session_.received(bytes);
    check();
    while (!session_.output().empty() || session_.wants_content()) {
      if (session_.output().empty()) {
        session_.content(".\nx");
        replies_before_dot_ = session_.replies_taken();
        dot_was_given_ = true;
        session_.end_of_content();
      }
      session_.sent(session_.output().size());
      check();
    }
  }

  std::vector<RecipientOutcome> end() {
    if ((setup_ & passes_deadline) != 0) {
      session_.deadline_passed();
    } else {
      session_.connection_lost("");
    }
    check();
    require(session_.phase() == Phase::closed);
    require(session_.output().empty());
    for (const RecipientOutcome& outcome : before_) {
      require(outcome.kind != Kind::pending);
    }
    return before_;
  }

 private:
  static SessionOptions options(unsigned setup) {
    SessionOptions options;
    options.dialect = (setup & speaks_smtp) != 0 ? Dialect::smtp : Dialect::lmtp;
    options.lhlo_name = "client.test";
    options.reply_limits = {.max_line = 64, .max_lines = 20, .max_octets = 2000};
    return options;
  }

  void check() {
    require(session_.outcomes().size() == 3);
    before_.resize(3);
    std::size_t delivered = 0;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const RecipientOutcome& now = session_.outcomes()[i];
      require(before_[i].kind == Kind::pending || before_[i] == now);
      delivered += now.kind == Kind::delivered ? 1 : 0;
      before_[i] = now;
    }
    if (delivered > 0) {
      const std::size_t replies = session_.replies_taken() - replies_before_dot_;
      require(dot_was_given_ && replies >= ((setup_ & speaks_smtp) != 0 ? 1 : delivered));
    }
  }

  unsigned setup_;
  Session session_;
  std::vector<RecipientOutcome> before_;
  std::size_t replies_before_dot_ = 0;
  bool dot_was_given_ = false;
};

std::vector<RecipientOutcome> play(unsigned setup, std::string_view bytes, std::size_t piece) {
  Run run(setup);
  while (!bytes.empty()) {
    run.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return run.end();
}

void check(std::string_view input) {
  const unsigned setup = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  const std::string_view bytes = input.substr(input.empty() ? 0 : 1);
  const auto whole = play(setup, bytes, bytes.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    require(play(setup, bytes, piece) == whole);
  }
}

}  // namespace
}  // namespace lastmile::lmtp

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::lmtp::check(std::string(data, data + size));
  return 0;
}
