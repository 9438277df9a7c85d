// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/passwd_index.h"

namespace lastmile {

/// The accounts of the name service switch, each asked for once: again only after very many others.
/// A run that asks for many names reads /etc/passwd itself where that gives the same answers.
///
/// "No such account" is only what the C library says is not there. Every error number, also those
/// by which other systems mean "not found" (ENOENT, ESRCH), is `unavailable`: on Linux they come
/// from a source that could not be asked, and an unknown user would be bounced.
///
/// \see getpwnam(3), nsswitch.conf(5)
class SystemAccounts {
 public:
  Result<std::optional<Account>> by_name(std::string_view name);
  Result<std::optional<Account>> by_uid(uid_t uid);
  /// In the order of the sources. Of accounts of one name the first is visited, as it is the one
  /// that by_name() finds.
  static Result<Listing> for_each(const std::function<bool(const Account&)>& visit);

 private:
  Result<std::optional<Account>> ask_for(const std::string& name);

  std::map<std::string, Result<std::optional<Account>>, std::less<>> names_;
  std::map<uid_t, Result<std::optional<Account>>, std::less<>> uids_;
  int questions_ = 0;  ///< Names that were asked for.
  std::optional<PasswdIndex> passwd_ = {};
};

}  // namespace lastmile
