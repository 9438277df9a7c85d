// SPDX-License-Identifier: Apache-2.0
#include "transports/delivery_macros.h"

#include <algorithm>

namespace lastmile {
namespace {

std::optional<std::string> value_of(const DeliveryMacros& macros, std::string_view name) {
  const auto unless_empty = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional(value);
  };
  if (name == "user") {
    return macros.user;
  }
  if (name == "local" || name == "mailbox") {
    return macros.local;
  }
  if (name == "domain") {
    return unless_empty(macros.domain);
  }
  if (name == "recipient") {
    return macros.recipient;
  }
  if (name == "extension") {
    return macros.extension;
  }
  if (name == "recipient_delimiter") {
    return unless_empty(macros.recipient_delimiter);
  }
  if (name == "home" || name == "shell") {
    return macros.account
               ? std::optional(name == "home" ? macros.account->home : macros.account->shell)
               : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

MacroLookup DeliveryMacros::lookup(std::string_view filter) const {
  return [this, filter = std::string(filter)](std::string_view name) {
    auto value = value_of(*this, name);
    if (value && !filter.empty()) {
      std::ranges::replace_if(
          *value, [&filter](char octet) { return filter.find(octet) == std::string::npos; }, '_');
    }
    return value;
  };
}

}  // namespace lastmile
