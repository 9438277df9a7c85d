// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/tree_world.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/site_import.h"
#include "aliases/world/site_world.h"

namespace lastmile {
namespace {

const Rights kRoot = {0, 0, {}, "root"};
/// Where a library is sent for a file that the tree has not. Below the root, a link of the tree
/// could lead it out; an empty path is a new database to SQLite.
constexpr const char* kNoSuchFile = "/proc/self/fd/no such file";
/// For passwd, group and the owners file.
constexpr std::size_t kMaxOwnFile = std::size_t{256} * 1024 * 1024;
constexpr mode_t kSearchable = S_IRUSR | S_IXUSR | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH;
constexpr mode_t kWritableByGroupOrOthers = S_IWGRP | S_IWOTH;

/// Opens what is at an absolute path below `root`. Links have been followed by the caller, within
/// the tree: one on the way now has come in between, and is refused.
int open_below(const OpenFile& root, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<decltype(how.flags)>(flags | O_NOFOLLOW);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  constexpr int kAttempts = 100;
  long descriptor = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    descriptor = syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how);
    // EAGAIN: something was renamed while the kernel walked.
    if (descriptor >= 0 || (errno != EINTR && errno != EAGAIN)) {
      break;
    }
  }
  return static_cast<int>(descriptor);
}

Error cannot_open(const std::string& root, const std::string& path) {
  return unavailable(root + path + ": " + std::strerror(errno));
}

}  // namespace

TreeWorld::TreeWorld(std::string root, OpenFile directory)
    : root_(std::move(root)), directory_(std::move(directory)), host_{"localhost"} {}

Result<std::unique_ptr<TreeWorld>> TreeWorld::open(const std::string& root) {
  OpenFile directory(::open(root.c_str(), kPathFlags | O_DIRECTORY));
  if (!directory.is_open()) {
    return misconfigured(root + ": " + std::strerror(errno));
  }
  if (!OpenFile(open_below(directory, "/", kPathFlags)).is_open()) {
    return misconfigured(root + ": a tree needs openat2(2), Linux 5.6: " + std::strerror(errno));
  }
  std::string name = root;
  while (name.ends_with('/')) {
    name.pop_back();
  }
  struct stat attributes = {};
  if (fstat(directory.get(), &attributes) != 0) {
    return misconfigured(root + ": " + std::strerror(errno));
  }
  std::unique_ptr<TreeWorld> world(new TreeWorld(std::move(name), std::move(directory)));
  world->root_mode_ = attributes.st_mode;
  if (auto loaded = world->load(); !loaded) {
    return std::move(loaded).error();
  }
  return world;
}

// Before accounts and owners are known, everything belongs to root, who may read it.
Result<Ok> TreeWorld::load() {
  const auto passwd = read_own_file("/etc/passwd");
  const auto group = read_own_file("/etc/group");
  const auto owners = read_own_file(kTreeOwnersFile);
  const auto hostname = read_own_file("/etc/hostname");
  for (const auto* file : {&passwd, &group, &owners, &hostname}) {
    if (!*file) {
      return file->error();
    }
  }
  auto accounts = PasswdFile::parse(passwd->value_or(""), root_ + "/etc/passwd");
  if (!accounts) {
    return std::move(accounts).error();
  }
  auto rules = TreeOwners::parse(owners->value_or(""), root_ + kTreeOwnersFile, *accounts,
                                 group->value_or(""));
  if (!rules) {
    return std::move(rules).error();
  }
  if (auto opened = open_site(); !opened) {
    return opened;
  }
  const std::string text = hostname->value_or("");
  const std::string_view name = trim(std::string_view(text).substr(0, text.find('\n')));
  if (!name.empty()) {
    host_.hostname = name;
  }
  has_passwd_ = passwd->has_value();
  accounts_ = std::move(*accounts);
  owners_ = std::move(*rules);
  passed_.clear();
  return Ok{};
}

Result<Ok> TreeWorld::open_site() {
  const auto view = file_attributes(kTreeSiteFile, kRoot, Symlinks::refuse);
  if (!view || !*view || (*view)->type != FileType::regular) {
    return view ? Result<Ok>(Ok{}) : view.error();
  }
  auto site = SiteFile::open(root_ + kTreeSiteFile);
  auto host = site ? (*site)->host() : Result<HostFacts>(site.error());
  if (!host) {
    return std::move(host).error();
  }
  host_ = *std::move(host);
  site_ = *std::move(site);
  return Ok{};
}

Result<std::unique_ptr<Table>> TreeWorld::open_table(const TableSpec& spec,
                                                     const TablePolicy& policy) {
  if (site_ != nullptr) {
    auto recorded = open_recorded_table(site_, spec, policy);
    if (!recorded || *recorded) {
      return recorded;
    }
  }
  return RecordedWorld::open_table(spec, policy);
}

