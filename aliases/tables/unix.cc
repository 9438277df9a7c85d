// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_file.h"
#include "aliases/world/passwd_line.h"

namespace lastmile {
namespace {

/// The value is the line of passwd(5) with "x" for the password.
class PasswdTable final : public Table {
 public:
  PasswdTable(TableSpec spec, World& world)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), world_(world) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    auto account = world_.account_by_name(key);
    if (!account) {
      return std::move(account).error();
    }
    return *account ? std::optional(TableEntry{to_passwd_line(**account)}) : std::nullopt;
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return world_.for_each_account([&visit](const Account& account) {
      return visit(account.name, TableEntry{to_passwd_line(account)});
    });
  }

 private:
  World& world_;
};

/// Groups are read from /etc/group alone: user= of pipe(8) is all that asks for them.
class GroupTable final : public Table {
 public:
  GroupTable(TableSpec spec, std::string text)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), text_(std::move(text)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    std::optional<TableEntry> found;
    for_each_line([&](std::string_view name, std::string_view line) {
      if (name == key) {
        found = TableEntry{std::string(line)};
      }
      return !found;
    });
    return found;
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return for_each_line([&visit](std::string_view name, std::string_view line) {
      return visit(name, TableEntry{std::string(line)});
    });
  }

 private:
  template <class Visit>
  Listing for_each_line(const Visit& visit) const {
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      const std::string_view line = std::string_view(text_).substr(begin, end - begin);
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos && colon > 0 && !visit(line.substr(0, colon), line)) {
        return Listing::stopped;
      }
      begin = end + 1;
    }
    return Listing::complete;
  }

  std::string text_;
};

Result<std::unique_ptr<Table>> open_unix(const TableSpec& spec, World& world,
                                         const TablePolicy& /*policy*/) {
  if (spec.name == "passwd.byname") {
    return std::unique_ptr<Table>(std::make_unique<PasswdTable>(spec, world));
  }
  if (spec.name != "group.byname") {
    return misconfigured("unknown table: " + to_string(spec));
  }
  auto text = read_table_text(world, "/etc/group", OpenWords::open);
  if (!text) {
    return std::move(text).error();
  }
  return std::unique_ptr<Table>(std::make_unique<GroupTable>(spec, std::move(text->content)));
}

}  // namespace

const MapType kUnixMap = {.name = "unix", .open = open_unix, .recorded = TableRecord::nothing};

}  // namespace lastmile
