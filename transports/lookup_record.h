// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// What one parameter names: tables, or a list of patterns.
struct AskedParameter {
  std::string_view name = {};                  ///< Of the catalogue of parameters.
  std::optional<SourcePos> source = {};        ///< The line that names them; none: the default.
  std::function<std::string()> contents = {};  ///< "hash:/etc/aliases, nis:mail.aliases".
  /// Where a key stands although it is not found.
  std::function<std::vector<NearMiss>(std::string_view key)> near_misses = {};
};

/// A parameter that had none of some keys.
struct MissedLookup {
  const AskedParameter* asked = nullptr;  ///< Lives as long as the record.
  std::vector<std::string> keys = {};     ///< In the order in which they were asked for, each once.
};

/// Remembers which tables were asked in vain, for a trace that says so.
class LookupRecord {
 public:
  LookupRecord() = default;
  LookupRecord(const LookupRecord&) = delete;
  LookupRecord& operator=(const LookupRecord&) = delete;
  ~LookupRecord() = default;

  /// \param asked  what it refers to must outlive the record's last use
  /// \return what to call with each key that is not found
  std::function<void(std::string_view key)> watch(AskedParameter asked);

  /// What was remembered since the last call of this or of forget(), by parameter, in the order in
  /// which they were first asked.
  std::vector<MissedLookup> take();
  void forget() { misses_.clear(); }

 private:
  struct Miss {
    const AskedParameter* asked = nullptr;
    std::string key = {};
  };
  std::deque<AskedParameter> watched_ = {};  ///< Does not move what it holds when it grows.
  std::vector<Miss> misses_ = {};
};

}  // namespace lastmile
