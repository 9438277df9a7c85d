// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/key_rules.h"

#include <utility>

#include "aliases/tables/other_spellings.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// What a short text is made of, found in one pass: most keys and values are plain ASCII.
struct Octets {
  bool has_nul = false;
  bool has_upper = false;
  bool is_ascii = true;

  explicit Octets(std::string_view text) {
    for (const char octet : text) {
      has_nul |= octet == '\0';
      has_upper |= octet >= 'A' && octet <= 'Z';
      is_ascii &= static_cast<unsigned char>(octet) < 0x80;
    }
  }
};

std::string_view fold(std::string_view key, const Octets& octets, bool utf8, std::string& buffer) {
  if (octets.is_ascii && !octets.has_upper) {
    return key;
  }
  buffer = utf8 ? fold_case(key) : fold_ascii(key);
  return buffer;
}

class KeyRules final : public Table {
 public:
  KeyRules(std::unique_ptr<Table> table, const TablePolicy& policy, bool is_pattern)
      : Table(table->spec(), table->owner()), table_(std::move(table)), policy_(policy) {
    policy_.fold_key = policy.fold_key && !is_pattern;
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const Octets octets(key);
    if (octets.has_nul || (policy_.utf8 && !octets.is_ascii && !is_valid_utf8(key))) {
      return std::nullopt;
    }
    return lookup_valid(policy_.fold_key ? fold(key, octets, policy_.utf8, buffer_) : key);
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return table_->for_each(visit);
  }
  Result<Listing> for_each_answer(
      const std::function<bool(std::string_view, const TableEntry*)>& visit) override {
    return table_->for_each_answer(visit);
  }

  std::vector<Error> warnings() const override { return table_->warnings(); }
  std::optional<NearMiss> near_miss(std::string_view key) override {
    const std::string stored(stored_key(key, policy_, buffer_));
    if (auto near = table_->near_miss(stored)) {
      return near;
    }
    if (!table_->keeps_spelling()) {
      return std::nullopt;
    }
    if (!spellings_) {
      spellings_.emplace(*table_);
    }
    return spellings_->near_miss(stored);
  }
  void release() override {
    spellings_.reset();
    table_->release();
  }

 private:
  Result<std::optional<TableEntry>> lookup_valid(std::string_view key) {
    auto entry = table_->lookup(key);
    if (entry && *entry) {
      if (auto refused = check_value(**entry)) {
        entry = *std::move(refused);
      }
    }
    return entry;
  }

  std::optional<Error> check_value(TableEntry& entry) const {
    const Octets octets(entry.value);
    if (octets.has_nul) {
      entry.value.resize(entry.value.find('\0'));
    }
    if (octets.is_ascii || !policy_.utf8 || is_valid_utf8(entry.value)) {
      return std::nullopt;
    }
    return misconfigured("non-UTF-8 value \"" + printable(entry.value) + "\"",
                         std::move(entry.source));
  }

  std::unique_ptr<Table> table_;
  TablePolicy policy_;
  std::string buffer_ = {};
  std::optional<OtherSpellings> spellings_ = {};  ///< Of the keys, once somebody asks.
};

}  // namespace

std::string_view stored_key(std::string_view key, const TablePolicy& policy, std::string& buffer) {
  return policy.fold_key ? fold(key, Octets(key), policy.utf8, buffer) : key;
}

std::unique_ptr<Table> with_key_rules(std::unique_ptr<Table> table, const TablePolicy& policy,
                                      bool is_pattern) {
  return std::make_unique<KeyRules>(std::move(table), policy, is_pattern);
}

}  // namespace lastmile
