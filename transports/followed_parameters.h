// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "transports/daemon.h"

namespace lastmile {

/// What becomes of a parameter of Postfix here.
enum class Following {
  honoured,        ///< It means what it means to Postfix.
  with_message,    ///< Honoured, but for a trace without a message, which says so where it is set.
  without_effect,  ///< It decides nothing that lastmile does, or shows.
  noted,           ///< Not followed though it may matter: a trace says so where it is set.
  refused,         ///< Not followed, and mail that needs it waits.
};

struct Followed {
  Following following = Following::honoured;
  std::string_view why = {};  ///< Empty for what is honoured.
  /// Who goes by what a trace names; Daemon::every: the mail system as a whole.
  Daemon reader = Daemon::every;
};

/// One parameter, or all whose names are like that: '*' at either end of a pattern stands for any
/// text.
struct FollowedRow {
  std::string_view pattern = {};
  Followed followed = {};
};

/// Every built-in parameter of Postfix has an answer, and so have those of lastmile's own and of
/// services (`NAME_destination_recipient_limit`).
/// \return null for a name that is none of these
const Followed* find_followed(std::string_view name);

/// "honoured", "honoured with a message", "without effect here", "not followed", "refused".
std::string_view name_of(Following following);

/// How many of the built-in parameters of Postfix are followed in each way, in the order of
/// Following.
std::array<std::size_t, 5> count_followed();

}  // namespace lastmile
