#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/process.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// A Cyrus IMAP server of its own, with private configuration, databases and spool, of which only
/// lmtpd(8) runs, on a UNIX-domain socket. Mailboxes of `users` are made when their first message
/// comes; nobody else has one. As root it runs as the user cyrus, else as who we are.
class CyrusServer {
 public:
  /// Why none can be started here; empty when one can.
  static std::string unavailable();

  explicit CyrusServer(const std::vector<std::string>& users);
  CyrusServer(const CyrusServer&) = delete;
  CyrusServer& operator=(const CyrusServer&) = delete;
  ~CyrusServer();

  /// "unix:/path/of/the/socket".
  std::string unix_endpoint() const { return "unix:" + directory_.path("lmtp"); }

  /// The messages in the inbox of `user`, as they lie in the spool, oldest first. None when the
  /// mailbox does not exist.
  std::vector<std::string> mail_of(std::string_view user) const;

 private:
  TemporaryDirectory directory_;
  Identity identity_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace lastmile::test
