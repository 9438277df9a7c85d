// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "local/host.h"
#include "local/invocation.h"

namespace lastmile {

/// The host of the global options for a program that delivers one message after the other: its
/// configuration is read again when one of its files is another one than it was, and after some
/// seconds in any case, since not everything that it was made of can be looked at (accounts of a
/// directory service, the name of the host). Tables are not kept.
class KeptHost {
 public:
  /// \param options  outlive it
  explicit KeptHost(GlobalOptions& options) : options_(options) {}

  /// \return the host as things are now, with accounts that are asked for anew; an Error is not
  /// kept
  Result<std::shared_ptr<Host>> get();
  /// The next get() reads it anew: the options have changed.
  void forget() { host_ = nullptr; }

 private:
  using Clock = std::chrono::steady_clock;

  /// A file as it was when the configuration was read.
  struct SeenFile {
    std::string path = {};
    bool exists = false;
    struct stat attributes = {};
  };

  static SeenFile look_at(std::string path);
  static bool is_same(const SeenFile& one, const SeenFile& other);
  bool is_current() const;
  void note_files(const Settings& settings);

  GlobalOptions& options_;
  std::shared_ptr<Host> host_ = {};
  std::vector<SeenFile> files_ = {};
  Clock::time_point read_ = {};
  bool is_settled_ = false;  ///< No file was so young that it may change without looking different.
};

}  // namespace lastmile
