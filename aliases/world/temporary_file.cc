// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace lastmile {

std::string temporary_directory() {
  const char* configured = std::getenv("TMPDIR");
  return configured != nullptr && configured[0] == '/' ? configured : "/var/tmp";
}

int open_and_unlink(const std::string& directory) {
  std::string name = directory + "/lastmile.XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0 && ::unlink(name.c_str()) != 0) {
    const int error = errno;
    ::close(file);
    errno = error;
    return -1;
  }
  return file;
}

int open_temporary_file() {
  const std::string directory = temporary_directory();
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return file >= 0 ? file : open_and_unlink(directory);
}

}  // namespace lastmile
