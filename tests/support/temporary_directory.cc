// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temporary_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lastmile::test {
namespace fs = std::filesystem;
namespace {

void must(bool done, const std::string& doing) {
  if (!done) {
    throw std::runtime_error("cannot " + doing);
  }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp") + "/lastmile.XXXXXX";
  must(mkdtemp(path_.data()) != nullptr, "make a directory " + path_);
  // Root's tests read it as other users.
  must(chmod(path_.c_str(), 0755) == 0, "chmod " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(std::string_view name, std::string_view content,
                                      mode_t mode) const {
  std::string file = path(name);
  fs::create_directories(fs::path(file).parent_path());
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  must(!stream.fail() && chmod(file.c_str(), mode) == 0, "write " + file);
  return file;
}

std::string TemporaryDirectory::make_directory(std::string_view name, mode_t mode) const {
  std::string directory = path(name);
  fs::create_directories(directory);
  must(chmod(directory.c_str(), mode) == 0, "chmod " + directory);
  return directory;
}

std::string TemporaryDirectory::read(std::string_view name) const {
  std::ifstream stream(path(name), std::ios::binary);
  must(stream.is_open(), "read " + path(name));
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

bool TemporaryDirectory::exists(std::string_view name) const {
  return fs::symlink_status(path(name)).type() != fs::file_type::not_found;
}

bool running_as_root() {
  if (geteuid() == 0) {
    return true;
  }
  static_cast<void>(std::puts("skipped: only root can act as someone else"));
  return false;
}

}  // namespace lastmile::test
