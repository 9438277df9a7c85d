// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "transports/agents/system_calls.h"

namespace lastmile {

/// Writes all pieces, in few system calls, whatever signals and short writes come between.
/// \return 0, or the errno of the write that failed; any number of octets may be written then
int write_all(const SystemCalls& system, int file, std::span<const std::string_view> pieces);

/// Writes down which names are in a directory. One that may not be read is left to the file system,
/// and so is one of a file system that cannot sync directories.
/// \return 0 or an errno
int sync_directory(const SystemCalls& system, const std::string& path);

/// Lets a write fail with EPIPE or EFBIG where a signal would end the process. For good: no part of
/// this program wants these signals, and the children of Postfix find them ignored, too.
void ignore_write_signals();

/// A descriptor that is closed at the end of its life.
class OutputFile {
 public:
  OutputFile(const SystemCalls& system, int file) : system_(&system), file_(file) {}
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  bool is_open() const { return file_ >= 0; }
  int get() const { return file_; }
  /// \return 0, or the errno of close(2); the descriptor is gone in either case
  int close();

 private:
  const SystemCalls* system_ = nullptr;
  int file_ = -1;
};

}  // namespace lastmile
