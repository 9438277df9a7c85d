// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "local/questions/acceptance_finding.h"
#include "local/questions/known_address.h"
#include "local/questions/outcome.h"

namespace lastmile {

/// What RCPT says of each address, compared with where its delivery ends.
class Acceptance {
 public:
  /// \param most_examples  of each finding
  explicit Acceptance(std::size_t most_examples) : most_examples_(most_examples) {}

  /// Whether add() would find something, so that it is worth asking for the lines as well.
  static bool is_suspect(const KnownAddress& known, const Outcome& outcome);

  void add(const KnownAddress& known, const Outcome& outcome);

  /// One for each cause: the worst and the most frequent ones first.
  std::vector<AcceptanceFinding> findings() const;

  std::size_t landing = 0;
  std::size_t refused = 0;        ///< As they should be.
  std::size_t undeliverable = 0;  ///< And accepted.
  std::size_t deliverable = 0;    ///< And refused.
  std::size_t undecided = 0;

 private:
  void count(const Outcome& outcome);
  void note(const AcceptanceFinding& finding, const std::string& cause, const KnownAddress& known);
  /// Its message in words, for so many addresses.
  static std::string message_of(const AcceptanceFinding& finding);

  std::size_t most_examples_;
  std::map<std::tuple<std::string, Severity, std::string>, AcceptanceFinding> by_cause_ = {};
};

}  // namespace lastmile
