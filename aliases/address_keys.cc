// SPDX-License-Identifier: Apache-2.0
#include "aliases/address_keys.h"

#include <utility>

namespace lastmile {

std::string_view name_of(AddressKey::Form form) {
  using enum AddressKey::Form;
  switch (form) {
    case address:
      return "user+ext@domain";
    case address_without_extension:
      return "user@domain";
    case local_part:
      return "user+ext";
    case user:
      return "user";
    case domain:
      return "@domain";
    case domain_alone:
      return "domain";
    case parent_domain:
      return "parent domain";
    case anything:
      return "anything";
  }
  return "";
}

namespace {

/// Adds the external form, and the internal one where it differs.
void add_key(std::vector<AddressKey>& keys, const Address& address, AddressKey::Form form) {
  const KeyUse use = form == AddressKey::Form::address ? KeyUse::whole : KeyUse::partial;
  keys.push_back({to_external(address), use, form});
  if (std::string internal = to_internal(address); internal != keys.back().text) {
    keys.push_back({std::move(internal), use, form});
  }
}

/// Adds a local part as a key. One that has an `@` would look like another address, and is asked
/// for in quotes alone.
void add_local_part(std::vector<AddressKey>& keys, const std::string& local_part,
                    AddressKey::Form form) {
  if (local_part.find('@') == std::string::npos) {
    add_key(keys, {local_part, {}}, form);
    return;
  }
  std::string quoted = to_external({local_part, "domain"});
  quoted.erase(quoted.rfind('@'));
  keys.push_back({std::move(quoted), KeyUse::partial, form});
}

}  // namespace

std::vector<AddressKey> address_keys(const Address& address, const ExtensionRules& rules,
                                     DomainKind kind) {
  using Form = AddressKey::Form;
  std::vector<AddressKey> keys;
  constexpr std::size_t kUsualCount = 5;
  keys.reserve(kUsualCount);
  const SplitLocalPart split = split_extension(address.local_part, rules);
  const std::string user_part(split.user);
  add_key(keys, address, Form::address);
  if (split.extension) {
    add_key(keys, {user_part, address.domain}, Form::address_without_extension);
  }
  if (kind == DomainKind::own && !address.domain.empty()) {
    add_local_part(keys, address.local_part, Form::local_part);
    if (split.extension) {
      add_local_part(keys, user_part, Form::user);
    }
  }
  if (!address.domain.empty()) {
    keys.push_back({'@' + address.domain, KeyUse::partial, Form::domain});
  }
  return keys;
}

std::vector<AddressKey> domain_keys(std::string_view domain, std::optional<ParentKeys> parents) {
  using Form = AddressKey::Form;
  std::vector<AddressKey> keys;
  while (!domain.empty()) {
    const bool is_first = keys.empty();
    keys.push_back({std::string(domain), is_first ? KeyUse::whole : KeyUse::partial,
                    is_first ? Form::domain_alone : Form::parent_domain});
    const std::size_t dot = parents ? domain.find('.', 1) : std::string_view::npos;
    domain = dot == std::string_view::npos
                 ? std::string_view()
                 : domain.substr(parents == ParentKeys::plain ? dot + 1 : dot);
  }
  return keys;
}

std::vector<AddressKey> transport_keys(const Address& address, const ExtensionRules& rules,
                                       ParentKeys parents) {
  using Form = AddressKey::Form;
  std::vector<AddressKey> keys = address_keys(address, rules, DomainKind::foreign);
  std::erase_if(keys, [](const AddressKey& key) { return key.form == Form::domain; });
  for (AddressKey& key : domain_keys(address.domain, parents)) {
    key.use = KeyUse::partial;
    keys.push_back(std::move(key));
  }
  keys.push_back({"*", KeyUse::whole, Form::anything});
  return keys;
}

}  // namespace lastmile
