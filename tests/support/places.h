// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lastmile::test {

/// The top of the source tree, without a slash at its end.
std::string source_directory();

/// The path of the lastmile program that was built with these tests.
const char* lastmile_program();

}  // namespace lastmile::test
