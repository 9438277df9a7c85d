// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/expansion.h"

#include <utility>

namespace lastmile {

std::string_view name_of(ExpansionType type) {
  switch (type) {
    case ExpansionType::none:
      return "";
    case ExpansionType::alias:
      return "alias";
    case ExpansionType::include:
      return "include";
    case ExpansionType::forward:
      return "forward";
  }
  return "";
}

Expansion expansion_of(const Pass& pass, const Recipient& recipient) {
  Expansion expansion;
  expansion.recipient = recipient;
  expansion.sender = pass.sender;
  return expansion;
}

Result<Rights> effect_rights(const Agent& agent, const std::optional<Account>& context) {
  if (context && context->uid != 0 && context->gid != 0) {
    return rights_of(*context);
  }
  auto fallback = default_privileges(agent.local().settings(), agent.world());
  if (!fallback) {
    return std::move(fallback).error();
  }
  Rights rights = rights_of(*fallback);
  if (context && context->uid != 0) {
    rights.uid = context->uid;
    rights.name = context->name;
  } else {
    rights.name = "default_privs (" + fallback->name + ")";
  }
  if (context && context->gid != 0) {
    rights.gid = context->gid;
  }
  return rights;
}

std::string reason_of_default_privileges(const Expansion& expansion) {
  if (!expansion.context) {
    return expansion.system_context;
  }
  return expansion.context->uid == 0 ? expansion.context->name + " has uid 0" : "";
}

Rights reading_rights(const std::optional<Account>& context) {
  return context ? rights_of(*context) : Rights{0, 0, {}, "root"};
}

DeliveryMacros delivery_macros(const Agent& agent, const Expansion& expansion,
                               const std::optional<Account>& account) {
  DeliveryMacros macros;
  macros.user = expansion.user;
  macros.local = expansion.local_part;
  macros.domain = expansion.domain;
  macros.recipient = to_internal(expansion.recipient.address);
  macros.extension = expansion.extension;
  if (expansion.extension) {
    macros.recipient_delimiter = std::string(1, expansion.delimiter);
  } else {
    macros.recipient_delimiter = agent.local().settings().recipient_delimiter.value.substr(0, 1);
  }
  macros.account = account;
  return macros;
}

}  // namespace lastmile
