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

/// A Dovecot LMTP server of its own: private configuration, users and mail, on a UNIX-domain socket
/// and on a TCP port that the kernel chose. Two users exist: alice, and full, whose quota is used
/// up before the first message. As root the mail belongs to nobody, else to who we are.
class DovecotServer {
 public:
  /// Why none can be started here; empty when one can.
  static std::string unavailable();

  /// \param certificate  what it shows under TLS; without one it does not offer that
  explicit DovecotServer(const CertificateFiles& certificate = {});
  DovecotServer(const DovecotServer&) = delete;
  DovecotServer& operator=(const DovecotServer&) = delete;
  ~DovecotServer();

  /// "unix:/path/of/the/socket".
  std::string unix_endpoint() const { return "unix:" + directory_.path("lmtp"); }
  /// "inet:127.0.0.1:40123".
  std::string inet_endpoint() const { return "inet:127.0.0.1:" + std::to_string(port_); }

  /// All messages of a user's INBOX in one text, as doveadm(1) fetches them.
  std::string mail_of(std::string_view user) const;
  /// How many LMTP sessions there were in which more was said than the greeting. Waits a little for
  /// the first of them to be logged.
  int session_count() const;
  std::string log() const { return directory_.read("log"); }

 private:
  std::string configuration(const CertificateFiles& certificate) const;

  TemporaryDirectory directory_;
  Identity mail_owner_;
  int port_ = 0;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace lastmile::test
