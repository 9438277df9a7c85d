// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/file_identity.h"

#include <grp.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "aliases/world/recorded_tree.h"

namespace lastmile {
namespace {

constexpr auto kNoUid = static_cast<uid_t>(-1);
constexpr auto kNoGid = static_cast<gid_t>(-1);

/// An id that cannot be taken leaves the identity as it is, and the call returns what it is now.
uid_t current_uid() {
  return static_cast<uid_t>(setfsuid(kNoUid));
}
gid_t current_gid() {
  return static_cast<gid_t>(setfsgid(kNoGid));
}

std::vector<gid_t> current_groups() {
  const int count = getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<std::size_t>(count > 0 ? count : 0));
  const int got = getgroups(static_cast<int>(groups.size()), groups.data());
  LM_CHECK(got == static_cast<int>(groups.size()));
  return groups;
}

/// With SECBIT_NO_SETUID_FIXUP the kernel would leave root its power over files.
bool capabilities_follow_uid() {
  const int bits = prctl(PR_GET_SECUREBITS);
  return bits >= 0 && (bits & SECBIT_NO_SETUID_FIXUP) == 0;
}

}  // namespace

FileIdentity::FileIdentity(const Rights& rights) {
  if (rights.uid == 0 || geteuid() != 0) {
    return;
  }
  active_ = true;
  gid_before_ = getegid();
  groups_before_ = current_groups();
  if (!take(rights)) {
    error_ = unavailable("cannot look at files as " + whose(rights) + ": " + std::strerror(errno),
                         std::nullopt);
    put_back();
    active_ = false;
  }
}

FileIdentity::~FileIdentity() {
  if (active_) {
    put_back();
  }
}

bool FileIdentity::take(const Rights& rights) {
  errno = EPERM;
  if (rights.uid == kNoUid || rights.gid == kNoGid || !capabilities_follow_uid()) {
    return false;
  }
  if (rights.groups != groups_before_) {
    if (setgroups(rights.groups.size(), rights.groups.data()) != 0) {
      return false;
    }
    groups_changed_ = true;
  }
  setfsgid(rights.gid);
  setfsuid(rights.uid);
  return current_gid() == rights.gid && current_uid() == rights.uid;
}

void FileIdentity::put_back() {
  setfsuid(0);
  setfsgid(gid_before_);
  LM_CHECK(current_uid() == 0 && current_gid() == gid_before_);
  if (groups_changed_) {
    LM_CHECK(setgroups(groups_before_.size(), groups_before_.data()) == 0);
  }
}

}  // namespace lastmile
