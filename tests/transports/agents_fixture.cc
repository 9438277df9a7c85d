// SPDX-License-Identifier: Apache-2.0
#include "tests/transports/agents_fixture.h"

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace lastmile::test {
namespace {

/// What parent and children share.
struct Shared {
  int calls = 0;
  bool struck = false;
  std::array<char, 32> name = {};
};

/// Counts where no fault is planned.
Shared& unplanned() {
  static Shared shared;
  return shared;
}

struct Plan {
  FaultySystem::Fault fault = FaultySystem::Fault::error;
  int call = 0;
  int error = 0;
  pid_t maker = 0;
  Shared* shared = &unplanned();
};

Plan& plan() {
  static Plan current;
  return current;
}

/// Counts a call. \return true when this is the one
bool strikes(const char* name) {
  using Fault = FaultySystem::Fault;
  if (plan().fault == Fault::kill_child && ::getpid() == plan().maker) {
    return false;
  }
  Shared& shared = *plan().shared;
  const int call = ++shared.calls;
  if (plan().fault == Fault::kill_all && call > plan().call) {
    ::kill(::getpid(), SIGKILL);
  }
  if (call != plan().call) {
    return false;
  }
  shared.struck = true;
  std::strncpy(shared.name.data(), name, shared.name.size() - 1);
  if (plan().fault == Fault::kill || plan().fault == Fault::kill_all ||
      plan().fault == Fault::kill_child) {
    ::kill(::getpid(), SIGKILL);
  }
  errno = plan().error;
  return plan().fault == Fault::error;
}

int faulty_open(const char* path, int flags, mode_t mode) {
  return strikes("open") ? -1 : real_system().open(path, flags, mode);
}
int faulty_close(int file) {
  const bool struck = strikes("close");
  const int error = errno;
  const int result = real_system().close(file);
  errno = struck ? error : errno;
  return struck ? -1 : result;
}
ssize_t faulty_writev(int file, const iovec* pieces, int count) {
  if (strikes("writev")) {
    return -1;
  }
  const Shared& shared = *plan().shared;
  if (plan().fault == FaultySystem::Fault::short_write && shared.calls == plan().call) {
    const iovec first = {pieces[0].iov_base, std::min<std::size_t>(pieces[0].iov_len, 1)};
    return real_system().writev(file, &first, 1);
  }
  return real_system().writev(file, pieces, count);
}
ssize_t faulty_pread(int file, void* buffer, std::size_t size, off_t offset) {
  return strikes("pread") ? -1 : real_system().pread(file, buffer, size, offset);
}
int faulty_fsync(int file) {
  return strikes("fsync") ? -1 : real_system().fsync(file);
}
int faulty_ftruncate(int file, off_t size) {
  return strikes("ftruncate") ? -1 : real_system().ftruncate(file, size);
}
int faulty_fstat(int file, struct stat* status) {
  return strikes("fstat") ? -1 : real_system().fstat(file, status);
}
int faulty_stat(const char* path, struct stat* status) {
  return strikes("stat") ? -1 : real_system().stat(path, status);
}
int faulty_lstat(const char* path, struct stat* status) {
  return strikes("lstat") ? -1 : real_system().lstat(path, status);
}
int faulty_link(const char* from, const char* to) {
  return strikes("link") ? -1 : real_system().link(from, to);
}
int faulty_link_open_file(int file, const char* to) {
  return strikes("link_open_file") ? -1 : real_system().link_open_file(file, to);
}
int faulty_unlink(const char* path) {
  return strikes("unlink") ? -1 : real_system().unlink(path);
}
int faulty_mkdir(const char* path, mode_t mode) {
  return strikes("mkdir") ? -1 : real_system().mkdir(path, mode);
}
int faulty_fchown(int file, uid_t owner, gid_t group) {
  return strikes("fchown") ? -1 : real_system().fchown(file, owner, group);
}
int faulty_set_attribute(int file, const char* name, const void* value, std::size_t size,
                         int flags) {
  return strikes("set_attribute") ? -1
                                  : real_system().set_attribute(file, name, value, size, flags);
}
ssize_t faulty_get_attribute(int file, const char* name, void* value, std::size_t size) {
  return strikes("get_attribute") ? -1 : real_system().get_attribute(file, name, value, size);
}
int faulty_remove_attribute(int file, const char* name) {
  return strikes("remove_attribute") ? -1 : real_system().remove_attribute(file, name);
}
int faulty_flock(int file, int operation) {
  return strikes("flock") ? -1 : real_system().flock(file, operation);
}
int faulty_set_lock(int file, const struct flock* lock) {
  return strikes("set_lock") ? -1 : real_system().set_lock(file, lock);
}

struct Stillness {
  timespec now = {};
  std::chrono::microseconds paused = {};
  int pauses = 0;
  void (*on_pause)() = nullptr;
};

Stillness& stillness() {
  static Stillness current;
  return current;
}

timespec still_now() {
  return stillness().now;
}

void still_pause(std::chrono::microseconds time) {
  stillness().paused += time;
  ++stillness().pauses;
  if (stillness().on_pause != nullptr) {
    stillness().on_pause();
  }
}

void give_to_somebody(const std::string& path) {
  const Rights rights = somebody();
  if (is_root() && ::lchown(path.c_str(), rights.uid, rights.gid) != 0) {
    throw std::runtime_error("chown " + path);
  }
}

}  // namespace

Settings delivery_settings() {
  Settings settings;
  settings.myhostname.value = "mx.example.test";
  settings.config_directory.value = "/etc/postfix";
  settings.extension_rules.recipient_delimiter = "+";
  settings.mailbox_delivery_lock.value = {"fcntl", "dotlock"};
  settings.deliver_lock_attempts.value = 2;
  settings.deliver_lock_delay.value = std::chrono::seconds(0);
  settings.stale_lock_time.value = std::chrono::seconds(500);
  settings.strict_mailbox_ownership.value = true;
  settings.enable_original_recipient.value = true;
  settings.mailbox_size_limit.value = 51200000;
  settings.command_time_limit.value = std::chrono::seconds(60);
  settings.command_expansion_filter.value =
      "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  settings.export_environment.value = {"TZ", "MAIL_CONFIG", "LANG"};
  settings.queue_directory.value = "/nonexistent/queue";
  settings.sendmail_path.value = "/nonexistent/sendmail";
  return settings;
}

Rights somebody() {
  return is_root() ? Rights{2001, 2001, {}, "user"} : Rights{::geteuid(), ::getegid(), {}, "user"};
}

Rights somebody_else() {
  return {2002, 2002, {}, "other"};
}

Job job_for(const Rights& rights) {
  Job job;
  job.rights = rights;
  job.envelope.sender = {"sender", "example.org"};
  job.delivered_to = "list@example.com";
  Recipient recipient;
  recipient.address = {"User+Ext", "Example.com"};
  recipient.original = "list";
  job.recipients = {recipient};
  return job;
}

SpooledMessage message_of(std::string_view text) {
  auto message = SpooledMessage::from_text(text);
  if (!message) {
    throw std::runtime_error(message.error().message());
  }
  return *std::move(message);
}

AgentContext context_of(const Settings& settings, const SystemCalls& system) {
  return {.settings = settings,
          .system = system,
          .date = std::string(kDate),
          .header_date = std::string(kHeaderDate)};
}

std::string maildir_head() {
  return "Return-Path: <sender@example.org>\nX-Original-To: list\nDelivered-To: list@example.com\n";
}

std::string mbox_head() {
  return "From sender@example.org  " + std::string(kDate) + "\n" + maildir_head();
}

Home::Home() {
  give_to_somebody(path());
}

std::string Home::write(std::string_view name, std::string_view content, mode_t mode) const {
  auto path = directory_.write(name, content, mode);
  give_to_somebody(path);
  return path;
}

std::vector<std::string> Home::names(std::string_view directory) const {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path(directory).c_str()), ::closedir);
  while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") {
      found.push_back(name);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    result.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return result.append(text);
}

