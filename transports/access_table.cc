// SPDX-License-Identifier: Apache-2.0
#include "transports/access_table.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "transports/domain_syntax.h"

namespace lastmile {
namespace {

using ActionKind = AccessAction::Kind;

constexpr int kFirstRefusalCode = 400;
constexpr int kBehindRefusals = 600;
constexpr int kTen = 10;

bool are_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

AccessAction with_status(ActionKind kind, int code, std::string_view text) {
  AccessAction action{kind, code, {}, {}};
  action.status = take_enhanced_status(text);
  action.text = text;
  return action;
}

/// A word that needs an argument, and says nothing without a proper one.
AccessAction with_argument(ActionKind kind, std::string_view argument, char needed) {
  return argument.find(needed) == std::string_view::npos
             ? AccessAction{}
             : AccessAction{kind, 0, {}, std::string(argument)};
}

std::optional<AccessAction> named_action(std::string_view word, std::string_view text) {
  struct Row {
    std::string_view word;
    ActionKind kind;
  };
  constexpr Row kRows[] = {
      {"REJECT", ActionKind::reject},
      {"DEFER", ActionKind::defer},
      {"DEFER_IF_REJECT", ActionKind::defer_if_reject},
      {"DEFER_IF_PERMIT", ActionKind::defer_if_permit},
      {"OK", ActionKind::permit},
      {"RELAY", ActionKind::permit},
      {"DUNNO", ActionKind::nothing},
      {"WARN", ActionKind::nothing},
      {"INFO", ActionKind::nothing},
      {"PREPEND", ActionKind::nothing},
      {"DISCARD", ActionKind::discard},
      {"HOLD", ActionKind::hold},
      {"REDIRECT", ActionKind::redirect},
      {"BCC", ActionKind::copy},
      {"FILTER", ActionKind::filter},
  };
  const auto* const row = std::ranges::find_if(
      kRows, [word](const Row& each) { return equal_ignoring_case(each.word, word); });
  if (row == std::end(kRows)) {
    return std::nullopt;
  }
  switch (row->kind) {
    case ActionKind::reject:
    case ActionKind::defer:
    case ActionKind::defer_if_reject:
    case ActionKind::defer_if_permit:
      return with_status(row->kind, 0, text);
    case ActionKind::redirect:
    case ActionKind::copy:
      return with_argument(row->kind, text, '@');
    case ActionKind::filter:
      return with_argument(row->kind, text, ':');
    default:
      return AccessAction{row->kind, 0, {}, std::string(text)};
  }
}

}  // namespace

std::vector<AddressKey> host_name_keys(const std::string& name, ParentKeys parents) {
  std::vector<AddressKey> keys = {
      {fold_ascii(name), KeyUse::whole, AddressKey::Form::domain_alone}};
  if (canonical_ip_address(name)) {
    return keys;
  }
  const std::string whole = keys.front().text;
  for (std::size_t dot = whole.find('.', 1); dot != std::string::npos;
       dot = whole.find('.', dot + 1)) {
    keys.push_back({whole.substr(parents == ParentKeys::plain ? dot + 1 : dot), KeyUse::partial,
                    AddressKey::Form::parent_domain});
  }
  return keys;
}

std::vector<AddressKey> host_address_keys(const std::string& address) {
  if (address.empty()) {
    return {};
  }
  std::vector<AddressKey> keys = {{address, KeyUse::whole, AddressKey::Form::address}};
  const char delimiter = address.find(':') == std::string::npos ? '.' : ':';
  std::string left = address;
  for (std::size_t at = left.rfind(delimiter); at != std::string::npos;
       at = left.rfind(delimiter)) {
    left.erase(at);
    keys.push_back({left, KeyUse::partial, AddressKey::Form::parent_domain});
  }
  return keys;
}

std::vector<AddressKey> mail_address_keys(const Address& address, const ExtensionRules& rules,
                                          ParentKeys parents) {
  auto keys = transport_keys(address, rules, parents);
  std::erase_if(keys, [](const AddressKey& key) { return key.form == AddressKey::Form::anything; });
  const SplitLocalPart split = split_extension(address.local_part, rules);
  keys.push_back({address.local_part + '@', KeyUse::partial, AddressKey::Form::local_part});
  if (split.extension) {
    keys.push_back({std::string(split.user) + '@', KeyUse::partial, AddressKey::Form::user});
  }
  return keys;
}

Result<std::optional<AccessHit>> find_access(TableList& table,
                                             const std::vector<AddressKey>& keys) {
  for (const AddressKey& key : keys) {
    auto hit = table.lookup(key.text, key.use);
    if (!hit) {
      return std::move(hit).error();
    }
    if (*hit) {
      return std::optional(AccessHit{**std::move(hit), key.text});
    }
  }
  return std::optional<AccessHit>();
}

AccessAction parse_access_action(std::string_view value) {
  value = trim(value);
  const std::size_t end = std::min(value.find_first_of(" \t"), value.size());
  const std::string_view word = value.substr(0, end);
  const std::string_view text = trim(value.substr(end));
  if (auto named = named_action(word, text)) {
    return *std::move(named);
  }
  // A number alone may be the time of some login.
  if (are_digits(value)) {
    return {ActionKind::permit, 0, {}, {}};
  }
  if (word.size() == 3 && are_digits(word)) {
    const int code = (word[0] - '0') * kTen * kTen + (word[1] - '0') * kTen + (word[2] - '0');
    if (code >= kFirstRefusalCode && code < kBehindRefusals) {
      return with_status(ActionKind::refuse, code, text);
    }
  }
  return {ActionKind::restrictions, 0, {}, std::string(value)};
}

}  // namespace lastmile
