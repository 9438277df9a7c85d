// SPDX-License-Identifier: Apache-2.0
// Invariant: whatever a server says, and however it is cut, the outcomes are the same; what was
// decided never changes; nobody is delivered to before the final dot or without a reply of its own;
// where TLS is required nobody is named before it; when the connection ends nobody is pending.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
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
enum Setup : unsigned {
  speaks_smtp = 1U,
  is_probe = 2U,
  passes_deadline = 4U,
  bad_address = 8U,
  may_encrypt = 16U,
  must_encrypt = 32U,
  logs_in = 64U,
};

/// Answers a challenge with its size, and none that begins with "x".
class SomeLogin final : public Login {
 public:
  std::vector<std::string> usable(const std::vector<std::string>& offered) override {
    return offered;
  }
  Answer begin(const std::vector<std::string>& mechanisms, Protection /*protection*/) override {
    return {mechanisms.front(), "first", {}};
  }
  Answer answer(std::string_view challenge) override {
    return challenge.starts_with('x') ? Answer{{}, {}, "no"}
                                      : Answer{{}, std::to_string(challenge.size()), {}};
  }
};

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
      if ((setup_ & must_encrypt) != 0 && !session_.is_encrypted()) {
        require(session_.output().find("MAIL") == std::string_view::npos);
      }
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

  /// From here on the server speaks inside of TLS, if it was asked to.
  void shake_hands(TlsResult result) {
    if (session_.wants_tls()) {
      session_.tls_done(result);
      feed("");
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
    options.tls = (setup & must_encrypt) != 0  ? TlsUse::required
                  : (setup & may_encrypt) != 0 ? TlsUse::may
                                               : TlsUse::none;
    options.can_start_tls = true;
    if ((setup & logs_in) != 0) {
      options.login = std::make_shared<SomeLogin>();
    }
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

/// The first octet 0 stands for the handshake; the octet behind it says how that ends.
std::vector<RecipientOutcome> play(unsigned setup, std::string_view bytes, std::size_t piece) {
  Run run(setup);
  const auto say = [&](std::string_view text) {
    while (!text.empty()) {
      run.feed(text.substr(0, piece));
      text.remove_prefix(std::min(piece, text.size()));
    }
  };
  const std::size_t handshake = std::min(bytes.find('\0'), bytes.size());
  say(bytes.substr(0, handshake));
  const std::string_view rest = bytes.substr(std::min(handshake + 1, bytes.size()));
  if (!rest.empty()) {
    constexpr TlsResult kResults[] = {TlsResult::established, TlsResult::verified,
                                      TlsResult::not_verified, TlsResult::failed};
    run.shake_hands(kResults[static_cast<unsigned char>(rest.front()) % 4]);
    say(rest.substr(1));
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
