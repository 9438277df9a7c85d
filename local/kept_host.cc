// SPDX-License-Identifier: Apache-2.0
#include "local/kept_host.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace lastmile {

namespace {

constexpr std::chrono::seconds kLongestKept(10);
/// Times of files may be a tick of the kernel's clock apart, or a second on some file systems.
constexpr std::time_t kYoung = 2;

bool is_equal(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

KeptHost::SeenFile KeptHost::look_at(std::string path) {
  SeenFile file;
  file.path = std::move(path);
  file.exists = ::stat(file.path.c_str(), &file.attributes) == 0;
  return file;
}

bool KeptHost::is_same(const SeenFile& one, const SeenFile& other) {
  if (one.exists != other.exists || !one.exists) {
    return one.exists == other.exists;
  }
  const struct stat& left = one.attributes;
  const struct stat& right = other.attributes;
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino &&
         left.st_size == right.st_size && is_equal(left.st_mtim, right.st_mtim) &&
         is_equal(left.st_ctim, right.st_ctim);
}

bool KeptHost::is_current() const {
  return host_ != nullptr && is_settled_ && Clock::now() - read_ < kLongestKept &&
         std::all_of(files_.begin(), files_.end(),
                     [](const SeenFile& file) { return is_same(file, look_at(file.path)); });
}

void KeptHost::note_files(const Settings& settings) {
  const std::string& directory = options_.config_directory;
  files_.clear();
  for (const char* const name : {"/main.cf", "/master.cf", "/lastmile.cf"}) {
    files_.push_back(look_at(directory + name));
  }
  // Whose rights default_privs and mail_owner have.
  for (const char* const path : {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf"}) {
    files_.push_back(look_at(path));
  }
  const auto origin = settings.main_cf.find("myorigin");
  if (origin && origin->value.starts_with('/')) {
    files_.push_back(look_at(origin->value));
  }
}

Result<std::shared_ptr<Host>> KeptHost::get() {
  if (is_current()) {
    host_->forget_accounts();
    return host_;
  }
  host_ = nullptr;
  // What changes while it is read is younger than this.
  const std::time_t began = std::time(nullptr);
  auto opened = Host::open(options_);
  if (!opened) {
    return std::move(opened).error();
  }
  host_ = std::move(*opened);
  read_ = Clock::now();
  note_files(host_->settings());
  is_settled_ = std::none_of(files_.begin(), files_.end(), [began](const SeenFile& file) {
    return file.exists && file.attributes.st_ctim.tv_sec + kYoung > began;
  });
  return host_;
}

}  // namespace lastmile
