// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "local/resolving/resolve.h"
#include "tests/support/memory_world.h"

namespace lastmile::test {

/// A host as most tests want it: example.com, accounts alice (2001), bob (2002) and carol (2003),
/// nobody for default_privs, an alias table in memory, mailboxes in /var/mail.
class SmallHost {
 public:
  SmallHost();

  /// Lines that are put behind the base of main.cf.
  SmallHost& main_cf(const std::string& lines);
  SmallHost& alias(const std::string& name, const std::string& value);
  SmallHost& forward(const std::string& user, const std::string& text);
  SmallHost& include(const std::string& path, const std::string& text, Attributes attributes = {});
  /// The alias table cannot answer.
  SmallHost& fail_aliases();
  MemoryWorld& world() { return world_; }

  Trace trace(const ResolveRequest& request);
  Trace trace(const std::string& recipient, Stage stage = Stage::local);

  /// Where a recipient lands, one short line for each leaf, in delivery order:
  /// `mailbox:/var/mail/alice alice@example.com`, `command:cat list@example.com as nobody`.
  std::vector<std::string> lands(const std::string& recipient, Stage stage = Stage::local);

 private:
  void finish();

  MemoryWorld world_;
  std::string main_cf_;
  bool aliases_fail_ = false;
  std::vector<std::pair<std::string, std::string>> aliases_;
};

/// The same lines for any trace.
std::vector<std::string> leaf_lines(const Trace& trace);

/// The nodes of one step, in order: "subject" or "subject: detail".
std::vector<std::string> nodes_of(const Trace& trace, Step step);

}  // namespace lastmile::test
