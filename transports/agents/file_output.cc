// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/file_output.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <utility>

namespace lastmile {
namespace {

/// Pieces in one system call; the kernel copies that many descriptions without an allocation of
/// more than a page.
constexpr std::size_t kPiecesAtOnce = 128;

/// Counts `written` octets off the front of `pieces`, of whose first piece `offset` octets are
/// done.
void skip(std::span<const std::string_view>& pieces, std::size_t& offset, std::size_t written) {
  written += offset;
  while (!pieces.empty() && written >= pieces[0].size()) {
    written -= pieces[0].size();
    pieces = pieces.subspan(1);
  }
  offset = written;
}

int fill(std::array<iovec, kPiecesAtOnce>& parts, std::span<const std::string_view> pieces,
         std::size_t offset) {
  std::size_t count = 0;
  for (; count < pieces.size() && count < parts.size(); ++count) {
    const std::string_view piece = pieces[count].substr(count == 0 ? offset : 0);
    // writev(2) takes pointers to what it does not change.
    parts[count] = {const_cast<char*>(piece.data()), piece.size()};
  }
  return static_cast<int>(count);
}

}  // namespace

int write_all(const SystemCalls& system, int file, std::span<const std::string_view> pieces) {
  std::size_t offset = 0;
  skip(pieces, offset, 0);
  while (!pieces.empty()) {
    std::array<iovec, kPiecesAtOnce> parts = {};
    const ssize_t written = system.writev(file, parts.data(), fill(parts, pieces, offset));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return errno;
    }
    if (written == 0) {
      return EIO;  // No file system says this of a non-empty write; a loop must not follow.
    }
    skip(pieces, offset, static_cast<std::size_t>(written));
  }
  return 0;
}

int sync_directory(const SystemCalls& system, const std::string& path) {
  OutputFile directory(system, system.open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!directory.is_open()) {
    // One may be allowed to write to a directory and not to read it; Postfix never asks.
    return errno == EACCES ? 0 : errno;
  }
  // Some file systems cannot sync a directory, and then need not.
  return system.fsync(directory.get()) == 0 || errno == EINVAL ? 0 : errno;
}

void ignore_write_signals() {
  // Fails only for a number that is no signal.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : system_(other.system_), file_(std::exchange(other.file_, -1)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(system_, other.system_);
  std::swap(file_, other.file_);
  return *this;
}

OutputFile::~OutputFile() {
  (void)close();
}

int OutputFile::close() {
  if (file_ < 0) {
    return 0;
  }
  return system_->close(std::exchange(file_, -1)) == 0 ? 0 : errno;
}

}  // namespace lastmile
