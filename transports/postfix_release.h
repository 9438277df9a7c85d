// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "transports/postfix_version.h"

namespace lastmile {

/// Which Postfix's rules hold, who says so, and with which choices it was built. Where the host's
/// own Postfix is to say it, that is asked when the answer first matters: hardly any mail meets a
/// rule that has changed.
class PostfixRelease {
 public:
  /// What the host's Postfix says is the built-in default of a parameter; nullopt where it says
  /// nothing.
  using Ask = std::function<std::optional<std::string>(const std::string& name)>;

  /// \param reason  who says so, for people: "lastmile_postfix_version"
  /// \param ask     for what depends on the build; may be empty
  PostfixRelease(PostfixVersion version, std::string reason, Ask ask = {})
      : ask_(std::move(ask)), is_known_(true), version_(version), reason_(std::move(reason)) {}

  /// \param ask  is called once at most for each name
  explicit PostfixRelease(Ask ask) : ask_(std::move(ask)) {}

  const PostfixVersion& version() const;
  const std::string& reason() const;
  /// Whether the host's own Postfix has said so: it runs here, with what it was built with.
  bool is_installed() const;

  /// Whether a rule holds; one that does is remembered as met.
  bool has(VersionRule rule) const;

  /// The default of a parameter that was chosen when Postfix was built, such as
  /// `default_database_type`; null for all others. Lives as long as this object.
  const std::string* built_in(std::string_view name) const;

  /// The rules of later releases than kRecordedVersion that have decided something since the last
  /// call, sorted. For a trace that says so.
  std::set<VersionRule> take_met() const { return std::exchange(met_, {}); }

 private:
  void find_out() const;

  mutable Ask ask_ = {};
  mutable bool is_known_ = false;
  mutable PostfixVersion version_ = kRecordedVersion;
  mutable std::string reason_ = {};
  mutable std::map<std::string, std::string, std::less<>> built_in_ = {};
  mutable std::set<VersionRule> met_ = {};
};

}  // namespace lastmile
