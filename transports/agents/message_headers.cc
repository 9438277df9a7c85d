// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/message_headers.h"

#include <algorithm>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// Octets of one header line that are looked at: the line_length_limit of Postfix. An address that
/// is longer cannot be the one that a loop is made of.
constexpr std::size_t kMaxLine = 2048;

/// Values that are remembered, as in Postfix.
constexpr std::size_t kMaxDeliveredTo = 1000;

/// sendmail(1) also takes away an envelope line that was quoted on its way.
bool is_envelope_line(std::string_view line) {
  const auto quotes = line.find_first_not_of('>');
  return quotes != std::string_view::npos && line.substr(quotes).starts_with("From ");
}

bool has_name(std::string_view line, std::string_view folded_name) {
  return fold_case(line.substr(0, header_name_length(line))) == folded_name;
}

}  // namespace

std::size_t header_name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 127 && line[length] != ':') {
    ++length;
  }
  std::size_t colon = length;
  while (colon < line.size() && is_space(line[colon])) {
    ++colon;
  }
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

void HeaderScanner::feed(std::string_view bytes) {
  while (!bytes.empty() && section_ != Section::over) {
    const auto newline = bytes.find('\n');
    const auto line_size = std::min(newline, bytes.size());
    line_.append(bytes.substr(0, std::min(line_size, kMaxLine - std::min(kMaxLine, line_.size()))));
    const auto step = newline == std::string_view::npos ? bytes.size() : newline + 1;
    position_ += step;
    bytes.remove_prefix(step);
    if (newline != std::string_view::npos) {
      take_line();
      line_.clear();
    }
  }
}

void HeaderScanner::end() {
  if (section_ != Section::over && !line_.empty()) {
    take_line();
  }
  section_ = Section::over;
}

void HeaderScanner::take_line() {
  if (line_.ends_with('\r')) {
    line_.pop_back();
  }
  if (section_ == Section::before_headers) {
    if (is_before_headers()) {
      content_begin_ = position_;
      ++lines_before_content_;
      return;
    }
    section_ = Section::headers;
  }
  if (header_name_length(line_) > 0) {
    take_header();
  } else if (line_.empty() || !is_space(line_[0])) {
    section_ = Section::over;
  }
}

bool HeaderScanner::is_before_headers() {
  if (in_return_path_ && !line_.empty() && is_space(line_[0])) {
    return true;
  }
  in_return_path_ = has_name(line_, "return-path");
  return in_return_path_ || is_envelope_line(line_);
}

void HeaderScanner::take_header() {
  constexpr std::string_view kDeliveredTo = "delivered-to";
  const bool is_received = has_name(line_, "received");
  received_ += is_received ? 1 : 0;
  has_passed_ = has_passed_ || is_received;
  if (!has_passed_ || !has_name(line_, kDeliveredTo)) {
    return;
  }
  // White space before the colon is no part of the value: cleanup(8) takes it away before local(8)
  // sees the header.
  std::string_view value = std::string_view(line_).substr(line_.find(':') + 1);
  while (!value.empty() && is_space(value[0])) {
    value.remove_prefix(1);
  }
  delivered_to_.insert(fold_ascii(value));
  if (delivered_to_.size() >= kMaxDeliveredTo) {
    section_ = Section::over;
  }
}

}  // namespace lastmile
