// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

enum class FileType { regular, directory, symlink, other };
enum class Symlinks { follow, refuse };
enum class Access { allowed, refused };

/// Differs between two states of one file, and when another takes its place. All zero where files
/// stay as they are.
struct FileVersion {
  std::uint64_t inode = 0;
  std::int64_t size = 0;  ///< Octets.
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;

  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

/// A file as it was when it was opened: contents and attributes come from one descriptor.
struct FileView {
  std::string content = {};
  FileType type = FileType::other;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  ///< Permission bits only.
  /// Why there is no content although the file is regular and its directory may be searched:
  /// "Permission denied". Empty when the content was read.
  std::string unreadable = {};
  std::string target = {};  ///< Where a symbolic link points; empty for everything else.
  FileVersion version = {};
  bool owner_is_known = true;  ///< False: nothing says whose it is, and root stands there.
};

/// What the machine says of itself. The hostname is the default of myhostname.
struct HostFacts {
  std::string hostname = {};
  /// Where the configuration of a recorded host is; empty: where Postfix looks for it.
  std::string config_directory = {};
  /// What the Postfix of a recorded host said of its release and its build, by the names of the
  /// parameters; empty on a live one. \see World::postconf_default()
  std::map<std::string, std::string, std::less<>> postfix_defaults = {};
};

/// An address of a network interface.
struct InterfaceNetwork {
  std::string address = {};  ///< "192.0.2.1", "2001:db8::1"
  int prefix_length = -1;    ///< Bits of its netmask; -1: not known.
};

/// What is said of a file that this process may not read, though others may:
/// "/home/alice/.forward may not be read by uid 2002". Error::Kind::unseen.
Error unseen_by_caller(const std::string& path);

/// Everything that resolving may look at, and nothing that it could change.
/// Implementations: LiveWorld, TreeWorld (--root), SiteWorld (--site), MemoryWorld (tests).
/// Two calls with the same arguments in one run give the same answer.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// Reads a whole file with the rights of `as`.
  ///
  /// \param max_bytes  a longer file is Error::Kind::malformed, not a truncated view
  /// What sees_as() does not allow to judge is Error::Kind::unseen, here and below.
  ///
  /// \return nullopt when there is no such file (ENOENT, ENOTDIR, ENAMETOOLONG); `denied` when `as`
  ///         may not search a directory on the way; `unavailable` for any other failure. A symbolic
  ///         link under Symlinks::refuse, anything that is not a regular file, and a regular file
  ///         that `as` may not read (FileView::unreadable) is returned without content and with its
  ///         attributes, so that the caller can say what it found.
  virtual Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                                    Symlinks symlinks, std::size_t max_bytes) = 0;

  /// The attributes of a file, without its content, as `as` sees them (stat(2), or lstat(2) under
  /// Symlinks::refuse). Errors as for read_file. Never a reason to open the file later without
  /// looking at the attributes that come with its content.
  virtual Result<std::optional<FileView>> file_attributes(const std::string& path, const Rights& as,
                                                          Symlinks symlinks) = 0;

  /// The names in a directory, sorted, without "." and "..". For `site export`, which looks for
  /// `.forward+extension` files: resolving never lists a directory.
  /// \return nullopt when there is no such directory; `denied` when `as` may not read it
  virtual Result<std::optional<std::vector<std::string>>> list_directory(const std::string& path,
                                                                         const Rights& as) = 0;

  /// Whether files are really seen with the rights of `as`. False for LiveWorld when an ordinary
  /// user asks about someone else: the answers are then those for the asking user.
  virtual bool sees_as(const Rights& /*as*/) const { return true; }

  /// Whether `as` may use the directory `path` (home directories, mail spools). Refused also when
  /// there is no such directory.
  virtual Result<Access> may_enter(const std::string& path, const Rights& as) = 0;

  /// \return nullopt when no such account exists; `unavailable` when the account database
  ///         cannot be asked: an unknown user bounces, an unanswered question defers
  virtual Result<std::optional<Account>> account_by_name(std::string_view name) = 0;
  virtual Result<std::optional<Account>> account_by_uid(uid_t uid) = 0;
  /// Calls `visit` for every account until it returns false.
  virtual Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) = 0;

  virtual Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                                    const TablePolicy& policy) = 0;

  /// Where a library that opens files by itself finds `path`; nullopt when this world keeps it
  /// somewhere else than in a file (a site file, memory).
  virtual std::optional<std::string> host_path(const std::string& path) const = 0;

  /// Whether a table may ask the servers that it names by host and port. A tree of files may have
  /// been taken from another host, whose `localhost` is not this one.
  virtual bool is_on_network() const { return true; }

  /// Whether the text of a table stands in for an index that was never made of it. A checkout of a
  /// configuration has the texts only; on a host, mail waits for postmap(1).
  virtual bool reads_texts_of_missing_indexes() const { return false; }

  virtual const HostFacts& host() const = 0;

  /// What this host's Postfix says is the built-in default of a parameter; of `mail_version`, which
  /// release it is: "3.7.11".
  /// \param postconf  the path of postconf(1)
  /// \return nullopt where there is none, where it does not know the name, and in worlds that are
  ///         made of files and have not recorded it
  virtual std::optional<std::string> postconf_default(const std::string& /*postconf*/,
                                                      const std::string& /*name*/) {
    return std::nullopt;
  }

  /// The addresses of the network interfaces, as "192.0.2.1" and "2001:db8::1", in their own order
  /// and without repetition. Found out when first asked: few messages need them.
  virtual Result<std::vector<std::string>> interface_addresses() = 0;

  /// The same with their netmasks, as far as this world knows them.
  virtual Result<std::vector<InterfaceNetwork>> interface_networks();

  /// Addresses of a host name, for `check` alone: resolving never needs the DNS.
  virtual Result<std::vector<std::string>> host_addresses(std::string_view name) = 0;
};

}  // namespace lastmile
