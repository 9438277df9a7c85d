// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/world/system_accounts.h"
#include "aliases/world/world.h"

namespace lastmile {

/// This host. As root it looks at files with the file system identity of the reader; as an ordinary
/// user with its own. Accounts come from the name service switch and are asked for once.
///
/// Made for one run: what it has once answered about an account it answers again.
class LiveWorld final : public World {
 public:
  LiveWorld() = default;

  Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes) override;
  Result<std::optional<FileView>> file_attributes(const std::string& path, const Rights& as,
                                                  Symlinks symlinks) override;
  Result<std::optional<std::vector<std::string>>> list_directory(const std::string& path,
                                                                 const Rights& as) override;
  bool sees_as(const Rights& as) const override;
  Result<Access> may_enter(const std::string& path, const Rights& as) override;
  Result<std::optional<Account>> account_by_name(std::string_view name) override;
  Result<std::optional<Account>> account_by_uid(uid_t uid) override;
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override;
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  std::optional<std::string> host_path(const std::string& path) const override;
  const HostFacts& host() const override;
  std::optional<std::string> postconf_default(const std::string& postconf,
                                              const std::string& name) override;
  Result<std::vector<std::string>> interface_addresses() override;
  Result<std::vector<InterfaceNetwork>> interface_networks() override;
  Result<std::vector<std::string>> host_addresses(std::string_view name) override;

 private:
  /// `error`, or Error::Kind::unseen where sees_as() does not allow to judge.
  Error as_seen(Error error, const std::string& path, const Rights& as) const;

  SystemAccounts accounts_;
  mutable std::optional<HostFacts> host_;
  std::optional<Result<std::vector<std::string>>> interface_addresses_;
};

}  // namespace lastmile
