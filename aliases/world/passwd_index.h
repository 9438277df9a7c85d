// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/tables/line_index.h"

namespace lastmile {

/// The accounts of /etc/passwd by name, for a run that asks for many: the C library reads the file
/// from its beginning for each.
///
/// It stands in for the library only where both must agree: nsswitch.conf asks `files` first and
/// says nothing in brackets, and each line of the file is one that both read alike.
class PasswdIndex {
 public:
  /// \return nullopt when it cannot stand in for the C library, or a file cannot be read
  static std::optional<PasswdIndex> open(const std::string& passwd = "/etc/passwd",
                                         const std::string& nsswitch = "/etc/nsswitch.conf");

  /// \return nullopt when the file has no such account
  std::optional<Account> by_name(std::string_view name);

  /// Whether no source behind this one can know more: who is not here is nowhere.
  bool is_only_source() const { return is_only_source_; }

 private:
  PasswdIndex(LineIndex lines, bool is_only_source)
      : lines_(std::move(lines)), is_only_source_(is_only_source) {}

  LineIndex lines_;
  bool is_only_source_;
};

}  // namespace lastmile
