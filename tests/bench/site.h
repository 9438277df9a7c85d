// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/support/temporary_directory.h"

namespace lastmile::bench {

/// What all contestants work on: a message of 4 KiB, a Maildir, an LMTP sink's socket, a small and
/// a large alias table, and the configuration of each program.
class Site {
 public:
  static constexpr int kManyAliases = 100000;

  Site();

  const std::string& path() const { return directory_.path(); }
  std::string path(const char* name) const { return directory_.path(name); }
  std::string message() const { return path("message"); }
  std::string socket() const { return path("sink"); }

 private:
  void write_lastmile(const char* name, const std::string& parameters) const;
  void write_tables() const;
  void write_peers() const;

  test::TemporaryDirectory directory_;
};

}  // namespace lastmile::bench
