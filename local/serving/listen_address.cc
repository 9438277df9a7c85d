// SPDX-License-Identifier: Apache-2.0
#include "local/serving/listen_address.h"

#include <algorithm>

#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {

namespace {

constexpr int kOctal = 8;
constexpr mode_t kAllBits = 0777;

Error wants(std::string_view text) {
  return malformed("wants unix:PATH[,mode=0660][,group=NAME] or inet:[HOST:]PORT, not \"" +
                   std::string(text) + '"');
}

/// \param rest  behind `unix:`
Result<ListenAddress> parse_unix(std::string_view text, std::string_view rest) {
  UnixListenAddress address;
  const std::size_t comma = std::min(rest.find(','), rest.size());
  address.path = rest.substr(0, comma);
  for (const std::string_view word : split_list(rest.substr(comma))) {
    if (word.starts_with("mode=")) {
      const auto mode = whole_number<mode_t>(word.substr(5), kOctal);
      if (!mode || *mode > kAllBits) {
        return wants(text);
      }
      address.mode = *mode;
    } else if (word.starts_with("group=") && word.size() > 6) {
      address.group = word.substr(6);
    } else {
      return wants(text);
    }
  }
  return address.path.starts_with('/') ? Result<ListenAddress>(std::move(address)) : wants(text);
}

/// \param rest  behind `inet:`
Result<ListenAddress> parse_inet(std::string_view text, std::string_view rest) {
  InetListenAddress address;
  const std::size_t colon = rest.rfind(':');
  std::string_view host = colon == std::string_view::npos ? "" : rest.substr(0, colon);
  address.port = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
  const bool is_bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  address.host = host;
  const bool is_wrong = address.port.empty() || (colon == 0) ||
                        (!is_bracketed && host.find(':') != std::string_view::npos) ||
                        (address.port.find_first_of(" ,[]") != std::string::npos);
  return is_wrong ? Result<ListenAddress>(wants(text)) : Result<ListenAddress>(std::move(address));
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    return parse_unix(text, text.substr(5));
  }
  return text.starts_with("inet:") ? parse_inet(text, text.substr(5)) : wants(text);
}

}  // namespace lastmile
