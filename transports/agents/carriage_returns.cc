// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/carriage_returns.h"

namespace lastmile {

void CarriageReturns::put_held_back() {
  changed_.append(held_back_, rule_.stray_become_spaces ? ' ' : '\r');
  held_back_ = 0;
}

std::string_view CarriageReturns::feed(std::string_view bytes) {
  using AtLineEnd = CarriageReturnRule::AtLineEnd;
  const bool keeps_all = rule_.at_line_end == AtLineEnd::keep && !rule_.stray_become_spaces;
  const bool has_none =
      rule_.at_line_end != AtLineEnd::as_first_line && bytes.find('\r') == std::string_view::npos;
  if (held_back_ == 0 && (keeps_all || has_none)) {
    return bytes;
  }
  changed_.clear();
  for (const char c : bytes) {
    if (c == '\r') {
      ++held_back_;
      continue;
    }
    if (c == '\n' && rule_.at_line_end == AtLineEnd::as_first_line) {
      rule_.at_line_end = held_back_ > 0 ? AtLineEnd::remove : AtLineEnd::keep;
    }
    if (c == '\n' && rule_.at_line_end == AtLineEnd::remove) {
      held_back_ = 0;
    }
    put_held_back();
    changed_ += c;
  }
  return changed_;
}

std::string_view CarriageReturns::end() {
  changed_.clear();
  put_held_back();
  return changed_;
}

}  // namespace lastmile
