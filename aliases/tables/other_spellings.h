// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aliases/tables/table.h"

namespace lastmile {

/// The keys of a table that nobody will ever ask for as they are spelled: with capitals, or with
/// the colon of an aliases(5) file behind them.
class OtherSpellings {
 public:
  /// Reads the table once, or its first 100 000 keys.
  explicit OtherSpellings(Table& table);

  /// \param key  as the table is asked for it
  std::optional<NearMiss> near_miss(std::string_view key) const;

 private:
  struct Spelling {
    std::string key = {};
    std::optional<SourcePos> source = {};
  };
  std::string table_;
  std::unordered_map<std::string, Spelling> spellings_ = {};  ///< By what would be asked for.
};

}  // namespace lastmile
