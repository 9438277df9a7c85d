// SPDX-License-Identifier: Apache-2.0
#include "transports/postfix_release.h"

#include <algorithm>
#include <array>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// What depends on how Postfix was built, and what most builds of it have.
constexpr std::array kOfTheBuild = {
    std::pair<std::string_view, std::string_view>{"default_cache_db_type", "btree"},
    std::pair<std::string_view, std::string_view>{"default_database_type", "hash"},
};

constexpr std::string_view kSaidByPostconf = "postconf mail_version";

}  // namespace

void PostfixRelease::find_out() const {
  if (std::exchange(is_known_, true)) {
    return;
  }
  const auto said = ask_ ? ask_("mail_version") : std::nullopt;
  if (!said) {
    reason_ = "assumed: no Postfix is here to be asked";
    return;
  }
  if (const auto version = parse_postfix_version(*said)) {
    version_ = *version;
    reason_ = kSaidByPostconf;
    return;
  }
  reason_ = "assumed: postconf says \"" + printable(*said) + '"';
}

const PostfixVersion& PostfixRelease::version() const {
  find_out();
  return version_;
}

const std::string& PostfixRelease::reason() const {
  find_out();
  return reason_;
}

bool PostfixRelease::is_installed() const {
  return reason() == kSaidByPostconf;
}

bool PostfixRelease::has(VersionRule rule) const {
  const bool holds = has_rule(version(), rule);
  if (holds) {
    met_.insert(rule);
  }
  return holds;
}

const std::string* PostfixRelease::built_in(std::string_view name) const {
  const auto* const usual =
      std::ranges::find_if(kOfTheBuild, [name](const auto& row) { return row.first == name; });
  if (usual == kOfTheBuild.end()) {
    return nullptr;
  }
  auto known = built_in_.find(name);
  if (known == built_in_.end()) {
    const auto said = ask_ ? ask_(std::string(name)) : std::nullopt;
    known = built_in_.emplace(name, said.value_or(std::string(usual->second))).first;
  }
  return &known->second;
}

}  // namespace lastmile
