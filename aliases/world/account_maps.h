// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/tables/table_list.h"
#include "aliases/world/forwarding_world.h"

namespace lastmile {

/// Another world whose accounts come from tables (`lastmile_account_maps`). A table is asked for
/// the name and answers with a line of passwd(5); the first answer wins, and a table that cannot
/// answer makes the account "cannot say". `unix:passwd.byname` stands for the accounts of the
/// other world.
///
/// A uid is looked up as the key "2001", then by listing the tables that can list, and only an
/// account that really has this uid counts.
class AccountMapsWorld final : public ForwardingWorld {
 public:
  /// `base` must outlive this world. `specs` are in the order of the parameter.
  AccountMapsWorld(World& base, const std::vector<TableSpec>& specs, const TablePolicy& policy);

  Result<std::optional<Account>> account_by_name(std::string_view name) override;
  Result<std::optional<Account>> account_by_uid(uid_t uid) override;
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override;

 private:
  /// One table of the parameter, or the accounts of the other world.
  struct Source {
    std::optional<TableList> table = {};
    TableSpec spec = {};
  };

  Result<std::optional<Account>> find_name(Source& source, std::string_view name);
  Result<std::optional<Account>> find_uid(Source& source, uid_t uid);

  std::vector<Source> sources_;
  std::map<std::string, Result<std::optional<Account>>, std::less<>> names_;
  std::map<uid_t, Result<std::optional<Account>>> uids_;
};

}  // namespace lastmile
