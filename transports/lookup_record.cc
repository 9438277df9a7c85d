// SPDX-License-Identifier: Apache-2.0
#include "transports/lookup_record.h"

#include <algorithm>
#include <utility>

namespace lastmile {

std::function<void(std::string_view key)> LookupRecord::watch(AskedParameter asked) {
  watched_.push_back(std::move(asked));
  return [this, parameter = &watched_.back()](std::string_view key) {
    misses_.push_back({parameter, std::string(key)});
  };
}

std::vector<MissedLookup> LookupRecord::take() {
  std::vector<MissedLookup> lookups;
  for (Miss& miss : misses_) {
    auto lookup = std::ranges::find(lookups, miss.asked, &MissedLookup::asked);
    if (lookup == lookups.end()) {
      lookups.push_back({miss.asked, {}});
      lookup = lookups.end() - 1;
    }
    if (std::ranges::find(lookup->keys, miss.key) == lookup->keys.end()) {
      lookup->keys.push_back(std::move(miss.key));
    }
  }
  misses_.clear();
  return lookups;
}

}  // namespace lastmile
