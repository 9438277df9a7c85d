// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// The ways in which a stream of bytes may arrive: whole, byte by byte, and cut in two at every
/// position.
inline std::vector<std::vector<std::string_view>> all_cuts(std::string_view bytes) {
  std::vector<std::vector<std::string_view>> result{{bytes}, {}};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    result[1].push_back(bytes.substr(i, 1));
  }
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    result.push_back({bytes.substr(0, i), bytes.substr(i)});
  }
  return result;
}

}  // namespace lastmile
