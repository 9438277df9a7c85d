// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "local/questions/known_address.h"
#include "local/questions/outcome.h"

namespace lastmile {

/// What is another in one world than in the other, in the order of importance.
enum class Change {
  lost,       ///< It landed, and does not any more.
  gained,     ///< The reverse.
  moved,      ///< It lands elsewhere.
  partly,     ///< Some destinations more or less.
  refused,    ///< Only the reply to RCPT: it is refused now.
  accepted,   ///< The reverse.
  sender,     ///< Only the envelope sender.
  undecided,  ///< One side could not be decided.
  text,       ///< Only the words of a reply or of a failure.
};
inline constexpr std::size_t kChanges = 9;

/// "lost", "gained", ...
std::string_view name_of(Change change);
/// "-", "+", "~", "±", "!", "s", "?"
std::string_view sign_of(Change change);

/// How two outcomes of one address differ. Equal are the class of the reply, the destinations with
/// recipient and user, and the envelope senders; steps and lines do not count.
/// \return nullopt where they do not
std::optional<Change> compare(const Outcome& a, const Outcome& b);

/// The same for two releases on one host: words count as well, and what one of them puts off is
/// lost.
std::optional<Change> compare_releases(const Outcome& a, const Outcome& b);

/// One side of a change in words that are alike for addresses which changed alike: the user's name
/// stands as USER.
struct SideText {
  std::string lands = {};
  std::string cause = {};  ///< The deciding line.

  friend bool operator==(const SideText&, const SideText&) = default;
  friend bool operator<(const SideText& left, const SideText& right) {
    return std::tie(left.lands, left.cause) < std::tie(right.lands, right.cause);
  }
};
SideText side_text(const Outcome& outcome);

/// The line that decided: of the first destination, or of the reply where there is none.
std::optional<SourcePos> cause_of(const Outcome& outcome);

/// Addresses that changed alike, for the same reason.
struct ChangeGroup {
  std::size_t count = 0;
  std::vector<std::string> examples = {};  ///< The first ones.
  SideText a = {};                         ///< Of the first one, as it is.
  SideText b = {};
};

/// All changes, grouped.
class Changes {
 public:
  /// \param most_examples  of each group
  explicit Changes(std::size_t most_examples) : most_examples_(most_examples) {}

  void add(Change change, const KnownAddress& known, const Outcome& a, const Outcome& b);
  std::size_t count(Change change) const { return counts_[static_cast<std::size_t>(change)]; }
  std::size_t all() const;
  /// In order: the largest groups first.
  std::vector<ChangeGroup> groups(Change change) const;

 private:
  using Key = std::pair<SideText, SideText>;
  std::size_t most_examples_;
  std::size_t counts_[kChanges] = {};
  std::map<Key, ChangeGroup> groups_[kChanges] = {};
};

}  // namespace lastmile