std::string line_of(const DeliveryStatus& status, const std::string& path) {
  const bool agrees = (status.outcome == DeliveryStatus::Outcome::delivered) ==
                          (status.code.status_class == StatusClass::success) &&
                      (status.outcome == DeliveryStatus::Outcome::bounced) ==
                          (status.code.status_class == StatusClass::permanent);
  return (agrees ? "" : "outcome and code disagree: ") + to_string(status.code) + ' ' +
         replaced(status.text, path, "PATH");
}

FaultySystem::FaultySystem(Fault fault, int call, int error) {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap");
  }
  plan() = {fault, call, error, ::getpid(), new (memory) Shared};
}

FaultySystem::~FaultySystem() {
  Shared* shared = plan().shared;
  plan() = {};
  ::munmap(shared, sizeof(Shared));
}

const SystemCalls& FaultySystem::calls() const {
  static const SystemCalls kFaulty = {
      .open = faulty_open,
      .close = faulty_close,
      .writev = faulty_writev,
      .pread = faulty_pread,
      .fsync = faulty_fsync,
      .ftruncate = faulty_ftruncate,
      .fstat = faulty_fstat,
      .stat = faulty_stat,
      .lstat = faulty_lstat,
      .link = faulty_link,
      .link_open_file = faulty_link_open_file,
      .unlink = faulty_unlink,
      .mkdir = faulty_mkdir,
      .fchown = faulty_fchown,
      .set_attribute = faulty_set_attribute,
      .get_attribute = faulty_get_attribute,
      .remove_attribute = faulty_remove_attribute,
      .flock = faulty_flock,
      .set_lock = faulty_set_lock,
      .now = real_system().now,
      .pause = real_system().pause,
  };
  return kFaulty;
}

bool FaultySystem::has_struck() const {
  return plan().shared->struck;
}

std::string FaultySystem::struck() const {
  return plan().shared->name.data();
}

StillSystem::StillSystem(timespec now) {
  stillness() = {};
  stillness().now = now;
}

const SystemCalls& StillSystem::calls() const {
  static const SystemCalls kStill = [] {
    SystemCalls calls = real_system();
    calls.now = still_now;
    calls.pause = still_pause;
    return calls;
  }();
  return kStill;
}

std::chrono::microseconds StillSystem::paused() {
  return stillness().paused;
}
int StillSystem::pauses() {
  return stillness().pauses;
}
void StillSystem::on_pause(void (*act)()) {
  stillness().on_pause = act;
}

}  // namespace lastmile::test
