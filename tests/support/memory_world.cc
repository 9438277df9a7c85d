// SPDX-License-Identifier: Apache-2.0
#include "tests/support/memory_world.h"

#include <utility>

#include "aliases/path.h"
#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_types.h"

namespace lastmile::test {
namespace {

std::string_view name_of(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::read_file:
      return "read_file";
    case Question::Kind::file_attributes:
      return "file_attributes";
    case Question::Kind::list_directory:
      return "list_directory";
    case Question::Kind::may_enter:
      return "may_enter";
    case Question::Kind::account:
      return "account";
    case Question::Kind::accounts:
      return "accounts";
    case Question::Kind::table:
      return "table";
    case Question::Kind::lookup:
      return "lookup";
    case Question::Kind::host:
      return "host";
  }
  return "";
}

}  // namespace

std::string to_string(const Question& question) {
  std::string text = std::string(name_of(question.kind)) + " " + question.subject;
  return question.asked_by.empty() ? text : text + " as " + question.asked_by;
}

struct MemoryWorld::TableData {
  std::vector<std::pair<std::string, std::string>> entries = {};
  TableOwner owner = {};
  std::optional<Error> failing = {};
};

class MemoryWorld::MemoryTable final : public Table {
 public:
  MemoryTable(const MemoryWorld& world, TableSpec spec, std::shared_ptr<const TableData> data)
      : Table(std::move(spec), data->owner), world_(world), data_(std::move(data)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    world_.record(Question::Kind::lookup, to_string(this->spec()) + " " + std::string(key));
    if (data_->failing) {
      return *data_->failing;
    }
    for (const auto& entry : data_->entries) {
      if (entry.first == key) {
        return std::optional(TableEntry{entry.second});
      }
    }
    return std::nullopt;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    if (data_->failing) {
      return *data_->failing;
    }
    for (const auto& entry : data_->entries) {
      if (!visit(entry.first, TableEntry{entry.second})) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }

 private:
  const MemoryWorld& world_;
  std::shared_ptr<const TableData> data_;
};

MemoryWorld::MemoryWorld() {
  files_["/"].node = {FileType::directory, 0, 0, 0755, {}};
}
MemoryWorld::~MemoryWorld() = default;

// Building

void MemoryWorld::put(const std::string& path, File file) {
  const std::string parent = parent_directory(path);
  if (parent != path && files_.find(parent) == files_.end()) {  // "." is its own.
    add_directory(parent);
  }
  file.node.version.inode = ++files_put_;
  files_[path] = std::move(file);
}

void MemoryWorld::add_account(Account account) {
  if (account.home.starts_with('/') && files_.find(account.home) == files_.end()) {
    add_directory(account.home, {account.uid, account.gid, 0755});
  }
  accounts_.push_back(std::move(account));
}

void MemoryWorld::add_file(const std::string& path, std::string content, Attributes attributes) {
  put(path, {{FileType::regular, attributes.owner, attributes.group, attributes.mode, {}},
             std::move(content)});
}

void MemoryWorld::add_directory(const std::string& path, Attributes attributes) {
  put(path, {{FileType::directory, attributes.owner, attributes.group, attributes.mode, {}}, {}});
}

void MemoryWorld::add_symlink(const std::string& path, std::string target, uid_t owner) {
  put(path, {{FileType::symlink, owner, 0, 0777, std::move(target)}, {}});
}

void MemoryWorld::add_special_file(const std::string& path, Attributes attributes) {
  put(path, {{FileType::other, attributes.owner, attributes.group, attributes.mode, {}}, {}});
}

void MemoryWorld::add_table(std::string_view spec,
                            std::vector<std::pair<std::string, std::string>> entries,
                            TableOwner owner) {
  tables_[std::string(spec)] =
      std::make_shared<TableData>(TableData{std::move(entries), owner, std::nullopt});
}

void MemoryWorld::set_hostname(std::string hostname) {
  host_.hostname = std::move(hostname);
}

void MemoryWorld::set_interface_addresses(std::vector<std::string> addresses) {
  interface_addresses_ = std::move(addresses);
}

void MemoryWorld::add_host(std::string name, std::vector<std::string> addresses) {
  hosts_[std::move(name)] = std::move(addresses);
}

void MemoryWorld::fail_file(const std::string& path, Error error) {
  failing_files_[path] = std::move(error);
}

void MemoryWorld::fail_accounts(Error error) {
  failing_accounts_ = std::move(error);
}

void MemoryWorld::fail_table(std::string_view spec, Error error) {
  auto& table = tables_[std::string(spec)];
  if (!table) {
    table = std::make_shared<TableData>();
  }
  table->failing = std::move(error);
}

Error MemoryWorld::io_error() {
  return {Error::Kind::unavailable, "Input/output error", std::nullopt, {}};
}

Error MemoryWorld::database_down() {
  return {Error::Kind::unavailable, "database down", std::nullopt, {}};
}

// What was asked

const std::vector<Question>& MemoryWorld::questions() const {
  return questions_;
}

void MemoryWorld::forget_questions() {
  questions_.clear();
}

std::size_t MemoryWorld::times_read(std::string_view path) const {
  return readers_of(path).size();
}

std::vector<std::string> MemoryWorld::readers_of(std::string_view path) const {
  std::vector<std::string> readers;
  for (const Question& question : questions_) {
    if (question.kind == Question::Kind::read_file && question.subject == path) {
      readers.push_back(question.asked_by);
    }
  }
  return readers;
}

void MemoryWorld::record(Question::Kind kind, std::string subject, std::string asked_by) const {
  questions_.push_back({kind, std::move(subject), std::move(asked_by)});
}

// World

Result<std::optional<RecordedNode>> MemoryWorld::node_at(const std::string& place) const {
  if (const auto failing = failing_files_.find(place); failing != failing_files_.end()) {
    return failing->second;
  }
  const auto file = files_.find(place);
  return file == files_.end() ? std::nullopt : std::optional(file->second.node);
}

Result<std::optional<std::string>> MemoryWorld::content_at(const std::string& place,
                                                           const std::string& path,
                                                           const Rights& /*as*/,
                                                           std::size_t max_bytes) {
  const std::string& text = files_.at(place).content;
  if (text.size() > max_bytes) {
    return too_long_error(path, max_bytes);
  }
  return std::optional(text);
}

Result<std::vector<std::string>> MemoryWorld::names_in(const std::string& place,
                                                       const std::string& /*path*/,
                                                       const Rights& /*as*/) {
  std::vector<std::string> names;
  for (const auto& file : files_) {
    if (file.first != "/" && parent_directory(file.first) == place) {
      names.push_back(file.first.substr(file.first.rfind('/') + 1));
    }
  }
  return names;
}

Result<std::optional<FileView>> MemoryWorld::read_file(const std::string& path, const Rights& as,
                                                       Symlinks symlinks, std::size_t max_bytes) {
  record(Question::Kind::read_file, path, whose(as));
  return RecordedWorld::read_file(path, as, symlinks, max_bytes);
}

Result<std::optional<FileView>> MemoryWorld::file_attributes(const std::string& path,
                                                             const Rights& as, Symlinks symlinks) {
  record(Question::Kind::file_attributes, path, whose(as));
  return RecordedWorld::file_attributes(path, as, symlinks);
}

Result<std::optional<std::vector<std::string>>> MemoryWorld::list_directory(const std::string& path,
                                                                            const Rights& as) {
  record(Question::Kind::list_directory, path, whose(as));
  return RecordedWorld::list_directory(path, as);
}

Result<Access> MemoryWorld::may_enter(const std::string& path, const Rights& as) {
  record(Question::Kind::may_enter, path, whose(as));
  return RecordedWorld::may_enter(path, as);
}

Result<std::optional<Account>> MemoryWorld::account_by_name(std::string_view name) {
  record(Question::Kind::account, std::string(name));
  if (failing_accounts_) {
    return *failing_accounts_;
  }
  for (const Account& account : accounts_) {
    if (account.name == name) {
      return std::optional(account);
    }
  }
  return std::nullopt;
}

Result<std::optional<Account>> MemoryWorld::account_by_uid(uid_t uid) {
  record(Question::Kind::account, "uid " + std::to_string(uid));
  if (failing_accounts_) {
    return *failing_accounts_;
  }
  for (const Account& account : accounts_) {
    if (account.uid == uid) {
      return std::optional(account);
    }
  }
  return std::nullopt;
}

Result<Listing> MemoryWorld::for_each_account(const std::function<bool(const Account&)>& visit) {
  record(Question::Kind::accounts, "all");
  if (failing_accounts_) {
    return *failing_accounts_;
  }
  for (const Account& account : accounts_) {
    if (!visit(account)) {
      return Listing::stopped;
    }
  }
  return Listing::complete;
}

Result<std::unique_ptr<Table>> MemoryWorld::open_table(const TableSpec& spec,
                                                       const TablePolicy& policy) {
  const std::string name = to_string(spec);
  record(Question::Kind::table, name);
  const auto table = tables_.find(name);
  if (table == tables_.end()) {
    return RecordedWorld::open_table(spec, policy);
  }
  auto served = std::make_unique<MemoryTable>(*this, spec, table->second);
  return with_key_rules(std::move(served), policy, false);
}

const HostFacts& MemoryWorld::host() const {
  record(Question::Kind::host, "facts");
  return host_;
}

Result<std::vector<std::string>> MemoryWorld::interface_addresses() {
  record(Question::Kind::host, "interface addresses");
  return interface_addresses_;
}

Result<std::vector<std::string>> MemoryWorld::host_addresses(std::string_view name) {
  record(Question::Kind::host, std::string(name));
  const auto host = hosts_.find(name);
  if (host == hosts_.end()) {
    return unavailable(std::string(name) + ": no such host", std::nullopt);
  }
  return host->second;
}

}  // namespace lastmile::test
