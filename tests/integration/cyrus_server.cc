// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/cyrus_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace lastmile::test {
namespace {

constexpr const char* kMaster = "/usr/sbin/cyrmaster";
constexpr const char* kLmtp = "/usr/lib/cyrus/bin/lmtpd";
constexpr const char* kLoadDatabase = "/usr/bin/db_load";
constexpr const char* kMailboxPath = "/usr/lib/cyrus/bin/mbpath";

std::string imapd_conf(const std::string& directory, const std::string& user,
                       const std::vector<std::string>& mailbox_users,
                       const CertificateFiles& certificate) {
  std::string names;
  for (const std::string& name : mailbox_users) {
    names += " " + name;
  }
  return "configdirectory: " + directory +
         "/conf\n"
         "proc_path: " +
         directory +
         "/conf/proc\n"
         "mboxname_lockpath: " +
         directory +
         "/conf/lock\n"
         "defaultpartition: default\n"
         "partition-default: " +
         directory +
         "/spool\n"
         "cyrus_user: " +
         user +
         "\n"
         "autocreate_post: yes\n"
         "autocreate_quota: 0\n"
         "autocreate_users:" +
         names +
         "\n"
         "duplicatesuppression: no\n"
         "unixhierarchysep: yes\n"
         "servername: imap.test\n"
         "allowplaintext: yes\n"
         "admins: " +
         CyrusServer::kLogin +
         "\n"
         "sasl_mech_list: PLAIN CRAM-MD5\n"
         "sasl_pwcheck_method: auxprop\n"
         "sasl_auxprop_plugin: sasldb\n"
         "sasl_sasldb_path: " +
         directory + "/sasldb2\n" +
         (certificate.certificate.empty()
              ? "tls_server_cert: disabled\n"
              : "tls_server_cert: " + certificate.certificate +
                    "\ntls_server_key: " + certificate.key + "\nallowstarttls: on\n");
}

std::string cyrus_conf(const std::string& directory, int port) {
  const std::string configuration = " -C " + directory + "/imapd.conf";
  return "START {\n  recover cmd=\"/usr/lib/cyrus/bin/ctl_cyrusdb" + configuration +
         " -r\"\n}\nSERVICES {\n  lmtp cmd=\"" + kLmtp + configuration + "\" listen=\"" +
         directory + "/lmtp\" prefork=0\n  lmtptcp cmd=\"" + kLmtp + configuration +
         "\" listen=\"127.0.0.1:" + std::to_string(port) + "\" prefork=0\n}\nEVENTS {\n}\n";
}

/// A port of 127.0.0.1 that was free a moment ago: the server opens it itself.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port of 127.0.0.1 is free");
  }
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

std::string CyrusServer::unavailable() {
  for (const char* file : {kMaster, kLmtp, kMailboxPath, kLoadDatabase}) {
    if (!is_executable(file)) {
      return std::string(file) + " is not there (Debian: cyrus-imapd)";
    }
  }
  return geteuid() == 0 && !identity_of("cyrus") ? "there is no user cyrus" : "";
}

CyrusServer::CyrusServer(const std::vector<std::string>& users, const CertificateFiles& certificate)
    : identity_(geteuid() == 0 ? identity_of("cyrus").value() : unprivileged_identity()) {
  for (const char* name : {"conf/proc", "conf/lock", "conf/db", "conf/socket", "conf/user",
                           "conf/quota", "conf/log", "conf/msg", "spool"}) {
    directory_.make_directory(name);
  }
  port_ = free_port();
  directory_.write("imapd.conf",
                   imapd_conf(directory_.path(), user_name(identity_.uid), users, certificate));
  directory_.write("cyrus.conf", cyrus_conf(directory_.path(), port_));
  // A key of Cyrus SASL's database: the user, the realm, the property.
  run_process(
      {.arguments = {kLoadDatabase, "-T", "-t", "hash", directory_.path("sasldb2")},
       .input = std::string(kLogin) + "\\00imap.test\\00userPassword\n" + kPassword + "\n"});
  give_to(directory_.path(), identity_);
  process_ = std::make_unique<ServerProcess>(
      ProcessSpec{.arguments = {kMaster, "-C", directory_.path("imapd.conf"), "-M",
                                directory_.path("cyrus.conf"), "-p", directory_.path("pid"), "-L",
                                directory_.path("log")},
                  .identity = identity_});
  if (!process_->wait_for_socket(directory_.path("lmtp"))) {
    throw std::runtime_error("Cyrus does not start; it tells why to syslog alone");
  }
}

CyrusServer::~CyrusServer() = default;

std::vector<std::string> CyrusServer::mail_of(std::string_view user) const {
  const ProcessResult found =
      run_process({.arguments = {kMailboxPath, "-C", directory_.path("imapd.conf"),
                                 "user/" + std::string(user)},
                   .identity = identity_});
  std::vector<std::string> messages;
  if (found.status != 0) {
    return messages;
  }
  // "/tmp/x/spool/uuid/a/b/abc\n"; the names of messages are 1., 2., ...
  const std::string mailbox = found.out.substr(directory_.path().size() + 1);
  for (int number = 1;; ++number) {
    const std::string name =
        mailbox.substr(0, mailbox.find('\n')) + "/" + std::to_string(number) + ".";
    if (!directory_.exists(name)) {
      return messages;
    }
    messages.push_back(directory_.read(name));
  }
}

}  // namespace lastmile::test
