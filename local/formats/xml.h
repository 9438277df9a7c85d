// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lastmile {

/// Text for an element or an attribute of XML 1.0. What that forbids becomes U+FFFD.
std::string escape_xml(std::string_view text);

}  // namespace lastmile
