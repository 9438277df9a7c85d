// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/site.h"

#include <unistd.h>

namespace lastmile::bench {

Site::Site() {
  directory_.write(
      "message", "From: a@example.com\nTo: b@example.com\nSubject: 4 KiB\n\n" + [] {
        std::string body;
        while (body.size() < 4096) {
          body += "A line of text, as long as lines in mail are.\n";
        }
        return body;
      }());
  for (const char* name : {"Maildir/tmp", "Maildir/new", "Maildir/cur", "home", "queue", "state"}) {
    directory_.make_directory(name, 0700);
  }
  write_tables();
  write_lastmile("maildir", "home_mailbox = Maildir/\n");
  write_lastmile("lmtp", "mailbox_transport = lmtp:unix:" + socket() + "\n");
  write_lastmile("batch", "alias_maps = cdb:" + path("many") + "\nhome_mailbox = Maildir/\n");
  write_peers();
}

void Site::write_lastmile(const char* name, const std::string& parameters) const {
  directory_.write(std::string(name) + "/main.cf",
                   "compatibility_level = 3.6\n"
                   "myhostname = mail.example.com\n"
                   "mydestination = example.com\n"
                   "myorigin = example.com\n"
                   "alias_maps = texthash:" +
                       path("aliases") + "\nlastmile_account_maps = texthash:" + path("accounts") +
                       "\nlastmile_log = stderr\nlastmile_ledger =\nqueue_directory = " +
                       path("queue") + "\n" + parameters);
  directory_.write(std::string(name) + "/master.cf",
                   "lmtp unix - - n - - lmtp\nlocal unix - n n - - local\n");
}

void Site::write_tables() const {
  directory_.write("aliases", "root alice\n");
  const std::string ids = ":x:" + std::to_string(getuid()) + ":" + std::to_string(getgid()) + "::";
  std::string accounts;
  for (const std::string name : {"alice", "postfix", "nobody"}) {
    accounts.append(name).append(" ").append(name).append(ids).append(path()).append(":/bin/sh\n");
  }
  directory_.write("accounts", accounts);
  std::string many;
  std::string addresses;
  for (int i = 0; i < kManyAliases; ++i) {
    const std::string name = "user" + std::to_string(i);
    many.append(name).append(" alice\n");
    addresses.append(name).append("\n");
  }
  directory_.write("many", many);
  directory_.write("addresses", addresses);
}

void Site::write_peers() const {
  directory_.write("maildroprc", "to \"" + path("Maildir") + "\"\n", 0600);
  directory_.write("procmailrc", ":0\n" + path("Maildir") + "/\n", 0600);
  directory_.write("dovecot.conf", "mail_location = maildir:" + path("Maildir") +
                                       "\nssl = no\nfirst_valid_uid = 1\nbase_dir = " +
                                       path("state") + "\nstate_dir = " + path("state") +
                                       "\nlog_path = " + path("dovecot.log") + "\n");
  directory_.write("exim.conf",
                   "primary_hostname = mail.example.com\n"
                   "domainlist local_domains = example.com\n"
                   "spool_directory = " +
                       path("state") + "\nlog_file_path = " + path("exim-%slog") +
                       "\nkeep_environment =\n"
                       "begin routers\n"
                       "aliases:\n  driver = redirect\n  domains = +local_domains\n"
                       "  data = ${lookup{$local_part}lsearch{" +
                       path("aliases.exim") +
                       "}}\n"
                       "boxes:\n  driver = accept\n  domains = +local_domains\n"
                       "  transport = maildir\n"
                       "begin transports\n"
                       "maildir:\n  driver = appendfile\n  maildir_format\n  user = " +
                       std::to_string(getuid()) + "\n  group = " + std::to_string(getgid()) +
                       "\n  directory = " + path("Maildir") + "\n");
  directory_.write("aliases.exim", "root: alice@example.com\n");
}

}  // namespace lastmile::bench
