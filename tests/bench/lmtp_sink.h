// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace lastmile::bench {

/// An LMTP server in a process of its own that accepts everything and keeps nothing.
class LmtpSink {
 public:
  /// Listens on the UNIX-domain socket `path`.
  explicit LmtpSink(const std::string& path);
  LmtpSink(const LmtpSink&) = delete;
  LmtpSink& operator=(const LmtpSink&) = delete;
  ~LmtpSink();

 private:
  pid_t pid_ = -1;
};

}  // namespace lastmile::bench
