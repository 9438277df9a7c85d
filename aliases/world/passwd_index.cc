// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/passwd_index.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "aliases/world/passwd_line.h"

namespace lastmile {
namespace {

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::string content{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(content));
}

/// The sources of the passwd database, as nsswitch.conf(5) lists them.
std::vector<std::string_view> passwd_sources(std::string_view nsswitch) {
  while (!nsswitch.empty()) {
    std::string_view line = nsswitch.substr(0, nsswitch.find('\n'));
    nsswitch.remove_prefix(std::min(line.size() + 1, nsswitch.size()));
    line = trim(line.substr(0, line.find('#')));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == "passwd") {
      return split_list(line.substr(colon + 1));
    }
  }
  return {};
}

/// Whether a source behind `files` can know an account that the file has not. nss-systemd(8) knows
/// those that services and drop-in files bring, each of which needs one of these directories,
/// besides root and nobody.
bool may_know_more(std::string_view source) {
  constexpr const char* kUserDatabases[] = {"/run/systemd/userdb",   "/etc/userdb",
                                            "/run/userdb",           "/run/host/userdb",
                                            "/usr/local/lib/userdb", "/usr/lib/userdb"};
  return source != "systemd" ||
         std::any_of(std::begin(kUserDatabases), std::end(kUserDatabases),
                     [](const char* directory) { return access(directory, F_OK) == 0; });
}

std::optional<std::string_view> name_of_line(std::string_view line, const TablePolicy& /*policy*/,
                                             std::string& /*buffer*/) {
  return line.substr(0, line.find(':'));
}

/// Whether the C library and parse_passwd_line() say the same of a line. A line of NIS, one that
/// begins with a blank, and one that makes no sense are the library's business.
bool is_plain(std::string_view line) {
  return line.front() != '+' && line.front() != '-' && !is_space(line.front()) &&
         parse_passwd_line(line).ok();
}

bool all_plain(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.front() != '#' && !is_plain(line)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<PasswdIndex> PasswdIndex::open(const std::string& passwd,
                                             const std::string& nsswitch) {
  const auto switches = content_of(nsswitch);
  if (!switches) {
    return std::nullopt;
  }
  const auto sources = passwd_sources(*switches);
  const bool has_actions = std::any_of(sources.begin(), sources.end(), [](std::string_view word) {
    return word.find('[') != std::string_view::npos;
  });
  if (sources.empty() || sources.front() != "files" || has_actions) {
    return std::nullopt;
  }
  auto text = content_of(passwd);
  if (!text || text->find('\0') != std::string::npos || !all_plain(*text)) {
    return std::nullopt;
  }
  LineIndex lines(*std::move(text), name_of_line, TablePolicy{});
  LineReader reader = lines.lines();
  while (const auto line = reader.next()) {
    lines.add(*line);
  }
  const bool has_synthetic_accounts = lines.find("root") && lines.find("nobody");
  const bool is_only_source =
      has_synthetic_accounts && std::none_of(sources.begin() + 1, sources.end(), may_know_more);
  return PasswdIndex(std::move(lines), sources.size() == 1 || is_only_source);
}

std::optional<Account> PasswdIndex::by_name(std::string_view name) {
  const auto line = lines_.find(name);
  if (!line) {
    return std::nullopt;
  }
  auto account = parse_passwd_line(line->text);
  return account ? std::optional(*std::move(account)) : std::nullopt;
}

}  // namespace lastmile
