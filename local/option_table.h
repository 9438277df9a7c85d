// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace lastmile {

/// How often an option may be given.
enum class Repeat {
  never,       ///< Twice is an error: which of the two values is meant?
  last_wins,   ///< What a script or a shell alias gives can be given again.
  cumulative,  ///< Each one counts.
};

/// One option, of every command that takes it.
struct OptionRow {
  /// The long form without dashes; empty when there is none: then the first letter is its name.
  std::string_view name = {};
  std::string_view letters = {};  ///< Each is a short form.
  /// What stands for the value in the help; empty: the option takes none. Words with `|` between
  /// them are the only values that it takes.
  std::string_view value = {};
  std::string_view fallback = {};  ///< The value when the option is not given.
  std::string_view help = {};
  Repeat repeat = Repeat::never;
  /// The commands that take it, with blanks between them; kEveryCommand: a global option, which may
  /// stand before and behind the command.
  std::string_view commands = {};
};

inline constexpr std::string_view kEveryCommand = "*";
/// Stands among the commands for what is said before any command.
inline constexpr std::string_view kBeforeCommand = "lastmile";

/// All options of all commands, in the order of the help texts.
std::span<const OptionRow> option_rows();

bool is_global(const OptionRow& row);
/// Whether the command takes the option; global options are taken by all.
bool takes(std::string_view command, const OptionRow& row);

/// The same by the long form of the option.
bool takes_option(std::string_view command, std::string_view name);

/// The name by which an option is asked for: its long form or its first letter.
std::string_view key_of(const OptionRow& row);

}  // namespace lastmile
