// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "local/option_table.h"

namespace lastmile {

/// The options that were given to a command, and its other words. An option is asked for by
/// key_of() its row; to ask for one that no row of the command has is a programming error.
class Options {
 public:
  explicit Options(std::string command) : command_(std::move(command)) {}

  const std::string& command() const { return command_; }

  bool has(std::string_view key) const { return count(key) > 0; }
  std::size_t count(std::string_view key) const;
  /// The value that was given last, or else the one that the row has for this case.
  std::string text(std::string_view key) const;
  /// Every value that was given, in order.
  const std::vector<std::string>& values(std::string_view key) const;

  /// The arguments that are no options, in order.
  const std::vector<std::string>& words() const { return words_; }

  /// \return `malformed` when the row does not take it
  Result<Ok> add(const OptionRow& row, const std::string& value);
  void add_word(std::string word) { words_.push_back(std::move(word)); }

 private:
  std::string command_;
  std::map<std::string_view, std::vector<std::string>> given_ = {};
  std::vector<std::string> words_ = {};
};

/// Reads what follows a command's name. Names are never guessed from their beginnings; `--` ends
/// the options.
/// \param command  or kBeforeCommand
/// \return `malformed` for an option that does not exist or has no value
Result<Options> read_options(std::span<const std::string> arguments, std::string command);

/// How many of the words before a command belong to an option that stands at the beginning of
/// `words`: 0 when that is no global option, 2 when its value is a word of its own.
std::size_t global_option_size(std::span<const std::string> words);

/// Prints a line for each option, its help in a column of its own, at most 80 columns wide.
/// \param command  its own ones; kBeforeCommand: those that may stand before every command
void print_options(std::ostream& out, std::string_view command);

}  // namespace lastmile
