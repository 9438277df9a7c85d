// SPDX-License-Identifier: Apache-2.0
// Invariant: whatever a client says, and however it is cut, the same messages are delivered to the
// same recipients; a recipient that was refused gets none; what is asked is answered once; and what
// the session keeps is bounded by its options and by one piece of input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "local/serving/server_session.h"

namespace lastmile {
namespace {

void require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

/// Plays the owner: a recipient whose local part begins with "n" is refused.
class Player {
 public:
  Player() : session_(options()) { follow(); }

  void feed(std::string_view bytes) {
    session_.received(bytes);
    follow();
  }

  std::vector<std::string> end() {
    session_.client_gone();
    follow();
    require(session_.awaiting() == ServerSession::Awaiting::nothing);
    require(!has_message_);
    return delivered_;
  }

 private:
  static ServerOptions options() {
    ServerOptions options;
    options.host_name = "mail.test";
    options.max_message = 300;
    options.max_line = 100;
    options.max_recipients = 4;
    options.max_commands = 50;
    options.is_trusted = true;
    return options;
  }

  void follow() {
    do {
      while (auto event = session_.next_event()) {
        std::visit([&](const auto& it) { take(it); }, *event);
      }
      said_ += session_.output().size();
      session_.sent(session_.output().size());
    } while (!session_.output().empty());
  }

  void take(const BeginMessage& /*it*/) {
    require(!has_message_);
    has_message_ = true;
    message_.clear();
    recipients_ = 0;
  }
  void take(const AskRecipient& it) {
    require(has_message_);
    const bool is_refused = it.recipient.address.local_part.starts_with('n');
    if (!is_refused) {
      message_ += to_internal(it.recipient.address) + '\n';
      ++recipients_;
    }
    require(recipients_ <= 4);
    session_.answer_recipient(is_refused ? ServerReply{550, "5.1.1"_dsn, "no"}
                                         : ServerReply{250, "2.1.5"_dsn, "Ok"});
  }
  void take(const MessageContent& it) {
    require(has_message_ && recipients_ > 0);
    message_ += it.octets;
  }
  void take(const EndMessage& /*it*/) {
    require(has_message_ && recipients_ > 0);
    delivered_.push_back(std::move(message_));
    has_message_ = false;
    const std::vector<ServerReply> replies(recipients_, ServerReply{250, "2.0.0"_dsn, "Ok"});
    session_.answer_message(replies);
  }
  void take(const AbandonMessage& /*it*/) {
    require(has_message_);
    has_message_ = false;
  }
  void take(const RepliesRead& /*it*/) { require(!delivered_.empty()); }

  ServerSession session_;
  std::vector<std::string> delivered_;
  std::string message_;
  std::size_t recipients_ = 0;
  std::size_t said_ = 0;
  bool has_message_ = false;
};

std::vector<std::string> play(std::string_view bytes, std::size_t piece) {
  Player player;
  while (!bytes.empty()) {
    player.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return player.end();
}

void check(std::string_view bytes) {
  const auto single = play(bytes, 1);
  for (const std::size_t piece : {bytes.size(), std::size_t{3}, std::size_t{17}}) {
    // Octets that came in one piece with a DATA that was refused end the session.
    const auto other = play(bytes, std::max<std::size_t>(piece, 1));
    require(other.size() <= single.size());
    require(std::equal(other.begin(), other.end(), single.begin()));
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}
