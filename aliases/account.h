// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <string>
#include <vector>

namespace lastmile {

/// A system account, as passwd(5) describes it.
struct Account {
  std::string name = {};
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home = {};
  std::string shell = {};
  std::string gecos = {};  ///< The comment field: full name and the like.

  friend bool operator==(const Account&, const Account&) = default;
};

/// The rights with which one file is read, or one destination is delivered to.
/// A value of this type never grants anything: only run_as() and LiveWorld act on it.
struct Rights {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups = {};  ///< Supplementary groups; empty means none.
  std::string name = {};           ///< For messages: "alice", "default_privs (nobody)".

  friend bool operator==(const Rights&, const Rights&) = default;
};

/// Uid and primary group of `account`, without supplementary groups (as Postfix takes them).
inline Rights rights_of(const Account& account) {
  return {account.uid, account.gid, {}, account.name};
}

}  // namespace lastmile
