// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/support/json.h"

namespace lastmile::test {

/// Checks a value against a JSON Schema (draft 2020-12): type, const, enum, required, properties,
/// additionalProperties, items, minimum, pattern, $ref to $defs. Annotations are passed over; any
/// other keyword is a fault, so that no rule of a schema is ever ignored.
///
/// \return the first fault, such as `/tree/children/0: no member "step"`; empty when there is none
std::string validate(const Json& value, const Json& schema);

}  // namespace lastmile::test
