// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "aliases/tables/table.h"

namespace lastmile {

/// A table whose answers are remembered up to the next Table::release(), for one that asks a
/// server: the same key is asked for several times on the way of one address, and `@domain` for
/// each address of that domain. Errors are not remembered: the next time the server may answer.
/// Takes about 4 MiB at most, and forgets all answers when there are more. \see
/// TablePolicy::keep_snapshot
std::unique_ptr<Table> with_remembered_answers(std::unique_ptr<Table> table);

}  // namespace lastmile
