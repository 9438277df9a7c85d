// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lastmile::test {

/// A user that a process becomes before it runs its program.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// A program and how to run it.
struct ProcessSpec {
  std::vector<std::string> arguments = {};  ///< The first is the path of the program.
  std::string input = {};
  std::optional<Identity> identity = {};  ///< For root only; none: as who we are.
  int listening_socket = -1;              ///< Handed over as systemd(1) does, see sd_listen_fds(3).
};

struct ProcessResult {
  int status = 0;  ///< Exit status, or 128 and the number of the signal.
  std::string out = {};
  std::string err = {};
};

/// Runs a program to its end.
ProcessResult run_process(const ProcessSpec& spec);

/// \return whether somebody listens on the UNIX-domain socket `path`, which is found out by
/// connecting
bool accepts_connections(const std::string& path);

/// A program that runs until this object goes. It leads a process group of its own, and the whole
/// group is killed and gone at the end. The program is told to end, too, when this process dies.
class ServerProcess {
 public:
  explicit ServerProcess(const ProcessSpec& spec);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  /// Waits until the UNIX-domain socket `path` takes connections.
  /// \return false when the program ended, or did not listen within `limit`
  bool wait_for_socket(const std::string& path,
                       std::chrono::milliseconds limit = std::chrono::seconds(30));

  pid_t pid() const { return pid_; }

 private:
  bool has_ended();

  pid_t pid_ = -1;
};

/// A program that runs beside the test, and to its end when it is waited for. It is killed, with
/// its process group, when this object goes before that.
class BackgroundProcess {
 public:
  explicit BackgroundProcess(const ProcessSpec& spec);
  BackgroundProcess(const BackgroundProcess&) = delete;
  BackgroundProcess& operator=(const BackgroundProcess&) = delete;
  ~BackgroundProcess();

  /// \return the exit status, or 128 and the number of the signal
  int wait();

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// The account `name` of this host; nullopt when there is none.
std::optional<Identity> identity_of(const std::string& name);

/// Who owns mail in these tests: nobody for root, else who we are.
Identity unprivileged_identity();

/// Names for configuration files; the number when there is no name.
std::string user_name(uid_t uid);
std::string group_name(gid_t gid);

/// Gives a file or directory, and all below it, to a user. Does nothing when we are not root.
void give_to(const std::string& path, const Identity& owner);

bool is_executable(const std::string& path);

}  // namespace lastmile::test
