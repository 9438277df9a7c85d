// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lastmile {

/// The page of `map --format html`: what stands before its data, and behind it.
extern const char* const kPageHead;
extern const char* const kPageTail;

}  // namespace lastmile
