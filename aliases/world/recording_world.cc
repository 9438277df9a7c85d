// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/recording_world.h"

#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_types.h"

namespace lastmile {

/// Asks the table of the other world, and writes down what it says.
class RecordingWorld::RecordedTable final : public Table {
 public:
  RecordedTable(std::unique_ptr<Table> table, RecordingWorld& world, Recorded& how)
      : Table(table->spec(), table->owner()), table_(std::move(table)), world_(world), how_(how) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    auto entry = table_->lookup(key);
    if (!entry) {
      how_.failure = how_.failure ? std::move(how_.failure) : std::optional(entry.error());
      return entry;
    }
    how_.has_answered = true;
    if (*entry) {
      how_.visit(**entry);
    }
    const bool is_new = *entry || !how_.is_complete;
    if (is_new && world_.result_) {
      world_.result_ = world_.writer_.add_entry(how_.id, key, *entry ? &**entry : nullptr);
    }
    return entry;
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return table_->for_each(visit);
  }
  void release() override { table_->release(); }

 private:
  std::unique_ptr<Table> table_;
  RecordingWorld& world_;
  Recorded& how_;
};

Result<std::unique_ptr<Table>> RecordingWorld::open_table(const TableSpec& spec,
                                                          const TablePolicy& policy) {
  const auto recorded = tables_.find(to_string(spec));
  if (recorded != tables_.end()) {
    auto table = base().open_table(spec, policy);
    if (!table) {
      return table;
    }
    // A key is recorded as the table is asked for it: a site file folds it before.
    return with_key_rules(
        std::make_unique<RecordedTable>(*std::move(table), *this, recorded->second), policy,
        is_pattern_table(spec));
  }
  const auto inner = inner_tables(spec);
  return inner && !inner->empty() ? open_map(spec, *this, policy) : base().open_table(spec, policy);
}

Result<std::optional<Account>> RecordingWorld::account_by_name(std::string_view name) {
  auto account = base().account_by_name(name);
  if (account && *account && !names_.contains((*account)->name)) {
    names_.insert((*account)->name);
    found_accounts_.push_back(**account);
  }
  return account;
}

}  // namespace lastmile
