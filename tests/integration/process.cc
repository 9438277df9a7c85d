// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace lastmile::test {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(10);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A file that exists in memory alone, for the standard streams of a child: unlike a pipe it takes
/// everything, so nobody has to read while the child runs.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = {}) : fd_(memfd_create("stream", MFD_CLOEXEC)) {
    if (fd_ < 0 ||
        pwrite(fd_, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) {
      fail("memfd_create");
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  int fd() const { return fd_; }
  std::string content() const {
    std::string text(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    const ssize_t count = pread(fd_, text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

 private:
  int fd_ = -1;
};

/// In the child: takes the identity for good.
bool become(const Identity& identity) {
  return setgroups(0, nullptr) == 0 && setgid(identity.gid) == 0 && setuid(identity.uid) == 0;
}

/// In the child: the socket becomes descriptor 3, and the variables that announce it.
bool hand_over_socket(int fd) {
  if (fd < 0) {
    return true;
  }
  // dup2 of a descriptor to itself would leave it to be closed by exec.
  const bool moved = fd == 3 ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, 3) == 3;
  return moved && setenv("LISTEN_FDS", "1", 1) == 0 &&
         setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1) == 0;
}

/// Starts the program. In the child only exec and what prepares it happen.
pid_t start(const ProcessSpec& spec, int in, int out, int err) {
  std::vector<char*> argv;
  argv.reserve(spec.arguments.size() + 1);
  for (const std::string& argument : spec.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));  // exec takes it so, and keeps it
  }
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) {
    fail("fork");
  }
  if (pid > 0) {
    return pid;
  }
  const bool ready = setsid() >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2 &&
                     hand_over_socket(spec.listening_socket) &&
                     (!spec.identity || geteuid() != 0 || become(*spec.identity)) &&
                     prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && chdir("/") == 0;
  if (ready) {
    execv(argv[0], argv.data());
  }
  const std::string text = std::string(argv[0]) + ": " + std::strerror(errno) + "\n";
  const bool told = write(2, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(told ? 127 : 126);
}

/// \return the exit status, or 128 and the number of the signal
int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      fail("waitpid");
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const ProcessSpec& spec) {
  const MemoryFile in(spec.input);
  const MemoryFile out;
  const MemoryFile err;
  const pid_t pid = start(spec, in.fd(), out.fd(), err.fd());
  const int exit_status = wait_for(pid);
  return {exit_status, out.content(), err.content()};
}

ServerProcess::ServerProcess(const ProcessSpec& spec) {
  const MemoryFile in(spec.input);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_ = start(spec, in.fd(), null, 2);
  close(null);
}

ServerProcess::~ServerProcess() {
  // What they would still write is thrown away, so there is no reason to ask politely. The children
  // of a child that has died are ours then, and are waited for as well.
  kill(-pid_, SIGKILL);
  while (waitpid(-pid_, nullptr, 0) > 0 || errno == EINTR) {
  }
}

BackgroundProcess::BackgroundProcess(const ProcessSpec& spec) {
  const MemoryFile in(spec.input);
  const MemoryFile output;
  pid_ = start(spec, in.fd(), output.fd(), output.fd());
}

BackgroundProcess::~BackgroundProcess() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    static_cast<void>(waitpid(pid_, nullptr, 0));
  }
}

int BackgroundProcess::wait() {
  const int status = wait_for(pid_);
  pid_ = -1;
  return status;
}

bool ServerProcess::has_ended() {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

bool accepts_connections(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw std::invalid_argument("the path of a socket is too long: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

bool ServerProcess::wait_for_socket(const std::string& path, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!has_ended() && std::chrono::steady_clock::now() < deadline) {
    if (accepts_connections(path)) {
      return true;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return false;
}

std::optional<Identity> identity_of(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return std::nullopt;
  }
  return Identity{entry->pw_uid, entry->pw_gid};
}

Identity unprivileged_identity() {
  constexpr Identity kNobody = {65534, 65534};
  return geteuid() == 0 ? identity_of("nobody").value_or(kNobody) : Identity{geteuid(), getegid()};
}

std::string user_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string group_name(gid_t gid) {
  const group* entry = getgrgid(gid);
  return entry == nullptr ? std::to_string(gid) : entry->gr_name;
}

void give_to(const std::string& path, const Identity& owner) {
  if (geteuid() != 0) {
    return;
  }
  std::vector<std::filesystem::path> all = {path};
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      all.push_back(entry.path());
    }
  }
  for (const auto& each : all) {
    if (lchown(each.c_str(), owner.uid, owner.gid) != 0) {
      fail(each.c_str());
    }
  }
}

bool is_executable(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

}  // namespace lastmile::test
