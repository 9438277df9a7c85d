// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <ctime>

namespace lastmile {

/// The system calls by which messages are stored. A test passes a table of its own, in which the
/// n-th call fails, or ends the process. Each behaves as the call of its name, errno included.
struct SystemCalls {
  int (*open)(const char* path, int flags, mode_t mode) = nullptr;
  int (*close)(int file) = nullptr;
  ssize_t (*writev)(int file, const iovec* pieces, int count) = nullptr;
  ssize_t (*pread)(int file, void* buffer, std::size_t size, off_t offset) = nullptr;
  int (*fsync)(int file) = nullptr;
  int (*ftruncate)(int file, off_t size) = nullptr;
  int (*fstat)(int file, struct stat* status) = nullptr;
  int (*stat)(const char* path, struct stat* status) = nullptr;
  int (*lstat)(const char* path, struct stat* status) = nullptr;
  int (*link)(const char* from, const char* to) = nullptr;
  /// Gives a name to an open file that has none (O_TMPFILE).
  int (*link_open_file)(int file, const char* to) = nullptr;
  int (*unlink)(const char* path) = nullptr;
  int (*mkdir)(const char* path, mode_t mode) = nullptr;
  int (*fchown)(int file, uid_t owner, gid_t group) = nullptr;
  /// fsetxattr(2), fgetxattr(2), fremovexattr(2).
  int (*set_attribute)(int file, const char* name, const void* value, std::size_t size,
                       int flags) = nullptr;
  ssize_t (*get_attribute)(int file, const char* name, void* value, std::size_t size) = nullptr;
  int (*remove_attribute)(int file, const char* name) = nullptr;
  int (*flock)(int file, int operation) = nullptr;
  int (*set_lock)(int file, const struct flock* lock) = nullptr;  ///< fcntl(F_SETLK).
  timespec (*now)() = nullptr;                                    ///< The time of day.
  void (*pause)(std::chrono::microseconds time) = nullptr;
};

/// The calls of this host.
const SystemCalls& real_system();

}  // namespace lastmile
