// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/duplicate_filter.h"

#include <algorithm>
#include <utility>

namespace lastmile {

namespace {

/// The parts are joined by an octet that no address and no path of a configuration holds, so that
/// different parts never make the same key.
std::string join(std::string_view kind, std::string_view first, std::string_view second = {},
                 std::string_view third = {}) {
  std::string key;
  key.reserve(kind.size() + first.size() + second.size() + third.size() + 3);
  for (const std::string_view part : {kind, first, second, third}) {
    key.append(part);
    key.push_back('\0');
  }
  return key;
}

}  // namespace

DuplicateKey recipient_key(int level, std::string_view address) {
  return DuplicateKey(join("recipient", std::to_string(level), address));
}

DuplicateKey indirect_key(std::string_view address) {
  return DuplicateKey(join("indirect", address));
}

DuplicateKey include_key(uid_t uid, std::string_view path) {
  return DuplicateKey(join("include", std::to_string(uid), path));
}

DuplicateKey forward_key(std::string_view path) {
  return DuplicateKey(join("forward", path));
}

DuplicateKey forward_done_key(std::string_view path) {
  return DuplicateKey(join("forward-done", path));
}

DuplicateKey mailbox_key(std::string_view local_part) {
  return DuplicateKey(join("mailbox", local_part));
}

DuplicateKey file_key(uid_t uid, std::string_view path) {
  return DuplicateKey(join("file", std::to_string(uid), path));
}

DuplicateKey command_key(std::string_view user, uid_t uid, std::string_view command) {
  return DuplicateKey(join("command", user, std::to_string(uid), command));
}

DuplicateKey unknown_key(std::string_view local_part) {
  return DuplicateKey(join("unknown", local_part));
}

DuplicateFilter::DuplicateFilter(const Settings& settings)
    : settings_(&settings),
      limit_(static_cast<std::size_t>(std::max(settings.duplicate_filter_limit.value, 0L))) {}

Seen DuplicateFilter::add(const DuplicateKey& key) {
  if (limit_ > 0 && keys_.size() >= limit_) {
    return seen(key);
  }
  return keys_.insert(fold_case(*settings_, key.text())).second ? Seen::first_time : Seen::again;
}

Seen DuplicateFilter::seen(const DuplicateKey& key) const {
  return keys_.contains(fold_case(*settings_, key.text())) ? Seen::again : Seen::first_time;
}

}  // namespace lastmile
