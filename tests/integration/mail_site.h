// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/process.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// One line of `lastmile deliver --json`.
struct ReportedStatus {
  std::string to = {};
  std::string status = {};
  std::string dsn = {};
  std::string text = {};
};

/// What one run of `lastmile deliver` did.
struct Delivery {
  int exit_status = 0;
  std::vector<ReportedStatus> statuses = {};
  std::string output = {};  ///< Standard output and error, for a failure's explanation.

  /// "sent 2.0.0" for the address `to`; empty when nothing was reported of it.
  std::string status_of(std::string_view to) const;
};

/// A Postfix configuration of its own, with which the lastmile program delivers: aliases, accounts
/// with homes, and a sendmail(1) that only keeps what it is given. The domain is example.com. Every
/// account is nobody's when the tests run as root, and ours else.
class MailSite {
 public:
  /// \param parameters  lines of main.cf
  /// \param aliases  lines of a texthash: table, "root alice"
  /// \param accounts  the login names that exist
  MailSite(std::string_view parameters, std::string_view aliases,
           const std::vector<std::string>& accounts);

  /// Delivers a message with this subject from sender@remote.example.
  Delivery deliver(std::string_view stage, const std::vector<std::string>& recipients,
                   std::string_view subject) const;

  /// How that delivery is run, for a test that does something else meanwhile.
  ProcessSpec delivery(std::string_view stage, const std::vector<std::string>& recipients,
                       std::string_view subject) const;

  const TemporaryDirectory& directory() const { return directory_; }

  /// All messages in the Maildir of an account, in one text.
  std::string maildir_of(std::string_view account) const;
  /// All that was given to sendmail(1), in one text.
  std::string submitted() const;

 private:
  TemporaryDirectory directory_;
};

/// How often `part` occurs in `text`.
int count_of(std::string_view text, std::string_view part);

}  // namespace lastmile::test
