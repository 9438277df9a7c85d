// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lastmile::lmtp {

/// Prints file and line of a programming error and ends the process.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace lastmile::lmtp

/// A condition that only a programming error can make false. On in every build. It is what LM_CHECK
/// is elsewhere: the wire knows nothing of the names.
#define LMTP_CHECK(condition) \
  ((condition) ? void(0) : ::lastmile::lmtp::check_failed(#condition, __FILE__, __LINE__))
