#pragma once

#include <span>
#include <string_view>

namespace lastmile {

/// What becomes of a parameter of Postfix here.
enum class Following {
  honoured,        ///< It means what it means to Postfix.
  without_effect,  ///< It decides nothing that lastmile does, or shows.
  noted,           ///< Not followed though it may matter: a trace says so where it is set.
  refused,         ///< Not followed, and mail that it is meant for waits.
};

struct Followed {
  Following following = Following::honoured;
  std::string_view why = {};  ///< Empty for what is honoured.
};

/// One parameter, or all whose names are like that: '*' at either end of a pattern stands for any
/// text.
struct FollowedRow {
  std::string_view pattern = {};
  Followed followed = {};
};

/// The parameters of lmtp(8) and smtp(8), behind `lmtp_` and `smtp_`. The first that fits counts.
std::span<const FollowedRow> client_parameters();

/// Every built-in parameter of Postfix has an answer, and so have those of lastmile's own and of
/// services (`NAME_destination_recipient_limit`).
/// \return null for a name that is none of these
const Followed* find_followed(std::string_view name);

/// "honoured", "without effect", "not followed", "not followed, mail waits".
std::string_view name_of(Following following);

}  // namespace lastmile
