// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"

namespace lastmile {

/// For its lifetime, files are opened by this thread as if by someone else: it takes the file
/// system identity (and the supplementary groups) of `rights` and puts root's back at the end. The
/// process ends when that does not succeed.
///
/// Only open(2), stat(2) and the like belong inside. Does nothing unless the process is root and
/// `rights` are someone else's: an ordinary user looks with its own eyes, and root may look.
///
/// \see setfsuid(2): taking a uid other than 0 also drops the capabilities that override file
///      permissions, until 0 is taken back
class FileIdentity {
 public:
  explicit FileIdentity(const Rights& rights);
  FileIdentity(const FileIdentity&) = delete;
  FileIdentity& operator=(const FileIdentity&) = delete;
  ~FileIdentity();

  /// Why the identity could not be taken: nothing may be opened then.
  const std::optional<Error>& error() const { return error_; }

 private:
  bool take(const Rights& rights);
  void put_back();

  bool active_ = false;
  bool groups_changed_ = false;
  gid_t gid_before_ = 0;
  std::vector<gid_t> groups_before_ = {};
  std::optional<Error> error_ = {};
};

}  // namespace lastmile
