// SPDX-License-Identifier: Apache-2.0
#include "tests/local/checks/check_host_of.h"

#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/passwd_line.h"
#include "tests/support/memory_world.h"

namespace lastmile::test {
namespace {

constexpr std::string_view kMainCf = R"(compatibility_level = 3.6
myhostname = mail.example.com
mydomain = example.com
myorigin = example.com
mydestination = $myhostname, localhost, example.com
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
relayhost = [relay.example.net]
)";

constexpr std::string_view kMasterCf = R"(smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
)";

constexpr std::string_view kAliases = R"(postmaster: root
mailer-daemon: postmaster
abuse: postmaster
hostmaster: postmaster
webmaster: postmaster
security: postmaster
root: alice
)";

constexpr std::string_view kPasswd = R"(root:x:0:0::/root:/bin/sh
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
postfix:x:90:90::/var/spool/postfix:/bin/sh
alice:x:2001:2001::/home/alice:/bin/sh
bob:x:2002:2002::/home/bob:/bin/sh
carol:x:2003:2003::/home/carol:/bin/sh
)";

struct Section {
  std::vector<std::string> words = {};  ///< Of the line that begins it, behind `==`.
  std::string text = {};
};

std::vector<Section> sections_of(std::string_view text) {
  std::vector<Section> sections;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("== ")) {
      Section section;
      for (const std::string_view word : split_list(std::string_view(line).substr(3))) {
        section.words.emplace_back(word);
      }
      sections.push_back(std::move(section));
    } else if (!sections.empty()) {
      sections.back().text += line + "\n";
    }
  }
  return sections;
}

Attributes attributes_of(const Section& section, std::size_t first, mode_t mode) {
  Attributes attributes;
  attributes.mode = mode;
  if (section.words.size() > first) {
    attributes.mode = static_cast<mode_t>(std::stoul(section.words[first], nullptr, 8));
  }
  if (section.words.size() > first + 1) {
    attributes.owner = static_cast<uid_t>(std::stoul(section.words[first + 1]));
    attributes.group = attributes.owner;
  }
  return attributes;
}

void add_index(MemoryWorld& world, const Section& section) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::istringstream lines(section.text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    entries.emplace_back(line.substr(0, blank),
                         blank == std::string::npos ? "" : line.substr(blank + 1));
  }
  const std::string& spec = section.words.at(1);
  world.add_table(spec, std::move(entries));
  world.add_file(spec.substr(spec.find(':') + 1) + ".db", "", attributes_of(section, 2, 0644));
}

/// Takes the parameters that `added` sets out of main.cf; "-NAME" takes one out and is a comment.
void drop_overridden(const std::string& added, std::string& main_cf) {
  std::istringstream lines(added);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.starts_with("#-") ? 2 : 0;
    const std::string name = line.substr(begin, line.find_first_of(" =") - begin) + " =";
    const std::size_t at = main_cf.find("\n" + name);
    const std::size_t found = main_cf.starts_with(name) ? 0 : at == std::string::npos ? at : at + 1;
    if (found != std::string::npos && name.size() > 2) {
      main_cf.erase(found, main_cf.find('\n', found) - found + 1);
    }
  }
}

void add_section(MemoryWorld& world, const Section& section,
                 std::map<std::string, std::pair<std::string, Attributes>>& files) {
  const std::string& word = section.words.at(0);
  if (word == "index") {
    add_index(world, section);
  } else if (word == "indexes") {
    world.read_texts_of_missing_indexes(false);
  } else if (word == "symlink") {
    const Attributes attributes = attributes_of(section, 2, 0777);
    world.add_symlink(section.words.at(1), std::string(trim(section.text)), attributes.owner);
  } else if (word == "directory") {
    world.add_directory(section.words.at(1), attributes_of(section, 2, 0755));
  } else if (word == "socket") {
    world.add_special_file(section.words.at(1), attributes_of(section, 2, 0666));
  } else {
    auto& file = files[word];
    if (word.ends_with("/main.cf")) {
      drop_overridden(section.text, file.first);
    }
    file.first += section.text;
    file.second = attributes_of(section, 1, 0644);
  }
}

}  // namespace

CheckResult check_host_of(std::string_view text, Sight sight,
                          const std::vector<std::string>& only) {
  MemoryWorld world;
  world.set_hostname("mail.example.com");
  world.read_texts_of_missing_indexes(true);
  std::map<std::string, std::pair<std::string, Attributes>> files = {
      {"/etc/postfix/main.cf", {std::string(kMainCf), {}}},
      {"/etc/postfix/master.cf", {std::string(kMasterCf), {}}},
      {"/etc/aliases", {std::string(kAliases), {}}},
      {"/etc/passwd", {std::string(kPasswd), {}}}};
  world.add_directory("/var/mail", {.mode = 01777});
  for (const Section& section : sections_of(text)) {
    add_section(world, section, files);
  }
  for (const auto& [path, file] : files) {
    world.add_file(path, file.first, file.second);
  }
  std::istringstream passwd(files["/etc/passwd"].first);
  for (std::string line; std::getline(passwd, line);) {
    if (auto account = parse_passwd_line(line)) {
      world.add_account(*std::move(account));
    }
  }
  auto host = load_host(world, "/etc/postfix", {});
  if (!host) {
    throw std::invalid_argument(host.error().message());
  }
  HostView view(*host, std::move(sight));
  return check_host(view, only);
}

std::vector<std::string> rules_in(const CheckResult& result) {
  std::set<std::string> names;
  for (const Finding& finding : result.findings) {
    if (!finding.is_allowed) {
      names.insert(finding.id);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace lastmile::test
