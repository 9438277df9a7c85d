// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lastmile {

/// `text` of a configuration file, with REDACTED in the place of passwords; lines keep their
/// numbers.
std::string without_passwords(std::string_view text);

}  // namespace lastmile
