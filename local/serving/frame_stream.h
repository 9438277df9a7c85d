// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// Writes all of `bytes`, however long the other side takes. It is one of our own processes.
/// \return unavailable when it is gone
Result<Ok> write_whole(int descriptor, std::string_view bytes);

/// What a read brought.
enum class ReadEnd {
  more,  ///< Something; there may be more.
  end,   ///< The other side is gone, or has closed its end.
};

/// Appends what can be read at once, up to 64 KiB, to `bytes`; waits when there is nothing yet.
/// A signal does not end it.
ReadEnd read_into(int descriptor, std::string& bytes);

}  // namespace lastmile
