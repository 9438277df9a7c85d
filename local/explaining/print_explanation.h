// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "local/explaining/explanation.h"
#include "local/formats/tree.h"

namespace lastmile {

/// For a person: what happened, the way with the incident marked, the rule, what to change.
void print_explanation(std::ostream& out, const Explanation& explanation, TreeStyle style);

/// One object on one line: docs/explain.schema.json.
void print_explanation_json(std::ostream& out, const Explanation& explanation);

}  // namespace lastmile
