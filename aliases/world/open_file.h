// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/world.h"

namespace lastmile {

/// A descriptor that is closed at the end of its life.
class OpenFile {
 public:
  explicit OpenFile(int descriptor = -1) : descriptor_(descriptor) {}
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// What never blocks and has no effect on what is opened, whatever it is.
extern const int kReadFlags;
/// What only points at a file, without opening it: enough for fstat(2).
extern const int kPathFlags;

/// Reads a regular file to its end.
/// \param path  for messages
/// \return malformed when it is longer than `max_bytes`, unavailable when it cannot be read
Result<std::string> read_content(const OpenFile& file, std::string_view path, const Rights& as,
                                 std::size_t max_bytes);

/// Type, owner and mode, without content.
FileView view_of(const struct stat& attributes);

/// Where the link that `link` (opened with kPathFlags and O_NOFOLLOW) is points.
Result<std::string> read_link(const OpenFile& link, std::string_view path, const Rights& as);

/// The names in an open directory, sorted, without "." and "..".
Result<std::vector<std::string>> read_directory(OpenFile directory, std::string_view path,
                                                const Rights& as);

}  // namespace lastmile
