// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/run_as.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "aliases/world/child_answers.h"
#include "aliases/world/termination.h"
#include "aliases/world/watched_child.h"

namespace lastmile {
namespace {

// In the child

/// setuid(2) drops them, unless securebits(7) of the process say otherwise.
bool has_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data = {};
  if (syscall(SYS_capget, &header, data.data()) != 0) {
    return true;
  }
  return data[0].effective != 0 || data[0].permitted != 0 || data[1].effective != 0 ||
         data[1].permitted != 0;
}

/// What the child does. An exception that leaves it ends the child, never the parent's stack.
[[noreturn]] void be_the_child(pid_t parent, const Rights& rights,
                               const std::function<std::string()>& work, const std::string& root,
                               int answer_fd) noexcept {
  // A group of its own: what it starts can be killed together with it.
  setpgid(0, 0);
  reset_signals();
  auto kind = AnswerHeader::Kind::failure;
  std::string answer;
  if (!root.empty() && (chroot(root.c_str()) != 0 || chdir("/") != 0)) {
    answer = "cannot change the root directory to " + root + ": " + strerror(errno);
    kind = AnswerHeader::Kind::refused;
  } else if (auto refused = give_up_root(rights)) {
    kind = AnswerHeader::Kind::not_begun;
    answer = std::move(*refused);
  } else {
    if (!die_with(parent)) {
      _exit(1);
    }
    answer = work();
    kind = AnswerHeader::Kind::result;
  }
  _exit(write_answer(answer_fd, kind, std::move(answer)) ? 0 : 1);
}

// In the parent

Result<std::string> await_answer(const Rights& rights, WatchedChild& child, int fd,
                                 std::chrono::milliseconds limit, Begun& begun) {
  begun = Begun::perhaps;
  AnswerReader reader(fd, child, limit);
  AnswerHeader header;
  std::string answer;
  if (const auto missing = reader.read_answer(header, answer)) {
    return child_failure(rights, why_no_answer(*missing, child, limit));
  }
  // All is said. A child that is stopped now, before its exit, must not be waited for.
  child.kill_alone();
  (void)child.reap();
  if (header.kind == AnswerHeader::Kind::refused) {
    begun = Begun::no;
    return denied(answer, std::nullopt);
  }
  if (header.kind == AnswerHeader::Kind::not_begun) {
    begun = Begun::no;
  }
  if (header.kind != AnswerHeader::Kind::result) {
    return child_failure(rights, answer);
  }
  return answer;
}

Result<std::string> run_in_child(const Rights& rights, const std::function<std::string()>& work,
                                 std::chrono::milliseconds limit, Begun& begun,
                                 const std::string& root) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return child_failure(rights, failed_call("pipe"));
  }
  OwnedFile reading(ends[0]);
  OwnedFile writing(ends[1]);
  const pid_t parent = getpid();
  pid_t pid = 0;
  {
    const BlockedSignals blocked;
    pid = fork();
    if (pid == 0) {
      reading.reset();
      be_the_child(parent, rights, work, root, writing.get());
    }
  }
  if (pid < 0) {
    return child_failure(rights, failed_call("fork"));
  }
  writing.reset();
  WatchedChild child(pid);
  return await_answer(rights, child, reading.get(), limit, begun);
}

}  // namespace

std::optional<std::string> give_up_root(const Rights& rights) {
  // With the primary group, so that a set-group-id program that is run has not lost it.
  std::vector<gid_t> groups = {rights.gid};
  groups.insert(groups.end(), rights.groups.begin(), rights.groups.end());
  if (setgroups(groups.size(), groups.data()) != 0) {
    return failed_call("setgroups");
  }
  if (setresgid(rights.gid, rights.gid, rights.gid) != 0) {
    return failed_call("setresgid");
  }
  if (setresuid(rights.uid, rights.uid, rights.uid) != 0) {
    return failed_call("setresuid");
  }
  uid_t uid = 0;
  uid_t effective_uid = 0;
  uid_t saved_uid = 0;
  gid_t gid = 0;
  gid_t effective_gid = 0;
  gid_t saved_gid = 0;
  getresuid(&uid, &effective_uid, &saved_uid);
  getresgid(&gid, &effective_gid, &saved_gid);
  const bool taken = uid == rights.uid && effective_uid == rights.uid && saved_uid == rights.uid &&
                     gid == rights.gid && effective_gid == rights.gid && saved_gid == rights.gid;
  if (!taken || has_capabilities() || setresuid(0, 0, 0) == 0 || seteuid(0) == 0 ||
      (rights.gid != 0 && setegid(0) == 0)) {
    return "root could not be given up for good";
  }
  return std::nullopt;
}

Result<std::string> run_as(const Rights& rights, const std::function<std::string()>& work,
                           std::chrono::milliseconds limit, Begun* begun, const std::string& root) {
  Begun unasked = Begun::no;
  Begun& begun_here = begun == nullptr ? unasked : *begun;
  begun_here = Begun::no;
  const uid_t caller = geteuid();
  if (!root.empty() && caller != 0) {
    return denied("only root can change the root directory to " + root, std::nullopt);
  }
  if (rights.uid == caller && root.empty()) {
    return work();
  }
  if (caller != 0) {
    return denied("only root can act as " + identity_of(rights) + "; this process has uid " +
                      std::to_string(caller),
                  std::nullopt);
  }
  // To setresuid(2) and setresgid(2) these mean "leave it as it is".
  if (rights.uid == static_cast<uid_t>(-1) || rights.gid == static_cast<gid_t>(-1)) {
    return child_failure(rights, "no such uid or gid");
  }
  return run_in_child(rights, work, limit, begun_here, root);
}

}  // namespace lastmile
