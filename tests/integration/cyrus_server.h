// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/certificates.h"
#include "tests/integration/process.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// A Cyrus IMAP server of its own, with private configuration, databases and spool, of which only
/// lmtpd(8) runs, on a UNIX-domain socket and on a TCP port. Mailboxes of `users` are made when
/// their first message comes; nobody else has one. As root it runs as the user cyrus, else as who
/// we are.
class CyrusServer {
 public:
  /// Why none can be started here; empty when one can.
  static std::string unavailable();

  /// Who may hand mail over by TCP.
  static constexpr const char* kLogin = "mailer";
  static constexpr const char* kPassword = "open,sesame:1";

  /// \param certificate  what it shows under TLS; without one it does not offer that
  explicit CyrusServer(const std::vector<std::string>& users,
                       const CertificateFiles& certificate = {});
  CyrusServer(const CyrusServer&) = delete;
  CyrusServer& operator=(const CyrusServer&) = delete;
  ~CyrusServer();

  /// "unix:/path/of/the/socket".
  std::string unix_endpoint() const { return "unix:" + directory_.path("lmtp"); }
  /// "inet:127.0.0.1:40123", where only who logs in is given mail for.
  std::string inet_endpoint() const { return "inet:127.0.0.1:" + std::to_string(port_); }

  /// The messages in the inbox of `user`, as they lie in the spool, oldest first. None when the
  /// mailbox does not exist.
  std::vector<std::string> mail_of(std::string_view user) const;

 private:
  TemporaryDirectory directory_;
  Identity identity_;
  int port_ = 0;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace lastmile::test
