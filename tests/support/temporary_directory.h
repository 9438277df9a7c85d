// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace lastmile::test {

/// An empty directory below TMPDIR (or /tmp) that is removed, with all that is in it, at the end
/// of its life. Every test makes its own, so that tests can run at the same time.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  /// Absolute, without a slash at the end.
  const std::string& path() const { return path_; }
  /// The absolute path of something in it.
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Writes a file, and makes the directories that lead to it.
  /// \return its absolute path
  std::string write(std::string_view name, std::string_view content, mode_t mode = 0644) const;
  /// Makes a directory and those that lead to it; `mode` is for the last one.
  std::string make_directory(std::string_view name, mode_t mode = 0755) const;
  /// The content of a file; the test fails when there is none.
  std::string read(std::string_view name) const;
  bool exists(std::string_view name) const;

 private:
  std::string path_;
};

/// Whether the tests run as root. Prints why a test passes itself over when they do not.
bool running_as_root();

}  // namespace lastmile::test
