// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// Whether output may be coloured: `--color`, and NO_COLOR where that says "auto".
enum class Color { automatic, always, never };

/// The options that every command takes, before and behind its name.
struct GlobalOptions {
  std::string config_directory = {};        ///< Empty until open_world() knows the default.
  std::string root = {};                    ///< `--root DIR`; empty: not a tree.
  std::string site = {};                    ///< `--site FILE`; empty: not a site file.
  std::vector<std::string> overrides = {};  ///< `-o name=value`.
  Color color = Color::automatic;
  int verbosity = 0;
};

/// What a command may touch: its options and arguments, and three streams. Tests make their own.
struct Invocation {
  GlobalOptions options = {};
  std::span<const std::string> arguments = {};  ///< What follows the command's name.
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  int terminal_width = 0;  ///< Columns; 0 when it is not known.
};

/// Exit status of what asks about addresses: something could not be asked, or nobody knows.
constexpr int kUndecided = 1;
/// Exit status of what judges addresses: some fail.
constexpr int kSomeFail = 2;

/// Prints `lastmile COMMAND: message` and returns `status`.
int fail(Invocation& invocation, std::string_view command, std::string_view message, int status);

/// Reads standard input line by line.
/// \param before_wait  is called when nothing has come yet: whoever keeps something from others
/// lets
///        go of it there, since a slow writer may take for ever
/// \param take  gets each line without its end; returns whether it counts
/// \param what  what each line is, for the message: "address"
/// \return `malformed` when no line counts, or the input cannot be read to its end: nobody is to
///         take that for a list of which all is well
Result<Ok> read_lines(Invocation& invocation, std::string_view what,
                      const std::function<void()>& before_wait,
                      const std::function<bool(std::string&)>& take);

}  // namespace lastmile
