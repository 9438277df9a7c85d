// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/lmtp_connections.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lastmile {
namespace {

/// More servers than a message usually has; each takes a process and a place at the server.
constexpr std::size_t kMost = 8;

}  // namespace

Result<LmtpConnections::Kept> LmtpConnections::open(const Wanted& wanted,
                                                    const SpooledMessage& message,
                                                    const Maker& make) {
  Kept made{wanted.server, wanted.manner, message.serial(), make(), nullptr};
  if (!wanted.rights) {
    return made;
  }
  const KeptChild::Work work{
      [&message, courier = made.courier](std::string_view bytes) {
        const auto request = decode_request(bytes);
        return request ? courier->perform(*request, message) : std::string();
      },
      [courier = made.courier] { courier->end(); },
  };
  auto child = KeptChild::start(*wanted.rights, work, wanted.idle_limit);
  if (!child) {
    return std::move(child).error();
  }
  made.child = *std::move(child);
  return made;
}

Result<std::string> LmtpConnections::ask(Kept& kept, const CourierRequest& request,
                                         const SpooledMessage& message, Begun& begun) {
  if (kept.child) {
    return kept.child->ask(encode_request(request), begun);
  }
  return kept.courier->perform(request, message);
}

Result<std::string> LmtpConnections::perform(const Wanted& wanted, const CourierRequest& request,
                                             const SpooledMessage& message, const Maker& make,
                                             Begun& begun) {
  begun = Begun::no;
  const auto found = std::ranges::find_if(kept_, [&](const Kept& kept) {
    return wanted.is_kept && kept.manner == wanted.manner && kept.server == wanted.server &&
           (!kept.child || request.content || kept.message == message.serial());
  });
  if (found != kept_.end()) {
    auto answer = ask(*found, request, message, begun);
    if (answer) {
      return answer;
    }
    kept_.erase(found);
    if (begun == Begun::perhaps) {
      return answer;
    }
    // It has ended by itself: a new one does it.
  }
  std::erase_if(kept_, [&](const Kept& kept) { return kept.server == wanted.server; });
  if (kept_.size() >= kMost) {
    kept_.erase(kept_.begin());
  }
  auto made = open(wanted, message, make);
  if (!made) {
    return std::move(made).error();
  }
  auto answer = ask(*made, request, message, begun);
  if (answer && wanted.is_kept) {
    kept_.push_back(*std::move(made));
  }
  return answer;
}

}  // namespace lastmile
