// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"

namespace lastmile {

/// The accounts of one passwd(5) text. Of entries with one name, or one uid, the first counts.
class PasswdFile {
 public:
  /// Empty lines, comments and the `+`/`-` lines of NIS are passed over.
  /// \param file  for messages
  /// \return misconfigured, with the line, when one makes no sense: an account that silently does
  ///         not exist would turn mail into bounces
  static Result<PasswdFile> parse(std::string_view text, const std::string& file);

  /// Null when there is no such account; valid as long as the PasswdFile.
  const Account* by_name(std::string_view name) const;
  const Account* by_uid(uid_t uid) const;
  /// The account whose home directory `path` is or lies below; the innermost home counts.
  const Account* by_home(std::string_view path) const;
  const std::vector<Account>& accounts() const { return accounts_; }

 private:
  std::vector<Account> accounts_;
  std::map<std::string, std::size_t, std::less<>> names_;
  std::unordered_map<uid_t, std::size_t> uids_;
  std::map<std::string, std::size_t, std::less<>> homes_;
};

}  // namespace lastmile
