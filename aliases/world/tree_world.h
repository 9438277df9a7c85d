// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aliases/world/open_file.h"
#include "aliases/world/passwd_file.h"
#include "aliases/world/recorded_world.h"
#include "aliases/world/site_file.h"
#include "aliases/world/tree_owners.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The directory tree of `--root DIR` as if it were a host: every path is looked up below it, no
/// link leads out of it, accounts come from its etc/passwd, the hostname from its etc/hostname.
/// What import_site() could not write as files is in its `.lastmile-site`.
///
/// Owners are those of TreeOwners, modes those of the files. Who may read what is judged by them,
/// and not by what the running user may do, so that every user sees the same.
///
/// The mode of DIR tells of the umask that the tree was made with: `/` has 0755 on every host.
/// Where DIR keeps others out, so does no directory of which nothing says whose it is; where others
/// may write to DIR, nothing in it is taken to be writable by them. What `.lastmile-owners` says
/// holds.
class TreeWorld final : public RecordedWorld {
 public:
  /// \return misconfigured when `root` is no directory, when `.lastmile-owners`, etc/passwd or
  ///         etc/group makes no sense, or when the kernel has no openat2(2)
  static Result<std::unique_ptr<TreeWorld>> open(const std::string& root);

  /// Unavailable when the tree has no etc/passwd.
  Result<std::optional<Account>> account_by_name(std::string_view name) override;
  Result<std::optional<Account>> account_by_uid(uid_t uid) override;
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override;
  /// Below the root, with all links followed inside the tree; a path that exists nowhere when the
  /// tree has no such file.
  std::optional<std::string> host_path(const std::string& path) const override;
  bool is_on_network() const override { return false; }
  bool reads_texts_of_missing_indexes() const override { return true; }
  const HostFacts& host() const override { return host_; }
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  /// 127.0.0.1 and ::1, so that a trace is the same everywhere; those of its `.lastmile-site`.
  Result<std::vector<std::string>> interface_addresses() override;
  /// Unavailable: a tree has no DNS.
  Result<std::vector<std::string>> host_addresses(std::string_view name) override;

 private:
  TreeWorld(std::string root, OpenFile directory);

  Result<Ok> load();
  Result<Ok> open_site();
  Result<std::optional<std::string>> read_own_file(const std::string& path);
  Result<std::optional<RecordedNode>> node_at(const std::string& place) const override;
  Result<std::optional<std::string>> content_at(const std::string& place, const std::string& path,
                                                const Rights& as, std::size_t max_bytes) override;
  Result<std::vector<std::string>> names_in(const std::string& place, const std::string& path,
                                            const Rights& as) override;
  std::optional<Error> no_accounts() const;
  mode_t mode_of(const FileView& view, const TreeOwner& owner) const;

  std::string root_;  ///< Without a slash at the end.
  OpenFile directory_;
  mode_t root_mode_ = 0;  ///< Of DIR.
  bool has_passwd_ = false;
  PasswdFile accounts_;
  TreeOwners owners_;
  HostFacts host_;
  std::shared_ptr<SiteFile> site_;  ///< Null: it has none.
  /// Directories and links, which are on the way to many files.
  mutable std::unordered_map<std::string, RecordedNode> passed_;
};

/// TreeWorld::open() for those who need no more than a World.
Result<std::unique_ptr<World>> open_tree_world(const std::string& root);

}  // namespace lastmile
