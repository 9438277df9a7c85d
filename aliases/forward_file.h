// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "aliases/macro.h"
#include "aliases/member_lines.h"
#include "aliases/world/world.h"

namespace lastmile {

/// One place where a .forward file may be.
struct ForwardCandidate {
  std::string path = {};
  bool used_extension = false;  ///< The value of $extension is in the path.
};

/// Where a .forward file may be, in the order in which the places are looked at. The list is split
/// at commas and white space before anything is expanded. A candidate with a name that has no
/// value, or with bad macro syntax, is left out.
///
/// \param forward_path  the parameter as it is written
/// \see local(8); postconf(5), forward_path
std::vector<ForwardCandidate> forward_candidates(std::string_view forward_path,
                                                 const MacroLookup& lookup);

/// Why the .forward file at `path` is not obeyed, in Postfix's words; nullopt when it is. The mail
/// goes to the mailbox then.
///
/// \param file  as it was read with the rights of `account`, links refused
/// \see local(8), SECURITY
std::optional<std::string> judge_forward(const std::string& path, const FileView& file,
                                         const Account& account);

}  // namespace lastmile
