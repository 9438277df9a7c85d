// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/live_world.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/world/ask_postconf.h"
#include "aliases/world/file_identity.h"
#include "aliases/world/host_facts.h"
#include "aliases/world/open_file.h"
#include "aliases/world/recorded_tree.h"

namespace lastmile {
namespace {

/// What open(2) came to: a file to be read, or only its attributes, or neither and why.
struct Opened {
  OpenFile file = OpenFile();  ///< Open for reading, or (see `path_only`) pointed at.
  bool path_only = false;
  struct stat attributes = {};
  int error_number = 0;  ///< Of the attempt to open it for reading.
};

/// For the descriptors of this process, which /proc/self/fd leads to, it does not matter who may
/// enter the directories where their files are: a user's path never leads there.
enum class Magic { follow, refuse };

int open_again(const char* path, int flags, Magic magic) {
  int descriptor = -1;
  do {
    open_how how = {};
    how.flags = static_cast<unsigned>(flags);
    how.resolve = RESOLVE_NO_MAGICLINKS;
    descriptor = magic == Magic::follow
                     ? -1
                     : static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
    // Linux before 5.6, and sandboxes that do not know the call.
    if (magic == Magic::follow || (descriptor < 0 && (errno == ENOSYS || errno == EPERM))) {
      descriptor = open(path, flags);
    }
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/// A name that is too long for the file system names nothing: `.forward+` and a long extension.
bool is_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ENAMETOOLONG;
}

/// Opens for reading; where that is refused, points at the file, so that the caller learns what is
/// there. Attributes come from the descriptor in both cases. All that needs the reader's identity.
///
/// \return nullopt when nothing is there
Result<std::optional<Opened>> open_to_read(const std::string& path, const Rights& as,
                                           Symlinks symlinks) {
  const int no_follow = symlinks == Symlinks::refuse ? O_NOFOLLOW : 0;
  const FileIdentity identity(as);
  if (identity.error()) {
    return *identity.error();
  }
  Opened opened;
  const Magic magic = as.uid == 0 ? Magic::follow : Magic::refuse;
  opened.file = OpenFile(open_again(path.c_str(), kReadFlags | no_follow, magic));
  if (!opened.file.is_open()) {
    opened.error_number = errno;
    if (is_absent(opened.error_number)) {
      return std::nullopt;
    }
    opened.path_only = true;
    opened.file = OpenFile(open_again(path.c_str(), kPathFlags | no_follow, magic));
  }
  if (!opened.file.is_open() || fstat(opened.file.get(), &opened.attributes) != 0) {
    if (is_absent(errno)) {
      return std::nullopt;
    }
    return file_error(path, errno, as);
  }
  return std::optional(std::move(opened));
}

/// A file of proc(5) tells of the process that reads it, and is never what somebody wrote. Their
/// lengths are 0.
bool tells_of_processes(const Opened& opened) {
  struct statfs file_system = {};
  return opened.attributes.st_size == 0 && fstatfs(opened.file.get(), &file_system) == 0 &&
         file_system.f_type == PROC_SUPER_MAGIC;
}

bool holds_nul(const std::string& path) {
  return path.find('\0') != std::string::npos;
}

/// fstatat(2) with the identity of `as`. \return an error number, or 0
Result<int> stat_as(const std::string& path, const Rights& as, int flags, struct stat& attributes) {
  const FileIdentity identity(as);
  if (identity.error()) {
    return *identity.error();
  }
  return fstatat(AT_FDCWD, path.c_str(), &attributes, flags) == 0 ? 0 : errno;
}

}  // namespace

Result<std::vector<InterfaceNetwork>> World::interface_networks() {
  auto addresses = interface_addresses();
  if (!addresses) {
    return std::move(addresses).error();
  }
  std::vector<InterfaceNetwork> networks;
  for (std::string& address : *addresses) {
    networks.push_back({std::move(address)});
  }
  return networks;
}

Error unseen_by_caller(const std::string& path) {
  return unseen(path + " may not be read by uid " + std::to_string(geteuid()));
}

Error LiveWorld::as_seen(Error error, const std::string& path, const Rights& as) const {
  // What this process may not do says nothing about what `as` may.
  return error.kind == Error::Kind::denied && !sees_as(as) ? unseen_by_caller(path)
                                                           : std::move(error);
}

Result<std::optional<FileView>> LiveWorld::read_file(const std::string& path, const Rights& as,
                                                     Symlinks symlinks, std::size_t max_bytes) {
  if (holds_nul(path)) {
    return std::nullopt;
  }
  const auto opened = open_to_read(path, as, symlinks);
  if (!opened) {
    return as_seen(opened.error(), path, as);
  }
  if (!*opened) {
    return std::nullopt;
  }
  FileView view = view_of((*opened)->attributes);
  if (view.type == FileType::symlink) {
    auto target = read_link((*opened)->file, path, as);
    if (!target) {
      return std::move(target).error();
    }
    view.target = std::move(*target);
  }
  if (view.type != FileType::regular) {
    return std::optional(std::move(view));
  }
  if (tells_of_processes(**opened)) {
    return file_error(path, EIO, as);  // A doubt, and no answer: what asks for it waits.
  }
  if ((*opened)->path_only) {
    const int error_number = (*opened)->error_number;
    if (error_number != EACCES && error_number != EPERM) {
      return file_error(path, error_number, as);
    }
    if (!sees_as(as)) {
      return unseen_by_caller(path);
    }
    view.unreadable = std::strerror(error_number);
    return std::optional(std::move(view));
  }
  auto content = read_content((*opened)->file, path, as, max_bytes);
  if (!content) {
    return std::move(content).error();
  }
  view.content = std::move(*content);
  return std::optional(std::move(view));
}

Result<std::optional<FileView>> LiveWorld::file_attributes(const std::string& path,
                                                           const Rights& as, Symlinks symlinks) {
  if (holds_nul(path)) {
    return std::nullopt;
  }
  struct stat attributes = {};
  const auto error_number =
      stat_as(path, as, symlinks == Symlinks::refuse ? AT_SYMLINK_NOFOLLOW : 0, attributes);
  if (!error_number) {
    return error_number.error();
  }
  if (is_absent(*error_number)) {
    return std::nullopt;
  }
  if (*error_number != 0) {
    return as_seen(file_error(path, *error_number, as), path, as);
  }
  FileView view = view_of(attributes);
  if (view.type == FileType::symlink) {
    return read_file(path, as, symlinks, 0);
  }
  return std::optional(std::move(view));
}

Result<std::optional<std::vector<std::string>>> LiveWorld::list_directory(const std::string& path,
                                                                          const Rights& as) {
  if (holds_nul(path)) {
    return std::nullopt;
  }
  auto opened = open_to_read(path, as, Symlinks::follow);
  if (!opened) {
    return std::move(opened).error();
  }
  if (!*opened || !S_ISDIR((*opened)->attributes.st_mode)) {
    return std::nullopt;
  }
  if ((*opened)->path_only) {
    return file_error(path, (*opened)->error_number, as);
  }
  auto names = read_directory(std::move((*opened)->file), path, as);
  if (!names) {
    return std::move(names).error();
  }
  return std::optional(std::move(*names));
}

bool LiveWorld::sees_as(const Rights& as) const {
  const uid_t caller = geteuid();
  return caller == 0 || caller == as.uid;
}

Result<Access> LiveWorld::may_enter(const std::string& path, const Rights& as) {
  if (path.empty() || holds_nul(path)) {
    return Access::refused;
  }
  struct stat attributes = {};
  // To see what is in a directory, one must be allowed to search it.
  const auto error_number = stat_as(path + "/.", as, 0, attributes);
  if (!error_number) {
    return error_number.error();
  }
  if (*error_number == EACCES && !sees_as(as)) {
    return unseen_by_caller(path);
  }
  if (*error_number == EACCES || is_absent(*error_number)) {
    return Access::refused;
  }
  if (*error_number != 0) {
    return file_error(path, *error_number, as);
  }
  return Access::allowed;
}

Result<std::optional<Account>> LiveWorld::account_by_name(std::string_view name) {
  return accounts_.by_name(name);
}

Result<std::optional<Account>> LiveWorld::account_by_uid(uid_t uid) {
  return accounts_.by_uid(uid);
}

Result<Listing> LiveWorld::for_each_account(const std::function<bool(const Account&)>& visit) {
  return SystemAccounts::for_each(visit);
}

Result<std::unique_ptr<Table>> LiveWorld::open_table(const TableSpec& spec,
                                                     const TablePolicy& policy) {
  return open_map(spec, *this, policy);
}

std::optional<std::string> LiveWorld::host_path(const std::string& path) const {
  return path;
}

const HostFacts& LiveWorld::host() const {
  if (!host_) {
    host_ = HostFacts{system_hostname()};
  }
  return *host_;
}

Result<std::vector<InterfaceNetwork>> LiveWorld::interface_networks() {
  return system_interface_networks();
}

Result<std::vector<std::string>> LiveWorld::interface_addresses() {
  if (!interface_addresses_) {
    interface_addresses_ = system_interface_addresses();
  }
  return *interface_addresses_;
}

Result<std::vector<std::string>> LiveWorld::host_addresses(std::string_view name) {
  return system_host_addresses(name);
}

std::optional<std::string> LiveWorld::postconf_default(const std::string& postconf,
                                                       const std::string& name) {
  return ask_postconf(postconf, name);
}

}  // namespace lastmile
