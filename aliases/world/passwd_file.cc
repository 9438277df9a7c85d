// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/passwd_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aliases/path.h"
#include "aliases/world/passwd_line.h"

namespace lastmile {
namespace {

bool is_entry(std::string_view line) {
  return !line.empty() && line.front() != '#' && line.front() != '+' && line.front() != '-';
}

/// Without slashes at the end; empty for "/", which is nobody's home here.
std::string_view home_key(std::string_view home) {
  while (home.ends_with('/')) {
    home.remove_suffix(1);
  }
  return home;
}

}  // namespace

Result<PasswdFile> PasswdFile::parse(std::string_view text, const std::string& file) {
  PasswdFile result;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!is_entry(line)) {
      continue;
    }
    auto account = parse_passwd_line(line);
    if (!account) {
      return misconfigured("not an account: " + account.error().text, SourcePos{file, line_number});
    }
    const std::size_t index = result.accounts_.size();
    if (!result.names_.emplace(account->name, index).second) {
      continue;
    }
    result.uids_.emplace(account->uid, index);
    if (const auto home = home_key(account->home); home.starts_with('/')) {
      result.homes_.emplace(home, index);
    }
    result.accounts_.push_back(std::move(*account));
  }
  return result;
}

const Account* PasswdFile::by_name(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &accounts_[found->second];
}

const Account* PasswdFile::by_uid(uid_t uid) const {
  const auto found = uids_.find(uid);
  return found == uids_.end() ? nullptr : &accounts_[found->second];
}

const Account* PasswdFile::by_home(std::string_view path) const {
  std::string place(path);
  while (place.size() > 1) {
    if (const auto found = homes_.find(place); found != homes_.end()) {
      return &accounts_[found->second];
    }
    place = parent_directory(place);
  }
  return nullptr;
}

}  // namespace lastmile
