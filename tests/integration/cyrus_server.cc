#include "tests/integration/cyrus_server.h"

#include <unistd.h>

#include <stdexcept>

namespace lastmile::test {
namespace {

constexpr const char* kMaster = "/usr/sbin/cyrmaster";
constexpr const char* kLmtp = "/usr/lib/cyrus/bin/lmtpd";
constexpr const char* kMailboxPath = "/usr/lib/cyrus/bin/mbpath";

std::string imapd_conf(const std::string& directory, const std::string& user,
                       const std::vector<std::string>& mailbox_users) {
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
         "tls_server_cert: disabled\n";
}

std::string cyrus_conf(const std::string& directory) {
  const std::string configuration = " -C " + directory + "/imapd.conf";
  return "START {\n  recover cmd=\"/usr/lib/cyrus/bin/ctl_cyrusdb" + configuration +
         " -r\"\n}\nSERVICES {\n  lmtp cmd=\"" + kLmtp + configuration + "\" listen=\"" +
         directory + "/lmtp\" prefork=0\n}\nEVENTS {\n}\n";
}

}  // namespace

std::string CyrusServer::unavailable() {
  for (const char* file : {kMaster, kLmtp, kMailboxPath}) {
    if (!is_executable(file)) {
      return std::string(file) + " is not there (Debian: cyrus-imapd)";
    }
  }
  return geteuid() == 0 && !identity_of("cyrus") ? "there is no user cyrus" : "";
}

CyrusServer::CyrusServer(const std::vector<std::string>& users)
    : identity_(geteuid() == 0 ? identity_of("cyrus").value() : unprivileged_identity()) {
  for (const char* name : {"conf/proc", "conf/lock", "conf/db", "conf/socket", "conf/user",
                           "conf/quota", "conf/log", "conf/msg", "spool"}) {
    directory_.make_directory(name);
  }
  directory_.write("imapd.conf", imapd_conf(directory_.path(), user_name(identity_.uid), users));
  directory_.write("cyrus.conf", cyrus_conf(directory_.path()));
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
