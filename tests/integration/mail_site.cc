// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/mail_site.h"
#include "tests/support/places.h"

#include <filesystem>
#include <sstream>

namespace lastmile::test {
namespace {

constexpr const char* kMainCf = R"(compatibility_level = 3.6
myhostname = mail.example.com
mydestination = $myhostname, example.com, localhost
myorigin = example.com
recipient_delimiter = +
alias_maps = texthash:@DIR@/aliases
lastmile_account_maps = texthash:@DIR@/accounts
lastmile_log = stderr
lastmile_ledger =
local_recipient_maps =
mail_spool_directory = @DIR@/spool
sendmail_path = @DIR@/sendmail
queue_directory = @DIR@/queue
)";

constexpr const char* kMasterCf = R"(local  unix  -  n  n  -  -  local
lmtp   unix  -  -  n  -  -  lmtp
smtp   unix  -  -  n  -  -  smtp
)";

constexpr const char* kSendmail = R"(#!/bin/sh
file=$(mktemp @DIR@/submitted/XXXXXX) || exit 75
{ echo "arguments: $*"; cat; } > "$file"
)";

std::string for_directory(std::string text, const std::string& directory) {
  constexpr std::string_view kMark = "@DIR@";
  for (std::size_t at = 0; (at = text.find(kMark, at)) != std::string::npos;) {
    text.replace(at, kMark.size(), directory);
  }
  return text;
}

/// The value of a string member of a JSON object on one line. The escapes that occur in addresses,
/// codes and reply texts are undone.
std::string json_member(const std::string& line, const std::string& name) {
  const std::string key = '"' + name + '"';
  std::size_t at = line.find(key);
  at = at == std::string::npos ? at : line.find('"', at + key.size());
  std::string value;
  while (at != std::string::npos && ++at < line.size() && line[at] != '"') {
    at += line[at] == '\\' ? 1 : 0;
    value += line.at(at);
  }
  return value;
}

std::string content_of_all(const TemporaryDirectory& directory, const std::string& name) {
  std::string all;
  if (directory.exists(name)) {
    for (const auto& file : std::filesystem::directory_iterator(directory.path(name))) {
      all += directory.read(name + "/" + file.path().filename().string());
    }
  }
  return all;
}

}  // namespace

std::string Delivery::status_of(std::string_view to) const {
  for (const ReportedStatus& each : statuses) {
    if (each.to == to) {
      return each.status + " " + each.dsn;
    }
  }
  return {};
}

MailSite::MailSite(std::string_view parameters, std::string_view aliases,
                   const std::vector<std::string>& accounts) {
  const Identity owner = unprivileged_identity();
  const std::string ids =
      ":x:" + std::to_string(owner.uid) + ":" + std::to_string(owner.gid) + "::";
  // What delivers by LMTP, and what runs commands of nobody in particular, are accounts as well.
  std::string lines = "postfix postfix" + ids + "/nonexistent:/bin/false\n" + "nobody nobody" +
                      ids + "/nonexistent:/bin/false\n";
  for (const std::string& name : accounts) {
    const std::string home = directory_.make_directory("home/" + name);
    give_to(home, owner);
    lines.append(name).append(" ").append(name).append(ids).append(home).append(":/bin/sh\n");
  }
  directory_.write("accounts", lines);
  directory_.write("aliases", for_directory(std::string(aliases), directory_.path()));
  directory_.write("etc/main.cf", for_directory(kMainCf, directory_.path()) +
                                      for_directory(std::string(parameters), directory_.path()));
  directory_.write("etc/master.cf", kMasterCf);
  directory_.write("sendmail", for_directory(kSendmail, directory_.path()), 0755);
  directory_.make_directory("submitted", 0777);
  directory_.make_directory("queue");
  directory_.make_directory("spool", 01777);
}

ProcessSpec MailSite::delivery(std::string_view stage, const std::vector<std::string>& recipients,
                               std::string_view subject) const {
  ProcessSpec spec = {
      .arguments = {lastmile_program(), "-C", directory_.path("etc"), "deliver", "--json",
                    "--stage", std::string(stage), "-f", "sender@remote.example", "--"},
      .input = "From: sender@remote.example\nTo: someone@example.com\nSubject: " +
               std::string(subject) + "\n\nHello.\n.A line that starts with a dot.\n"};
  spec.arguments.insert(spec.arguments.end(), recipients.begin(), recipients.end());
  return spec;
}

Delivery MailSite::deliver(std::string_view stage, const std::vector<std::string>& recipients,
                           std::string_view subject) const {
  const ProcessResult result = run_process(delivery(stage, recipients, subject));
  Delivery delivery = {result.status, {}, result.out + result.err};
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    delivery.statuses.push_back({json_member(line, "to"), json_member(line, "status"),
                                 json_member(line, "dsn"), json_member(line, "text")});
  }
  return delivery;
}

std::string MailSite::maildir_of(std::string_view account) const {
  return content_of_all(directory_, "home/" + std::string(account) + "/Maildir/new");
}

std::string MailSite::submitted() const {
  return content_of_all(directory_, "submitted");
}

int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos;
       at += part.size()) {
    ++count;
  }
  return count;
}

}  // namespace lastmile::test
