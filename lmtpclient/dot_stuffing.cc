// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/dot_stuffing.h"

#include <algorithm>

namespace lastmile::lmtp {

// A continuation needs room for its space and one octet.
DotStuffer::DotStuffer(std::size_t line_length_limit)
    : limit_(line_length_limit == 0 ? std::string::npos
                                    : std::max<std::size_t>(line_length_limit, 2)),
      room_(limit_) {}

void DotStuffer::append(std::string_view content, std::string& wire) {
  while (!content.empty()) {
    if (has_waiting_cr_) {
      has_waiting_cr_ = false;
      if (content.front() != '\n') {
        append_text("\r", wire);
      }
    }
    const std::size_t newline = content.find('\n');
    std::string_view text = content.substr(0, newline);
    const bool ends_with_cr = text.ends_with('\r');
    text.remove_suffix(ends_with_cr ? 1 : 0);
    append_text(text, wire);
    if (newline == std::string_view::npos) {
      has_waiting_cr_ = ends_with_cr;
      return;
    }
    end_line(wire);
    content.remove_prefix(newline + 1);
  }
}

void DotStuffer::append_text(std::string_view text, std::string& wire) {
  if (at_line_start_ && text.starts_with('.')) {
    wire += '.';
  }
  while (!text.empty()) {
    if (room_ == 0) {
      wire += "\r\n ";
      room_ = limit_ - 1;
      ++broken_lines_;
    }
    const std::size_t count = std::min(text.size(), room_);
    wire += text.substr(0, count);
    text.remove_prefix(count);
    room_ -= count;
    at_line_start_ = false;
  }
}

void DotStuffer::end_line(std::string& wire) {
  wire += "\r\n";
  room_ = limit_;
  at_line_start_ = true;
}

void DotStuffer::finish(std::string& wire) {
  if (has_waiting_cr_) {
    has_waiting_cr_ = false;
    append_text("\r", wire);
  }
  if (!at_line_start_) {
    end_line(wire);
  }
}

std::size_t DotUnstuffer::append(std::string_view wire, std::string& content) {
  std::size_t used = 0;
  while (used < wire.size() && state_ != State::finished) {
    if (state_ == State::text) {
      const std::size_t end = std::min(wire.find('\r', used), wire.size());
      content += wire.substr(used, end - used);
      used = end;
      if (used == wire.size()) {
        break;
      }
    }
    take(wire[used++], content);
  }
  return used;
}

void DotUnstuffer::take(char c, std::string& content) {
  const State before = state_;
  if (before == State::line_start && c == '.') {
    state_ = State::dot;
    return;
  }
  if (before == State::dot && c == '\r') {
    state_ = State::dot_cr;
    return;
  }
  if (before == State::dot_cr && c == '\n') {
    state_ = State::finished;
    return;
  }
  if (before == State::cr && c == '\n') {
    content += '\n';
    state_ = State::line_start;
    return;
  }
  // A CR that does not end a line is content.
  if (before == State::cr || before == State::dot_cr) {
    content += '\r';
  }
  state_ = c == '\r' ? State::cr : State::text;
  if (c != '\r') {
    content += c;
  }
}

}  // namespace lastmile::lmtp
