// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/world/forwarding_world.h"
#include "aliases/world/site_writer.h"

namespace lastmile {

/// Another world, of which a site file keeps what it answers: of tables that are not recorded as a
/// whole every key that is asked for, and accounts that no list names.
class RecordingWorld final : public ForwardingWorld {
 public:
  /// A table whose answers are recorded.
  struct Recorded {
    std::int64_t id = 0;  ///< In the site file.
    /// Everything that it has is recorded already, as far as could be listed: a key that it has not
    /// is not.
    bool is_complete = false;
    bool has_answered = false;
    std::optional<Error> failure = {};  ///< The first time that it could not answer.
    /// Gets each entry that was found.
    std::function<void(const TableEntry& entry)> visit = [](const TableEntry&) {};
  };

  /// Both must outlive this world, and what is opened in it this world.
  RecordingWorld(World& base, SiteWriter& writer) : ForwardingWorld(base), writer_(writer) {}

  /// From now on the answers of this table are recorded.
  void record(const TableSpec& spec, Recorded how) {
    tables_.emplace(to_string(spec), std::move(how));
  }
  /// Of the account of each listed name nothing more is recorded.
  void set_listed_accounts(std::set<std::string, std::less<>> names) { names_ = std::move(names); }

  bool records_anything() const { return !tables_.empty(); }
  const std::map<std::string, Recorded, std::less<>>& tables() const { return tables_; }
  /// The accounts that were found and are in no list, as they were asked for.
  const std::vector<Account>& found_accounts() const { return found_accounts_; }
  /// The first time that the site file could not be written.
  const Result<Ok>& result() const { return result_; }

  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  Result<std::optional<Account>> account_by_name(std::string_view name) override;

 private:
  class RecordedTable;

  SiteWriter& writer_;
  std::map<std::string, Recorded, std::less<>> tables_ = {};
  std::set<std::string, std::less<>> names_ = {};
  std::vector<Account> found_accounts_ = {};
  Result<Ok> result_ = Ok{};
};

}  // namespace lastmile
