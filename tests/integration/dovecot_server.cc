// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/dovecot_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace lastmile::test {
namespace {

constexpr const char* kMaster = "/usr/sbin/dovecot";
constexpr const char* kLmtp = "/usr/lib/dovecot/lmtp";
constexpr const char* kAdmin = "/usr/bin/doveadm";

/// Listens on a free port of 127.0.0.1. The server gets the open socket, so that no other process
/// can take the port in between.
int listen_on_free_port(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(fd, 16) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// What Dovecot 2.3 and 2.4 read alike.
constexpr const char* kConfiguration = R"(
protocols = lmtp
base_dir = @DIR@/run
state_dir = @DIR@/state
instance_name = lastmile-test
log_path = @DIR@/log
listen = 127.0.0.1
ssl = @SSL@
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
# One process for all connections, one after the other: it alone knows the tickets of its TLS sessions.
service lmtp {
  @FOR_EVER@
  process_limit = 1
  unix_listener @DIR@/lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    @LISTEN@ = 127.0.0.1
    port = @PORT@
  }
}
)";

/// How one version says where mail is, who has a mailbox, and how much goes into it.
struct Version {
  const char* configuration;
  const char* listen;      ///< The name of the address in an inet_listener.
  const char* no_storage;  ///< The fields of a user for whom nothing may be stored.
  const char* tls;         ///< Where certificate and key are.
  const char* for_ever;    ///< A process serves any number of connections.
};

constexpr Version kVersion23 = {R"(
mail_location = maildir:~/Maildir
mail_plugins = quota
passdb {
  driver = passwd-file
  args = username_format=%n @DIR@/users
}
userdb {
  driver = passwd-file
  args = username_format=%n @DIR@/users
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1M
}
)",
                                "address", "userdb_quota_rule=*:storage=1B",
                                "ssl_cert = <@CERT@\nssl_key = <@KEY@\n", "service_count = 0"};

/// Its first setting has to be the first of the file.
constexpr Version kVersion24 = {R"(dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
mail_path = ~/Maildir
mail_plugins {
  quota = yes
}
passdb passwd-file {
  passwd_file_path = @DIR@/users
  auth_username_format = %{user | username}
}
userdb passwd-file {
  passwd_file_path = @DIR@/users
  auth_username_format = %{user | username}
}
quota user {
  quota_driver = maildir
  storage_size = 1M
}
)",
                                "listen",
                                "userdb_quota/user/storage_size=1B userdb_quota_storage_grace=0",
                                "ssl_server_cert_file = @CERT@\nssl_server_key_file = @KEY@\n",
                                "restart_request_count = unlimited"};

/// That of the Dovecot that is installed; a newer one is taken to read what 2.4 reads.
const Version& installed_version() {
  static const bool kIsOld = run_process({.arguments = {kMaster, "--version"}}).out < "2.4";
  return kIsOld ? kVersion23 : kVersion24;
}

/// An ordinary user can run a Dovecot whose parts all run as that user and outside of any chroot.
constexpr const char* kUnprivileged = R"(
default_internal_user = @USER@
default_internal_group = @GROUP@
default_login_user = @USER@
service anvil {
  chroot =
}
service stats {
  chroot =
}
)";

}  // namespace

std::string DovecotServer::unavailable() {
  for (const char* file : {kMaster, kLmtp, kAdmin}) {
    if (!is_executable(file)) {
      return std::string(file) + " is not there (Debian: dovecot-lmtpd)";
    }
  }
  return {};
}

DovecotServer::DovecotServer(const CertificateFiles& certificate)
    : mail_owner_(unprivileged_identity()) {
  const int socket = listen_on_free_port(port_);
  directory_.make_directory("run");
  directory_.make_directory("state");
  give_to(directory_.make_directory("mail"), mail_owner_);
  std::string users;
  for (const std::string name : {"alice", "full"}) {
    users += name + ":{PLAIN}x:" + std::to_string(mail_owner_.uid) + ":" +
             std::to_string(mail_owner_.gid) + "::" + directory_.path("mail/" + name) +
             "::" + (name == "full" ? installed_version().no_storage : "") + "\n";
  }
  directory_.write("users", users);
  directory_.write("dovecot.conf", configuration(certificate));
  process_ = std::make_unique<ServerProcess>(
      ProcessSpec{.arguments = {kMaster, "-F", "-c", directory_.path("dovecot.conf")},
                  .listening_socket = socket});
  close(socket);
  if (!process_->wait_for_socket(directory_.path("lmtp"))) {
    throw std::runtime_error("Dovecot does not start: " +
                             (directory_.exists("log") ? log() : "it says nothing"));
  }
}

DovecotServer::~DovecotServer() = default;

std::string DovecotServer::configuration(const CertificateFiles& certificate) const {
  const Version& version = installed_version();
  std::string text =
      version.configuration + replaced(replaced(kConfiguration, "@LISTEN@", version.listen),
                                       "@FOR_EVER@", version.for_ever);
  text = replaced(text, "@SSL@", certificate.certificate.empty() ? "no" : "yes");
  if (!certificate.certificate.empty()) {
    text += replaced(replaced(version.tls, "@CERT@", certificate.certificate), "@KEY@",
                     certificate.key);
  }
  if (geteuid() != 0) {
    text += replaced(replaced(kUnprivileged, "@USER@", user_name(mail_owner_.uid)), "@GROUP@",
                     group_name(mail_owner_.gid));
  }
  text = replaced(text, "@PORT@", std::to_string(port_));
  return replaced(text, "@DIR@", directory_.path());
}

std::string DovecotServer::mail_of(std::string_view user) const {
  const ProcessResult result =
      run_process({.arguments = {kAdmin, "-c", directory_.path("dovecot.conf"), "fetch", "-u",
                                 std::string(user), "text", "mailbox", "INBOX", "all"}});
  if (result.status != 0) {
    throw std::runtime_error("doveadm: " + result.err);
  }
  return result.out;
}

int DovecotServer::session_count() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    int count = 0;
    std::istringstream lines(log());
    for (std::string line; std::getline(lines, line);) {
      const bool is_end = line.find("Info: Disconnect from") != std::string::npos;
      // The wait for the socket ends in this state.
      count += is_end && line.find("state=GREETING") == std::string::npos ? 1 : 0;
    }
    if (count > 0 || std::chrono::steady_clock::now() > deadline) {
      return count;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace lastmile::test
