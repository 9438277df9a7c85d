// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "local/invocation.h"

namespace lastmile {

// One function for each command, in the file of its name. Each returns the exit status.
int run_trace(Invocation& invocation);
int run_verify(Invocation& invocation);
int run_who(Invocation& invocation);
int run_diff(Invocation& invocation);
int run_map(Invocation& invocation);
int run_deliver(Invocation& invocation);
int run_lmtp(Invocation& invocation);
int run_site(Invocation& invocation);
int run_lookup(Invocation& invocation);
int run_config(Invocation& invocation);
int run_alias(Invocation& invocation);
int run_table(Invocation& invocation);
int run_check(Invocation& invocation);
int run_explain(Invocation& invocation);
int run_probe(Invocation& invocation);

}  // namespace lastmile