Result<std::optional<std::string>> TreeWorld::read_own_file(const std::string& path) {
  auto view = read_file(path, kRoot, Symlinks::follow, kMaxOwnFile);
  if (!view) {
    return std::move(view).error();
  }
  if (!*view || (*view)->type != FileType::regular) {
    return std::nullopt;
  }
  return std::optional(std::move((*view)->content));
}

mode_t TreeWorld::mode_of(const FileView& view, const TreeOwner& owner) const {
  if (owner.mode) {
    return *owner.mode;
  }
  const bool is_nobodys = view.type == FileType::directory && !owner.is_known;
  const mode_t missing = is_nobodys ? kSearchable & ~root_mode_ : 0;
  return (view.mode | missing) & ~(root_mode_ & kWritableByGroupOrOthers);
}

Result<std::optional<RecordedNode>> TreeWorld::node_at(const std::string& place) const {
  if (const auto known = passed_.find(place); known != passed_.end()) {
    return std::optional(known->second);
  }
  const OpenFile file(open_below(directory_, place, kPathFlags));
  struct stat attributes = {};
  if (!file.is_open() || fstat(file.get(), &attributes) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) {
      return std::nullopt;
    }
    return cannot_open(root_, place);
  }
  const FileView view = view_of(attributes);
  const TreeOwner owner = owners_.owner_of(place, accounts_);
  RecordedNode node{view.type, owner.uid,    owner.gid,     mode_of(view, owner),
                    {},        view.version, owner.is_known};
  if (node.type == FileType::symlink) {
    auto target = read_link(file, place, kRoot);
    if (!target) {
      return std::move(target).error();
    }
    node.target = std::move(*target);
  }
  if (node.type == FileType::symlink || node.type == FileType::directory) {
    passed_.emplace(place, node);
  }
  return std::optional(std::move(node));
}

Result<std::optional<std::string>> TreeWorld::content_at(const std::string& place,
                                                         const std::string& path, const Rights& as,
                                                         std::size_t max_bytes) {
  const OpenFile file(open_below(directory_, place, kReadFlags));
  if (!file.is_open()) {
    return cannot_open(root_, place);
  }
  auto content = read_content(file, path, as, max_bytes);
  if (!content) {
    return std::move(content).error();
  }
  return std::optional(*std::move(content));
}

Result<std::vector<std::string>> TreeWorld::names_in(const std::string& place,
                                                     const std::string& path, const Rights& as) {
  OpenFile directory(open_below(directory_, place, kReadFlags | O_DIRECTORY));
  if (!directory.is_open()) {
    return cannot_open(root_, place);
  }
  return read_directory(std::move(directory), path, as);
}

std::optional<Error> TreeWorld::no_accounts() const {
  if (has_passwd_) {
    return std::nullopt;
  }
  return unavailable(root_ + "/etc/passwd: " + std::strerror(ENOENT), std::nullopt);
}

Result<std::optional<Account>> TreeWorld::account_by_name(std::string_view name) {
  if (auto error = no_accounts()) {
    return *std::move(error);
  }
  const Account* account = accounts_.by_name(name);
  return account == nullptr ? std::nullopt : std::optional(*account);
}

Result<std::optional<Account>> TreeWorld::account_by_uid(uid_t uid) {
  if (auto error = no_accounts()) {
    return *std::move(error);
  }
  const Account* account = accounts_.by_uid(uid);
  return account == nullptr ? std::nullopt : std::optional(*account);
}

Result<Listing> TreeWorld::for_each_account(const std::function<bool(const Account&)>& visit) {
  if (auto error = no_accounts()) {
    return *std::move(error);
  }
  for (const Account& account : accounts_.accounts()) {
    if (!visit(account)) {
      return Listing::stopped;
    }
  }
  return Listing::complete;
}

std::optional<std::string> TreeWorld::host_path(const std::string& path) const {
  const auto place = walk(path, kRoot, Symlinks::follow, nodes());
  return place && *place ? root_ + (*place)->path : kNoSuchFile;
}

Result<std::vector<std::string>> TreeWorld::interface_addresses() {
  return site_ != nullptr ? site_->interface_addresses()
                          : std::vector<std::string>{"127.0.0.1", "::1"};
}

Result<std::vector<std::string>> TreeWorld::host_addresses(std::string_view name) {
  return unavailable(std::string(name) + ": a tree has no DNS to ask", std::nullopt);
}

Result<std::unique_ptr<World>> open_tree_world(const std::string& root) {
  auto world = TreeWorld::open(root);
  if (!world) {
    return std::move(world).error();
  }
  return std::unique_ptr<World>(std::move(*world));
}

}  // namespace lastmile
