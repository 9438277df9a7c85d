// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/system_accounts.h"

#include <pwd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

namespace lastmile {
namespace {

constexpr std::size_t kFirstBuffer = 1024;
/// An entry that needs more is not a passwd entry.
constexpr std::size_t kLargestBuffer = std::size_t{1024} * 1024;

std::string text_of(const char* field) {
  return field == nullptr ? "" : field;
}

Account account_of(const passwd& entry) {
  return {text_of(entry.pw_name),  entry.pw_uid,           entry.pw_gid, text_of(entry.pw_dir),
          text_of(entry.pw_shell), text_of(entry.pw_gecos)};
}

/// Keeps an answer. A list of a million names must not stay in memory, so that all answers are
/// forgotten when there are many.
template <class Key>
const Result<std::optional<Account>>& keep(
    std::map<Key, Result<std::optional<Account>>, std::less<>>& answers, const Key& key,
    Result<std::optional<Account>> answer) {
  constexpr std::size_t kMaxAnswers = 10'000;
  if (answers.size() >= kMaxAnswers) {
    answers.clear();
  }
  return answers.emplace(key, std::move(answer)).first->second;
}

Error cannot_ask(const std::string& what, int error_number) {
  return unavailable("looking up " + what +
                     " in the account database: " + std::strerror(error_number));
}

/// Calls one of the getpw*_r functions with a buffer that is large enough.
/// \param call  fills its arguments and returns an error number
Result<std::optional<Account>> ask(
    const std::string& what,
    const std::function<int(passwd*, char*, std::size_t, passwd**)>& call) {
  std::vector<char> buffer(kFirstBuffer);
  for (;;) {
    passwd entry = {};
    passwd* found = nullptr;
    const int error_number = call(&entry, buffer.data(), buffer.size(), &found);
    if (error_number == 0) {
      return found == nullptr ? std::nullopt : std::optional(account_of(entry));
    }
    if (error_number == ERANGE && buffer.size() < kLargestBuffer) {
      buffer.resize(buffer.size() * 4);
    } else if (error_number != EINTR) {
      return cannot_ask(what, error_number);
    }
  }
}

/// Ends the enumeration when its scope ends: it is a state of the C library.
struct Enumeration {
  Enumeration() { setpwent(); }
  Enumeration(const Enumeration&) = delete;
  Enumeration& operator=(const Enumeration&) = delete;
  ~Enumeration() { endpwent(); }
};

/// \return nullopt at the end of all sources
Result<std::optional<Account>> next_account() {
  return ask("all accounts", [](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    const int error_number = getpwent_r(entry, buffer, size, found);
    return error_number == ENOENT ? 0 : error_number;  // Its way to say that this was all.
  });
}

}  // namespace

Result<std::optional<Account>> SystemAccounts::ask_for(const std::string& name) {
  constexpr int kFewQuestions = 32;
  if (++questions_ == kFewQuestions) {
    passwd_ = PasswdIndex::open();
  }
  if (passwd_) {
    auto account = passwd_->by_name(name);
    if (account || passwd_->is_only_source()) {
      return account;
    }
  }
  return ask("\"" + name + "\"",
             [&name](passwd* entry, char* buffer, std::size_t size, passwd** found) {
               return getpwnam_r(name.c_str(), entry, buffer, size, found);
             });
}

Result<std::optional<Account>> SystemAccounts::by_name(std::string_view name) {
  const auto known = names_.find(name);
  if (known != names_.end()) {
    return known->second;
  }
  const std::string text(name);
  if (text.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return keep(names_, text, ask_for(text));
}

Result<std::optional<Account>> SystemAccounts::by_uid(uid_t uid) {
  const auto known = uids_.find(uid);
  if (known != uids_.end()) {
    return known->second;
  }
  auto answer = ask("uid " + std::to_string(uid),
                    [uid](passwd* entry, char* buffer, std::size_t size, passwd** found) {
                      return getpwuid_r(uid, entry, buffer, size, found);
                    });
  return keep(uids_, uid, std::move(answer));
}

Result<Listing> SystemAccounts::for_each(const std::function<bool(const Account&)>& visit) {
  const Enumeration enumeration;
  std::set<std::string> seen;
  for (;;) {
    const auto account = next_account();
    if (!account) {
      return account.error();
    }
    if (!*account) {
      return Listing::complete;
    }
    if (seen.insert((*account)->name).second && !visit(**account)) {
      return Listing::stopped;
    }
  }
}

}  // namespace lastmile
