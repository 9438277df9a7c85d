// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/arguments.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace lastmile::test {

bool read_arguments(const std::vector<std::string_view>& arguments, bool& tells,
                    const std::function<bool(std::string_view, std::string_view)>& take) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--tell") {
      tells = true;
    } else if (i + 1 == arguments.size() || !take(arguments[i], arguments[i + 1])) {
      return false;
    } else {
      ++i;
    }
  }
  return true;
}

bool read_number(std::string_view text, int& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc() &&
         number > 0;
}

}  // namespace lastmile::test
