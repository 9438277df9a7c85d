// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/other_spellings.h"

#include <cstddef>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxKeys = 100'000;

std::string usual_spelling(std::string_view key) {
  return fold_case(key.ends_with(':') ? key.substr(0, key.size() - 1) : key);
}

}  // namespace

OtherSpellings::OtherSpellings(Table& table) : table_(to_string(table.spec())) {
  std::size_t keys = 0;
  // What cannot be listed has nothing to say: this only explains.
  static_cast<void>(table.for_each([&](std::string_view key, const TableEntry& entry) {
    if (std::string usual = usual_spelling(key); usual != key) {
      spellings_.try_emplace(std::move(usual), Spelling{std::string(key), entry.source});
    }
    return ++keys < kMaxKeys;
  }));
}

std::optional<NearMiss> OtherSpellings::near_miss(std::string_view key) const {
  const auto found = spellings_.find(std::string(key));
  if (found == spellings_.end()) {
    return std::nullopt;
  }
  return NearMiss{table_ + " has \"" + printable(found->second.key) + "\", and is asked for \"" +
                      printable(key) + "\": keys of this table are compared as they are written",
                  found->second.source};
}

}  // namespace lastmile
