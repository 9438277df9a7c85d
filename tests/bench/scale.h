// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lastmile::bench {

/// Resolves many addresses over tables with very many virtual aliases, one table type after the
/// other, beside `postmap -q -` which looks up the same keys, and prints addresses per second, CPU
/// seconds, peak memory, the ratio of the CPU seconds to those of postmap, and how often the table
/// was opened.
/// \param aliases  entries of each table
/// \param addresses  how many are asked for
void compare_scale(int aliases, int addresses);

}  // namespace lastmile::bench
