// SPDX-License-Identifier: Apache-2.0
// Catch2 version 2 (Debian 12) and version 3 (Debian 13) under the same names.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

#include <string>

namespace Catch {

// Version 2 has the matchers here as well, and one of them by another name.
using Matchers::EndsWith;
using Matchers::StartsWith;
inline auto Contains(const std::string& text) {
  return Matchers::ContainsSubstring(text);
}

}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
