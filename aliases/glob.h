// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lastmile {

/// Whether `pattern` matches the whole of `text`: `*` stands for any octets, `\*` for a star, and
/// every other octet for itself. Takes time in proportion to the product of both lengths at worst.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace lastmile
