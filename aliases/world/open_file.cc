// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/open_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "aliases/world/recorded_tree.h"

namespace lastmile {

const int kReadFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
const int kPathFlags = O_PATH | O_CLOEXEC;

OpenFile::OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

Result<std::string> read_content(const OpenFile& file, std::string_view path, const Rights& as,
                                 std::size_t max_bytes) {
  struct stat attributes = {};
  if (fstat(file.get(), &attributes) != 0) {
    return file_error(path, errno, as);
  }
  if (static_cast<std::size_t>(attributes.st_size) > max_bytes) {
    return too_long_error(path, max_bytes);
  }
  std::string content;
  std::size_t length = 0;
  // One octet more than there should be: a file that does not grow is read by one call, and its
  // end found by a second.
  content.resize(static_cast<std::size_t>(attributes.st_size) + 1);
  for (;;) {
    const ssize_t count = read(file.get(), content.data() + length, content.size() - length);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return file_error(path, errno, as);
    }
    if (count == 0) {
      content.resize(length);
      return content;
    }
    length += static_cast<std::size_t>(count);
    if (length > max_bytes) {
      return too_long_error(path, max_bytes);
    }
    if (length == content.size()) {
      content.resize(content.size() * 2);
    }
  }
}

FileView view_of(const struct stat& attributes) {
  FileView view;
  view.type = S_ISREG(attributes.st_mode)   ? FileType::regular
              : S_ISDIR(attributes.st_mode) ? FileType::directory
              : S_ISLNK(attributes.st_mode) ? FileType::symlink
                                            : FileType::other;
  view.owner = attributes.st_uid;
  view.group = attributes.st_gid;
  view.mode = attributes.st_mode & 07777U;
  view.version = {attributes.st_ino, attributes.st_size, attributes.st_mtim.tv_sec,
                  attributes.st_mtim.tv_nsec};
  return view;
}

Result<std::string> read_link(const OpenFile& link, std::string_view path, const Rights& as) {
  constexpr std::size_t kLongestTarget = 4096;  // PATH_MAX
  std::string target(kLongestTarget, '\0');
  const ssize_t length = readlinkat(link.get(), "", target.data(), target.size());
  if (length < 0) {
    return file_error(path, errno, as);
  }
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Result<std::vector<std::string>> read_directory(OpenFile directory, std::string_view path,
                                                const Rights& as) {
  // The stream takes the descriptor over; a copy leaves each with its own.
  const int copy = fcntl(directory.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : fdopendir(copy), closedir);
  if (!stream) {
    const int error_number = errno;
    const OpenFile unused(copy);
    return file_error(path, error_number, as);
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  if (errno != 0) {
    return file_error(path, errno, as);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lastmile
