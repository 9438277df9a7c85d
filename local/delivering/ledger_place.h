// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace lastmile {

/// Who keeps a ledger.
struct LedgerKeeper {
  uid_t uid = 0;
  std::string name = {};   ///< Of the account; the number of one that has none.
  std::string home = {};   ///< $HOME where the caller sets it, else the account's; may be empty.
  std::string state = {};  ///< $XDG_STATE_HOME; may be empty.
};

/// Who this process runs as.
LedgerKeeper this_keeper();

/// The path of the ledger that this process keeps.
struct LedgerPlace {
  std::string path = {};      ///< Empty: none can be kept, or none is wanted.
  std::string obstacle = {};  ///< Why none can be kept; empty where none is wanted.
};

/// Finds it: `configured`, with the name of the keeper for `%u`, is what root keeps; an ordinary
/// user keeps it in a directory of their own, or one that they can make. Where it is in another
/// directory, theirs is `ledger.sqlite` in `lastmile` below $XDG_STATE_HOME, else below
/// `~/.local/state`. What of these directories is missing is made (mode 0700) in a home that
/// belongs to the user and that not everybody can write to: who can write to a ledger can make mail
/// disappear. Deliveries of one user do not see the ledger of another.
///
/// \param configured  lastmile_ledger; empty: none is wanted
/// \see the XDG Base Directory Specification
LedgerPlace find_ledger_place(const std::string& configured, const LedgerKeeper& keeper);

}  // namespace lastmile
