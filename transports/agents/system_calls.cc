// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/system_calls.h"

#include <sys/file.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace lastmile {
namespace {

int open_file(const char* path, int flags, mode_t mode) {
  return ::open(path, flags, mode);
}

int link_open_file(int file, const char* to) {
  // By its number, for which one needs a capability, or by a name that needs /proc.
  if (::linkat(file, "", AT_FDCWD, to, AT_EMPTY_PATH) == 0) {
    return 0;
  }
  if (errno != ENOENT) {
    return -1;
  }
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  return ::linkat(AT_FDCWD, name.c_str(), AT_FDCWD, to, AT_SYMLINK_FOLLOW);
}

int set_record_lock(int file, const struct flock* lock) {
  return ::fcntl(file, F_SETLK, lock);
}

timespec time_of_day() {
  timespec now = {};
  // Cannot fail for this clock and a valid pointer.
  (void)::clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

void sleep_for(std::chrono::microseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  timespec rest = {};
  rest.tv_sec = seconds.count();
  rest.tv_nsec = std::chrono::nanoseconds(time - seconds).count();
  // A signal may end the pause early: the caller only tries again sooner.
  (void)::nanosleep(&rest, nullptr);
}

constexpr SystemCalls kRealSystem = {
    .open = open_file,
    .close = ::close,
    .writev = ::writev,
    .pread = ::pread,
    .fsync = ::fsync,
    .ftruncate = ::ftruncate,
    .fstat = ::fstat,
    .stat = ::stat,
    .lstat = ::lstat,
    .link = ::link,
    .link_open_file = link_open_file,
    .unlink = ::unlink,
    .mkdir = ::mkdir,
    .fchown = ::fchown,
    .set_attribute = ::fsetxattr,
    .get_attribute = ::fgetxattr,
    .remove_attribute = ::fremovexattr,
    .flock = ::flock,
    .set_lock = set_record_lock,
    .now = time_of_day,
    .pause = sleep_for,
};

}  // namespace

const SystemCalls& real_system() {
  return kRealSystem;
}

}  // namespace lastmile
