// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/checks/check_host.h"

namespace lastmile::test {

/// A host as rules find nothing wrong with it, and what a text adds to it.
///
/// The text is a list of files, each below a line `== PATH [MODE [UID]]`. What stands below
/// main.cf, master.cf, passwd and aliases is added to those of the host; a parameter of its main.cf
/// that is set again, or named in a comment `#-NAME`, is taken out. `== index TYPE:PATH` holds the
/// keys and values of an index that does not say what its text says; `== symlink PATH` a target;
/// `== directory PATH MODE UID` nothing; `== socket PATH MODE UID` nothing; `== indexes` that
/// tables have no index unless one is there.
CheckResult check_host_of(std::string_view text, Sight sight = {},
                          const std::vector<std::string>& only = {});

/// The names of the rules that have findings, sorted, each once; those that are allowed left out.
std::vector<std::string> rules_in(const CheckResult& result);

}  // namespace lastmile::test
