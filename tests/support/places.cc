// SPDX-License-Identifier: Apache-2.0
#include "tests/support/places.h"

namespace lastmile::test {

std::string source_directory() {
  return LASTMILE_SOURCE_DIR;
}

const char* lastmile_program() {
  return LASTMILE_PROGRAM;
}

}  // namespace lastmile::test
