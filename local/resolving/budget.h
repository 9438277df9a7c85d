// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "aliases/result.h"

namespace lastmile {

/// Levels that an alias may be nested. \see Postfix, local(8): alias database loop
inline constexpr int kMaxAliasLevel = 100;
/// Levels that anything may be nested. Twelve more than for aliases: a round of a loop that passes
/// a .forward file and a name that is its own alias is that deep, and the check which names the
/// alias is to speak first, unless the release says otherwise. \see VersionRule::nesting_limit
inline constexpr int kMaxLevel = kMaxAliasLevel + 12;
/// Passes through the queue that one message may need; more is a loop. \see Postfix, hopcount_limit
inline constexpr int kMaxPasses = 50;
/// Levels of all passes together: the trace of one address has to end, and its stack, too.
inline constexpr int kMaxTotalLevels = 500;
/// How often one recipient may be handed from one local(8) service to the next.
inline constexpr int kMaxHandOvers = 10;

/// What the resolution of one recipient, with all passes through the queue, may take: the memory of
/// its trace, and the octets that are read for it. Files may be read over and over (a .forward that
/// two users name for each other with many extensions); any number of different files is no loop.
/// \see docs/configuration.md, lastmile_expansion_limit
class Budget {
 public:
  /// \param limit  octets
  explicit Budget(std::size_t limit) : limit_(limit) {}

  /// Takes what was read from a file.
  void read(std::size_t octets) { octets_read_ += octets; }

  /// Whether the resolution may go on. Once it may not, it never may again.
  /// \param trace_octets  what the trace takes by now
  /// \param at            the line that asks for more
  bool allows(std::size_t trace_octets, const std::optional<SourcePos>& at) {
    if (!is_spent_ && trace_octets + octets_read_ > limit_) {
      spend(at);
    }
    return !is_spent_;
  }

  /// Gives up: `at` alone asks for more than is left.
  void spend(const std::optional<SourcePos>& at) {
    is_spent_ = true;
    where_ = at;
  }

  bool is_spent() const { return is_spent_; }
  std::size_t limit() const { return limit_; }
  /// Octets that one more file may have.
  std::size_t left(std::size_t trace_octets) const {
    const std::size_t taken = trace_octets + octets_read_;
    return taken < limit_ ? limit_ - taken : 0;
  }
  /// The line at which it was spent.
  const std::optional<SourcePos>& where() const { return where_; }

 private:
  std::size_t limit_;
  std::size_t octets_read_ = 0;
  bool is_spent_ = false;
  std::optional<SourcePos> where_ = {};
};

}  // namespace lastmile
