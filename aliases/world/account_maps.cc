// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/account_maps.h"

#include <set>
#include <utility>

#include "aliases/world/passwd_line.h"

namespace lastmile {
namespace {

bool is_account_database(const TableSpec& spec) {
  return spec == TableSpec{"unix", "passwd.byname"} ||
         spec == TableSpec{"proxy", "unix:passwd.byname"};
}

/// The account in one value of a table. A line that makes no sense is "cannot say".
Result<Account> account_in(const TableSpec& table, std::string_view key, const TableEntry& entry) {
  auto account = parse_passwd_line(entry.value);
  if (!account) {
    return misconfigured(to_string(table) + ": the value of \"" + std::string(key) +
                             "\" is not a line of passwd(5): " + account.error().text,
                         entry.source);
  }
  return account;
}

Result<std::optional<Account>> look_up(TableList& table, const TableSpec& spec,
                                       std::string_view key) {
  const auto hit = table.lookup(key);
  if (!hit) {
    return hit.error();
  }
  if (!*hit) {
    return std::nullopt;
  }
  auto account = account_in(spec, key, (*hit)->entry);
  if (!account) {
    return std::move(account).error();
  }
  return std::optional(std::move(*account));
}

/// Visits the accounts of a table, until `visit` returns false.
Result<Listing> list(TableList& table, const TableSpec& spec,
                     const std::function<bool(const Account&)>& visit) {
  std::optional<Error> error;
  auto listing = table.for_each([&](std::string_view key, const TableEntry& entry) {
    auto account = account_in(spec, key, entry);
    if (!account) {
      error = std::move(account).error();
      return false;
    }
    return visit(*account);
  });
  if (error) {
    return *std::move(error);
  }
  return listing;
}

}  // namespace

AccountMapsWorld::AccountMapsWorld(World& base, const std::vector<TableSpec>& specs,
                                   const TablePolicy& policy)
    : ForwardingWorld(base) {
  for (const TableSpec& spec : specs) {
    Source source{std::nullopt, spec};
    if (!is_account_database(spec)) {
      source.table.emplace(std::vector<TableSpec>{spec}, base, policy);
    }
    sources_.push_back(std::move(source));
  }
}

Result<std::optional<Account>> AccountMapsWorld::find_name(Source& source, std::string_view name) {
  if (!source.table) {
    return base().account_by_name(name);
  }
  auto account = look_up(*source.table, source.spec, name);
  if (account && *account && (*account)->name != name) {
    return misconfigured(to_string(source.spec) + ": asked for account \"" + std::string(name) +
                             "\" and answered with \"" + (*account)->name + "\"",
                         std::nullopt);
  }
  return account;
}

Result<std::optional<Account>> AccountMapsWorld::find_uid(Source& source, uid_t uid) {
  if (!source.table) {
    return base().account_by_uid(uid);
  }
  auto account = look_up(*source.table, source.spec, std::to_string(uid));
  if (!account || (*account && (*account)->uid == uid)) {
    return account;
  }
  std::optional<Account> found;
  const auto listing = list(*source.table, source.spec, [&](const Account& candidate) {
    if (candidate.uid == uid) {
      found = candidate;
    }
    return !found;
  });
  if (!listing) {
    return listing.error();
  }
  return found;
}

Result<std::optional<Account>> AccountMapsWorld::account_by_name(std::string_view name) {
  const auto known = names_.find(name);
  if (known != names_.end()) {
    return known->second;
  }
  Result<std::optional<Account>> answer = std::optional<Account>();
  for (Source& source : sources_) {
    answer = find_name(source, name);
    if (!answer || *answer) {
      break;
    }
  }
  return names_.emplace(name, std::move(answer)).first->second;
}

Result<std::optional<Account>> AccountMapsWorld::account_by_uid(uid_t uid) {
  const auto known = uids_.find(uid);
  if (known != uids_.end()) {
    return known->second;
  }
  Result<std::optional<Account>> answer = std::optional<Account>();
  for (Source& source : sources_) {
    answer = find_uid(source, uid);
    if (!answer || *answer) {
      break;
    }
  }
  return uids_.emplace(uid, std::move(answer)).first->second;
}

Result<Listing> AccountMapsWorld::for_each_account(
    const std::function<bool(const Account&)>& visit) {
  std::set<std::string> seen;
  bool every_table_lists = true;
  const auto visit_new = [&](const Account& account) {
    return !seen.insert(account.name).second || visit(account);
  };
  for (Source& source : sources_) {
    auto listing = source.table ? list(*source.table, source.spec, visit_new)
                                : base().for_each_account(visit_new);
    if (!listing || *listing == Listing::stopped) {
      return listing;
    }
    every_table_lists = every_table_lists && *listing == Listing::complete;
  }
  return every_table_lists ? Listing::complete : Listing::not_supported;
}

}  // namespace lastmile
