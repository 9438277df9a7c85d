// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/certificates.h"

#include <sys/stat.h>

#include <stdexcept>
#include <vector>

#include "tests/integration/process.h"

namespace lastmile::test {
namespace {

constexpr const char* kOpenSsl = "/usr/bin/openssl";

constexpr const char* kConfiguration = R"([ca]
default_ca = own
[own]
dir = @DIR@
database = @DIR@/index
new_certs_dir = @DIR@
serial = @DIR@/serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
)";

std::string openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kOpenSsl);
  const ProcessResult result = run_process({.arguments = arguments});
  if (result.status != 0) {
    throw std::runtime_error("openssl " + arguments[1] + ": " + result.err);
  }
  return result.out;
}

}  // namespace

std::string Certificates::unavailable() {
  return is_executable(kOpenSsl) ? "" : std::string(kOpenSsl) + " is not there (Debian: openssl)";
}

Certificates::Certificates(const std::string& name) {
  std::string configuration = kConfiguration;
  for (std::size_t at = 0; (at = configuration.find("@DIR@")) != std::string::npos;) {
    configuration.replace(at, 5, directory_.path());
  }
  directory_.write("ca.cnf", configuration);
  directory_.write("index", "");
  directory_.write("serial", "01\n");
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-keyout", directory_.path("ca.key"), "-out", authority(), "-subj", "/CN=" + name,
           "-days", "2", "-config", directory_.path("ca.cnf"), "-addext",
           "basicConstraints=critical,CA:TRUE"});
  // Who connects is not who made them.
  static_cast<void>(::chmod(directory_.path().c_str(), 0755));
  static_cast<void>(::chmod(authority().c_str(), 0644));
}

CertificateFiles Certificates::issue(const std::string& file, const std::string& names,
                                     Validity validity) const {
  const CertificateFiles files{directory_.path(file + ".pem"), directory_.path(file + ".key")};
  const std::string request = directory_.path(file + ".csr");
  const std::string first = names.substr(names.find(':') + 1);
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
           files.key, "-out", request, "-subj", "/CN=" + first.substr(0, first.find(',')),
           "-config", directory_.path("ca.cnf"), "-addext", "subjectAltName=" + names});
  std::vector<std::string> sign{"ca",
                                "-batch",
                                "-notext",
                                "-config",
                                directory_.path("ca.cnf"),
                                "-cert",
                                authority(),
                                "-keyfile",
                                directory_.path("ca.key"),
                                "-in",
                                request,
                                "-out",
                                files.certificate};
  const std::vector<std::string> dates =
      validity == Validity::current ? std::vector<std::string>{"-days", "2"}
                                    : std::vector<std::string>{"-startdate", "20200101000000Z",
                                                               "-enddate", "20200102000000Z"};
  sign.insert(sign.end(), dates.begin(), dates.end());
  openssl(sign);
  return files;
}

std::string Certificates::fingerprint(const std::string& certificate) {
  const std::string line =
      openssl({"x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"});
  const std::string value = line.substr(line.find('=') + 1);
  return value.substr(0, value.find('\n'));
}

}  // namespace lastmile::test
