// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// A certificate and its private key, each a file in PEM.
struct CertificateFiles {
  std::string certificate = {};
  std::string key = {};
};

/// An authority of its own, and what it signs, made by openssl(1).
class Certificates {
 public:
  /// Why none can be made here; empty when they can.
  static std::string unavailable();

  /// \param name  what the authority calls itself
  explicit Certificates(const std::string& name = "Test CA");

  enum class Validity { current, expired };
  /// \param names  "DNS:mail.example.com,IP:127.0.0.1"; the first is its common name as well
  CertificateFiles issue(const std::string& file, const std::string& names,
                         Validity validity = Validity::current) const;

  /// The certificate of the authority.
  std::string authority() const { return directory_.path("ca.pem"); }
  /// "AB:CD:...", by sha256.
  static std::string fingerprint(const std::string& certificate);

 private:
  TemporaryDirectory directory_;
};

}  // namespace lastmile::test
