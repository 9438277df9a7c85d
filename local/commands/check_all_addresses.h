// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/invocation.h"
#include "local/options.h"

namespace lastmile {

/// `check --all-addresses`: what RCPT says of every known address against where it ends.
/// \return the exit status
int check_all_addresses(Invocation& invocation, const Options& options);

}  // namespace lastmile
