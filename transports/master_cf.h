// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// One line of master.cf. \see master(5)
struct Service {
  std::string name = {};
  std::string type = {};  ///< "unix", "inet", "fifo", "unix-dgram", "pass".
  bool is_private = true;
  bool unprivileged = true;
  bool chroot = false;
  std::string program = {};                                        ///< "lmtp", "local", "pipe", ...
  std::vector<std::string> arguments = {};                         ///< Without the `-o` overrides.
  std::map<std::string, std::string, std::less<>> overrides = {};  ///< `-o name=value`.
  std::optional<SourcePos> source = {};
};

/// Why a daemon ends because of the words behind its name, as one that takes none does for a
/// comment there. Those of pipe(8) are judged by parse_pipe_service().
std::optional<Error> wrong_argument(const Service& service);

/// The services of master.cf.
class MasterCf {
 public:
  /// \param file  for messages
  /// \param chroot_default  what "-" means in the chroot column (compatibility_level below 1: yes)
  /// \return misconfigured, naming the line, for what master(8) would refuse to start with
  static Result<MasterCf> parse(std::string_view content, const std::string& file,
                                bool chroot_default);

  /// The services that Postfix's own master.cf has, for a configuration without one.
  static MasterCf standard();

  /// A transport: a private service of type unix. \return null when there is none of that name
  const Service* find_transport(std::string_view name) const;

  /// A service that daemons ask for by its name alone, such as "cleanup": of type unix or fifo.
  /// \return null when there is none of that name
  const Service* find_internal(std::string_view name) const;

  /// In the order of the file; a service that is defined twice stands where it was first, as it was
  /// defined last.
  const std::vector<Service>& services() const { return services_; }

  /// A service that is defined twice, a stray continuation line.
  const std::vector<Error>& warnings() const { return warnings_; }

 private:
  void add(Service service);

  std::vector<Service> services_;
  std::vector<Error> warnings_;
};

}  // namespace lastmile
