// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

#include "transports/settings.h"

namespace lastmile {

/// What makes two steps of an expansion the same. Made by the functions below only, so that a key
/// of one kind never meets one of another.
class DuplicateKey {
 public:
  const std::string& text() const { return text_; }

 private:
  explicit DuplicateKey(std::string text) : text_(std::move(text)) {}
  std::string text_;

  friend DuplicateKey recipient_key(int level, std::string_view address);
  friend DuplicateKey indirect_key(std::string_view address);
  friend DuplicateKey include_key(uid_t uid, std::string_view path);
  friend DuplicateKey forward_key(std::string_view path);
  friend DuplicateKey forward_done_key(std::string_view path);
  friend DuplicateKey mailbox_key(std::string_view local_part);
  friend DuplicateKey file_key(uid_t uid, std::string_view path);
  friend DuplicateKey command_key(std::string_view user, uid_t uid, std::string_view command);
  friend DuplicateKey unknown_key(std::string_view local_part);
};

/// A recipient that is entered. The level is part of the key: a member that names the same address
/// at another depth is another step, and the keys below it find the duplicate.
DuplicateKey recipient_key(int level, std::string_view address);
/// A recipient that is submitted again.
DuplicateKey indirect_key(std::string_view address);
/// An include file, read with the rights of `uid` (0 when there is no user context).
DuplicateKey include_key(uid_t uid, std::string_view path);
/// A .forward file that is looked at.
DuplicateKey forward_key(std::string_view path);
/// A .forward file that had members.
DuplicateKey forward_done_key(std::string_view path);
/// The mailbox of a local part with its extension; the domain does not count.
DuplicateKey mailbox_key(std::string_view local_part);
/// A /file/name, written with the rights of `uid`.
DuplicateKey file_key(uid_t uid, std::string_view path);
/// A command, run for `user` (without extension) with the rights of `uid`.
DuplicateKey command_key(std::string_view user, uid_t uid, std::string_view command);
/// A local part, with its extension, that nobody has.
DuplicateKey unknown_key(std::string_view local_part);

enum class Seen { first_time, again };

/// What the expansion of one envelope recipient has reached so far. Keys differ by more than case.
/// \see local(8); postconf(5), duplicate_filter_limit
class DuplicateFilter {
 public:
  /// Remembers duplicate_filter_limit keys (0: all of them). When that is reached, further keys
  /// are not remembered, and the expansion goes on.
  /// \param settings  has to outlive the filter
  explicit DuplicateFilter(const Settings& settings);

  /// Whether `key` was seen before; remembers it from now on.
  Seen add(const DuplicateKey& key);

  /// Whether `key` was seen before; changes nothing.
  Seen seen(const DuplicateKey& key) const;

 private:
  std::unordered_set<std::string> keys_ = {};
  const Settings* settings_;
  std::size_t limit_;
};

}  // namespace lastmile
