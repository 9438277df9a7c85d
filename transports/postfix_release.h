#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aliases/world/world.h"
#include "transports/main_cf.h"
#include "transports/postfix_version.h"

namespace lastmile {

/// Which Postfix's rules hold, and who says so. Where the host's own Postfix is to say it, that is
/// asked when the answer first matters: hardly any mail meets a rule that has changed.
class PostfixRelease {
 public:
  /// \param reason  who says so, for people: "lastmile_postfix_version"
  PostfixRelease(PostfixVersion version, std::string reason)
      : version_(version), reason_(std::move(reason)) {}

  /// \param ask  is called once at most; what the host's Postfix says its version is, nullopt where
  ///             it says nothing
  explicit PostfixRelease(std::function<std::optional<std::string>()> ask) : ask_(std::move(ask)) {}

  const PostfixVersion& version() const;
  const std::string& reason() const;
  bool has(VersionRule rule) const { return has_rule(version(), rule); }

 private:
  void find_out() const;

  mutable std::function<std::optional<std::string>()> ask_ = {};
  mutable PostfixVersion version_ = kRecordedVersion;
  mutable std::string reason_ = {};
};

/// The release that lastmile_postfix_version names, else that of the host's own Postfix.
/// \param world  must outlive what is returned
std::shared_ptr<const PostfixRelease> postfix_release(const MainCf& main_cf, World& world);

}  // namespace lastmile
