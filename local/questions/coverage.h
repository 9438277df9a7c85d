// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "local/formats/json.h"
#include "local/questions/known_address.h"

namespace lastmile {

/// What a report about the known addresses has looked at, and what it could not look at. No report
/// of "all" addresses is printed without it.
struct Coverage {
  std::size_t known = 0;
  std::array<std::size_t, kMarks> by_mark = {};  ///< Each address counts once, by Marks::first().
  /// Domains of local(8) at which the same names land alike, so that they were asked for at one.
  std::vector<std::string> alike = {};
  /// Tables, and the lists of domains or accounts, of which not all is known: why.
  std::map<std::string, std::string> not_listed = {};
  /// Pattern tables with rules that no sample stands for: the lines of those.
  std::map<std::string, std::vector<int>> without_sample = {};
  std::map<std::string, std::size_t> rules = {};  ///< Of the pattern tables above, in all.
  /// What did not answer, and how many addresses are undecided for it.
  std::map<std::string, std::size_t> unanswered = {};
  bool is_partial = false;  ///< Somebody ended the run before it was done.

  /// Counts one address.
  void add(const KnownAddress& known_address);
  /// Whether every table could be listed and asked.
  bool is_whole() const {
    return not_listed.empty() && without_sample.empty() && unanswered.empty() && !is_partial;
  }
};

/// What is not known, one line each, without the number of addresses: for the comparison of two.
std::set<std::string> gaps_of(const Coverage& coverage);

/// "known addresses: 17 (7 accounts, 5 aliases), alike at 2 more local domains", and a line for
/// whatever is not known.
void print_coverage(std::ostream& out, const Coverage& coverage);

/// The value of "coverage".
void write_coverage(JsonWriter& json, const Coverage& coverage);

/// 12481 as "12 481".
std::string grouped_digits(std::size_t number);

/// "1 address", "2 addresses".
std::string counted(std::size_t number, std::string_view one, std::string_view several);

}  // namespace lastmile
