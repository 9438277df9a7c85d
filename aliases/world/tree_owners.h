// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/world/passwd_file.h"

namespace lastmile {

/// Whom a file of a tree is taken to belong to, whoever owns it on this host.
struct TreeOwner {
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<mode_t> mode = {};  ///< Permission bits; empty: those of the file.
  bool is_known = true;             ///< False: no line and no home says it.

  friend bool operator==(const TreeOwner&, const TreeOwner&) = default;
};

/// The rule by which files of a tree get their owners: what the last matching line of
/// `.lastmile-owners` says, else the account whose home the file is in, else root.
///
/// A line is `PATH OWNER[:GROUP] [MODE]`. PATH is a pattern of glob(7) for a path that begins with
/// '/', where `*` and `?` do not match '/'; `/dir/**` means /dir and everything below it. OWNER and
/// GROUP are names or numbers; without GROUP it is the group of the account, or the number itself.
/// MODE is octal. `#` begins a comment line.
class TreeOwners {
 public:
  /// \param file  the name of the owners file, for messages
  /// \param group_text  etc/group of the tree; may be empty
  /// \return misconfigured, with the line that makes no sense
  static Result<TreeOwners> parse(std::string_view text, const std::string& file,
                                  const PasswdFile& accounts, std::string_view group_text);

  /// \param path  absolute, without links
  /// \param accounts  the same as for parse()
  TreeOwner owner_of(const std::string& path, const PasswdFile& accounts) const;

 private:
  struct Rule {
    std::string pattern = {};
    TreeOwner owner = {};
  };

  std::vector<Rule> rules_;
};

}  // namespace lastmile
