// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {

/// What a program did.
struct Ran {
  int status = -1;  ///< Exit status; -1 when it did not run or was killed.
  std::string out = {};
  std::string err = {};
};

/// Runs a program, found on PATH or in /usr/sbin, without a shell.
Ran run_program(const std::vector<std::string>& arguments, std::string_view input = {});

/// The real postmap(1) and postalias(1), with a main.cf of their own.
class Postmap {
 public:
  explicit Postmap(std::string_view main_cf = "compatibility_level = 3.6\n");

  /// False, with a printed reason, when it is not installed: the test is to return.
  static bool is_installed();

  /// Whether it can read tables of this type; prints why not.
  bool knows(std::string_view type) const;

  /// Whether it is of the series that lastmile follows, 3.7.
  bool is_followed() const;

  /// Compiles `hash:/path` and the like; fails the test when it cannot.
  void build(std::string_view program, const std::string& table) const;

  /// "= value", "no such key", or "error".
  std::string ask(const std::string& table, const std::string& key) const;
  /// The same for many keys, without line ends and tabs, at once; "error" from the first key on
  /// that it cannot answer.
  std::vector<std::string> ask(const std::string& table,
                               const std::vector<std::string>& keys) const;
  /// What it says on standard error when it is asked.
  std::string complaint(const std::string& table, const std::string& key) const;

 private:
  std::vector<std::string> command(std::string_view program,
                                   std::initializer_list<std::string> arguments) const;

  TemporaryDirectory directory_ = {};
};

/// Asks both programs for every key and compares the answers. Of the keys that are an error here,
/// only the first is put to postmap, which takes a second to report one.
void compare_with_postmap(const Postmap& postmap, const std::string& table,
                          const std::vector<std::string>& keys, const TablePolicy& policy = {});

/// The same words for an answer of ours.
std::string answer(const Result<std::optional<TableEntry>>& found);

/// Opens the table in a LiveWorld and asks it; an Error of either is "error".
std::string ask_lastmile(const std::string& table, const std::string& key,
                         const TablePolicy& policy = {});

}  // namespace lastmile::test
