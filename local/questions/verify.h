// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "local/questions/expectation_file.h"
#include "local/questions/survey.h"
#include "local/questions/walk.h"

namespace lastmile {

/// What became of a case.
enum class VerifyVerdict {
  pass,
  fail,
  undecided,    ///< What was seen depends on something that did not answer.
  todo,         ///< It fails, as its section says that it may.
  todo_passed,  ///< It passes, although its section says that it may fail.
};

/// "pass", "fail", "undecided", "todo", "todo-passed".
std::string_view name_of(VerifyVerdict verdict);

/// An expectation that does not hold.
struct Unmet {
  std::string type = {};      ///< "lands", "rcpt", "sender", "count", "via".
  std::string expected = {};  ///< As it is written.
  std::string actual = {};    ///< Instead of it; empty where there is no such thing.
};

/// One case that was run: of an `each` line one for each address.
struct CaseResult {
  const ExpectationFile* file = nullptr;
  const ExpectationCase* test = nullptr;
  std::string address = {};
  std::string sender = {};  ///< External form; empty: none was named.
  VerifyVerdict verdict = VerifyVerdict::pass;
  std::vector<Unmet> unmet = {};
  std::optional<Outcome> outcome = {};  ///< None where the case asks about nothing.
  std::optional<Trace> trace = {};
  std::string reason = {};  ///< Of what is undecided.

  const ExpectationSection& section() const { return file->sections[test->section]; }
};

/// The world and the stage that a section asks.
struct SectionWorld {
  Survey& survey;
  std::function<Result<Walk*>()> walk = {};  ///< Made when first asked for.
  Address sender = {};                       ///< Where neither case nor section names one.
};

/// Opens what a section names; one that was opened before is the same.
using OpenSection = std::function<Result<SectionWorld>(const ExpectationSection&)>;

/// How many results run_cases() will give.
Result<std::size_t> count_cases(const ExpectationFile& file, const OpenSection& open);

/// Asks for each case and gives what became of it, in the order of the file, until `take` returns
/// false.
/// \return an Error where a world cannot be opened, or a walk not made
Result<Ok> run_cases(const ExpectationFile& file, const OpenSection& open,
                     const std::function<bool(CaseResult&)>& take);

}  // namespace lastmile
