// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/status_bytes.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/errno_status.h"

namespace lastmile {

namespace {

/// Octets of one text that are believed: more than command output (4096) with what stands around.
constexpr std::size_t kMaxText = 16384;

}  // namespace

void add_text(std::string& bytes, std::string_view text) {
  bytes.append(text.substr(0, text.find('\0'))).push_back('\0');
}

std::optional<std::string> take_text(std::string_view& bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  std::string text = printable(bytes.substr(0, std::min(end, kMaxText)));
  bytes.remove_prefix(end + 1);
  return text;
}

void add_status(std::string& bytes, const DeliveryStatus& status) {
  add_text(bytes, to_string(status.code));
  add_text(bytes, status.text);
  add_text(bytes, status.diagnostic.value_or(""));
  add_text(bytes, status.remote_mta.value_or(""));
  add_text(bytes, status.relay);
  add_text(bytes, status.tls);
  add_text(bytes, status.perhaps_delivered ? "perhaps delivered" : "");
}

std::optional<DeliveryStatus> take_status(std::string_view& bytes) {
  const auto code = parse_enhanced_status(take_text(bytes).value_or(""));
  auto text = take_text(bytes);
  auto diagnostic = take_text(bytes);
  auto remote_mta = take_text(bytes);
  auto relay = take_text(bytes);
  auto tls = take_text(bytes);
  const auto perhaps_delivered = take_text(bytes);
  if (!code || !perhaps_delivered) {
    return std::nullopt;
  }
  // With the last text all that stand before it are there.
  DeliveryStatus status = status_with(*code, *std::move(text));
  status.relay = *std::move(relay);
  status.tls = *std::move(tls);
  status.perhaps_delivered = !perhaps_delivered->empty();
  if (!diagnostic->empty()) {
    status.diagnostic = std::move(diagnostic);
  }
  if (!remote_mta->empty()) {
    status.remote_mta = std::move(remote_mta);
  }
  return status;
}

}  // namespace lastmile
