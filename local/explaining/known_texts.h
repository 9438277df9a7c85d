// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace lastmile {

/// Who has to be asked when such a text is seen.
enum class TextOrigin {
  configuration,  ///< The line that decided, on this host.
  restriction,  ///< A list of smtpd(8): an access table, or a policy server with words of its own.
  effect,       ///< The way is right; what stands at its end refused: a file, a command, a socket.
  message,      ///< The message itself: where it has been, its size, what it holds.
  other_host,   ///< Another host, a filter or a name server gave the answer.
};

/// A text of Postfix's log, and what it means.
struct KnownText {
  std::string_view text = {};  ///< `*` stands for anything.
  TextOrigin origin = TextOrigin::configuration;
  std::string_view rules = {};    ///< Of `check`, which may find the cause; parted by blanks.
  std::string_view meaning = {};  ///< Empty: the text says all.
  std::string_view mend = {};
};

/// Texts of statuses and of replies; the first that fits counts.
/// \return null for a text that none fits
const KnownText* find_known_status(std::string_view text);

/// Texts behind `warning:`, `error:`, `fatal:` and `panic:`.
const KnownText* find_known_warning(std::string_view text);

/// All of both kinds, for tests.
std::span<const KnownText> known_statuses();
std::span<const KnownText> known_warnings();

}  // namespace lastmile
