// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/ledger_owner.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "aliases/whole_number.h"

namespace lastmile {

namespace {

/// The beginning of a file of /proc; empty when it cannot be read.
std::string read_proc(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return "";
  }
  std::array<char, 1024> buffer = {};
  const ssize_t size = read(descriptor, buffer.data(), buffer.size());
  static_cast<void>(close(descriptor));
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
}

std::string read_link(const char* path) {
  std::array<char, 256> buffer = {};
  const ssize_t size = readlink(path, buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
}

std::string host_name() {
  std::array<char, 256> buffer = {};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) {
    return "";
  }
  return buffer.data();
}

/// Field 22 of /proc/PID/stat; empty when it is not known. \see proc(5)
std::string start_of(long pid) {
  const std::string stat = read_proc("/proc/" + std::to_string(pid) + "/stat");
  // Field 2 is a name in parentheses that may hold blanks; field 3 is two places behind them.
  auto position = stat.rfind(')');
  for (int field = 2; field < 22 && position != std::string::npos; ++field) {
    position = stat.find(' ', position + 1);
  }
  if (position == std::string::npos) {
    return "";
  }
  const auto end = stat.find(' ', position + 1);
  return stat.substr(position + 1, end == std::string::npos ? end : end - position - 1);
}

std::string boot_id() {
  std::string text = read_proc("/proc/sys/kernel/random/boot_id");
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

/// Whether both are known, and differ.
bool differ(const std::string& left, const std::string& right) {
  return !left.empty() && !right.empty() && left != right;
}

}  // namespace

LedgerOwner this_process() {
  const long pid = getpid();
  return {host_name(), boot_id(), read_link("/proc/self/ns/pid"), pid, start_of(pid)};
}

std::string to_string(const LedgerOwner& owner) {
  return owner.host + '/' + owner.boot + '/' + owner.pid_space + '/' + std::to_string(owner.pid) +
         '/' + owner.started;
}

std::optional<LedgerOwner> parse_owner(std::string_view text) {
  std::array<std::string_view, 5> fields = {};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool is_last = i + 1 == fields.size();
    const auto end = is_last ? text.size() : text.find('/');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    fields[i] = text.substr(0, end);
    text.remove_prefix(is_last ? end : end + 1);
  }
  const auto pid = whole_number<long>(fields[3]);
  if (!pid || *pid <= 0) {
    return std::nullopt;
  }
  return LedgerOwner{std::string(fields[0]), std::string(fields[1]), std::string(fields[2]), *pid,
                     std::string(fields[4])};
}

Life life_of(const LedgerOwner& owner) {
  if (owner.host != host_name()) {
    return Life::perhaps;
  }
  if (differ(owner.boot, boot_id())) {
    return Life::over;
  }
  if (differ(owner.pid_space, read_link("/proc/self/ns/pid"))) {
    return Life::perhaps;
  }
  if (kill(static_cast<pid_t>(owner.pid), 0) != 0 && errno == ESRCH) {
    return Life::over;
  }
  return differ(owner.started, start_of(owner.pid)) ? Life::over : Life::perhaps;
}

}  // namespace lastmile
