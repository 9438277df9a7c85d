// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/remembered_answers.h"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>

namespace lastmile {
namespace {

constexpr std::size_t kMaxOctets = std::size_t{4} * 1024 * 1024;
/// What an answer takes beside its texts, about.
constexpr std::size_t kOctetsPerAnswer = 256;

class RememberedAnswers final : public Table {
 public:
  explicit RememberedAnswers(std::unique_ptr<Table> table)
      : Table(table->spec(), table->owner()), table_(std::move(table)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    std::string text(key);
    if (const auto known = answers_.find(text); known != answers_.end()) {
      return known->second;
    }
    auto entry = table_->lookup(key);
    if (entry) {
      remember(std::move(text), *entry);
    }
    return entry;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return table_->for_each(visit);
  }
  std::vector<Error> warnings() const override { return table_->warnings(); }
  void release() override {
    forget();
    table_->release();
  }

 private:
  void remember(std::string key, const std::optional<TableEntry>& entry) {
    const std::size_t octets =
        kOctetsPerAnswer + key.size() + (entry ? entry->value.size() : std::size_t{0});
    if (octets > kMaxOctets - octets_) {
      forget();
    }
    if (octets <= kMaxOctets) {
      octets_ += octets;
      answers_.emplace(std::move(key), entry);
    }
  }

  void forget() {
    answers_.clear();
    octets_ = 0;
  }

  std::unique_ptr<Table> table_;
  std::unordered_map<std::string, std::optional<TableEntry>> answers_ = {};
  std::size_t octets_ = 0;  ///< Of all answers, about.
};

}  // namespace

std::unique_ptr<Table> with_remembered_answers(std::unique_ptr<Table> table) {
  return std::make_unique<RememberedAnswers>(std::move(table));
}

}  // namespace lastmile
