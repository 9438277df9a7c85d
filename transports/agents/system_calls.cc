#include "transports/agents/system_calls.h"

#include <sys/file.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

namespace lastmile {
namespace {

int open_file(const char* path, int flags, mode_t mode) {
  return ::open(path, flags, mode);
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
