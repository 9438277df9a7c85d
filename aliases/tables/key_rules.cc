#include "aliases/tables/key_rules.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

bool is_ascii_upper(char octet) {
  return octet >= 'A' && octet <= 'Z';
}
bool is_ascii(char octet) {
  return static_cast<unsigned char>(octet) < 0x80;
}

char ascii_lower(char octet) {
  return is_ascii_upper(octet) ? static_cast<char>(octet + ('a' - 'A')) : octet;
}

std::string_view ascii_lower(std::string_view text, std::string& buffer) {
  if (std::none_of(text.begin(), text.end(), [](char octet) { return is_ascii_upper(octet); })) {
    return text;
  }
  buffer = text;
  std::transform(buffer.begin(), buffer.end(), buffer.begin(),
                 [](char octet) { return ascii_lower(octet); });
  return buffer;
}

class KeyRules final : public Table {
 public:
  KeyRules(std::unique_ptr<Table> table, const TablePolicy& policy, bool is_pattern)
      : table_(std::move(table)), policy_(policy) {
    policy_.fold_key = policy.fold_key && !is_pattern;
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    if (key.find('\0') != std::string_view::npos || (policy_.utf8 && !is_valid_utf8(key))) {
      return std::nullopt;
    }
    auto entry = table_->lookup(stored_key(key, policy_, buffer_));
    if (!entry || !*entry) {
      return entry;
    }
    std::string& value = (*entry)->value;
    if (const std::size_t nul = value.find('\0'); nul != std::string::npos) {
      value.resize(nul);
    }
    if (policy_.utf8 && !is_valid_utf8(value)) {
      return Error{Error::Kind::misconfigured,
                   "non-UTF-8 value \"" + printable(value) + "\"",
                   std::move((*entry)->source),
                   {}};
    }
    return entry;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return table_->for_each(visit);
  }

  TableOwner owner() const override { return table_->owner(); }
  const TableSpec& spec() const override { return table_->spec(); }
  std::vector<Error> warnings() const override { return table_->warnings(); }
  void release() override { table_->release(); }

 private:
  std::unique_ptr<Table> table_;
  TablePolicy policy_;
  std::string buffer_ = {};
};

}  // namespace

std::string_view stored_key(std::string_view key, const TablePolicy& policy, std::string& buffer) {
  if (!policy.fold_key) {
    return key;
  }
  if (!policy.utf8 || std::all_of(key.begin(), key.end(), is_ascii)) {
    return ascii_lower(key, buffer);
  }
  buffer = fold_case(key);
  return buffer;
}

std::unique_ptr<Table> with_key_rules(std::unique_ptr<Table> table, const TablePolicy& policy,
                                      bool is_pattern) {
  return std::make_unique<KeyRules>(std::move(table), policy, is_pattern);
}

}  // namespace lastmile
