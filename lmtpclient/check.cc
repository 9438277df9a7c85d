// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/check.h"

#include <cstdio>
#include <cstdlib>

namespace lastmile::lmtp {

void check_failed(const char* condition, const char* file, int line) {
  static_cast<void>(
      std::fprintf(stderr, "%s:%d: internal error: %s does not hold\n", file, line, condition));
  std::abort();
}

}  // namespace lastmile::lmtp
