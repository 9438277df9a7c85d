// SPDX-License-Identifier: Apache-2.0
#include "local/serving/frame_stream.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace lastmile {

namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;

}  // namespace

Result<Ok> write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return unavailable("the other process is gone: " + std::generic_category().message(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return Ok{};
}

ReadEnd read_into(int descriptor, std::string& bytes) {
  const std::size_t before = bytes.size();
  bytes.resize(before + kReadAtOnce);
  ssize_t count = 0;
  do {
    count = ::read(descriptor, bytes.data() + before, kReadAtOnce);
  } while (count < 0 && errno == EINTR);
  bytes.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  return count > 0 ? ReadEnd::more : ReadEnd::end;
}

}  // namespace lastmile
