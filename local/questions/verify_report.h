// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "local/formats/tree.h"
#include "local/questions/verify.h"

namespace lastmile {

/// How many cases ended how.
struct VerifySummary {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t undecided = 0;
  std::size_t todo = 0;
  std::size_t todo_passed = 0;
  double seconds = 0;
  bool is_partial = false;  ///< Not all were run.

  void add(VerifyVerdict verdict);
  std::size_t cases() const { return passed + failed + undecided + todo + todo_passed; }
};

/// One form in which the results of verify are printed.
class VerifyReport {
 public:
  VerifyReport() = default;
  VerifyReport(const VerifyReport&) = delete;
  VerifyReport& operator=(const VerifyReport&) = delete;
  virtual ~VerifyReport() = default;

  /// \param cases  that will be run
  virtual void begin(std::size_t /*cases*/) {}
  virtual void add(const CaseResult& result) = 0;
  virtual void end(const VerifySummary& summary) = 0;
  /// A world cannot be opened: nothing more comes.
  virtual void bail_out(const std::string& /*reason*/) {}
};

/// What `--format` names.
/// \param out  must outlive the report
/// \param style  of the ways that failures show
/// \param shows_all  those that pass as well
/// \return null for an unknown name
std::unique_ptr<VerifyReport> make_verify_report(std::string_view name, std::ostream& out,
                                                 const TreeStyle& style, bool shows_all);

/// "orders@example.com -f anna@partner.example", and the section behind it.
std::string title_of(const CaseResult& result);

/// The lines that say what a case expects.
std::string expected_text(const CaseResult& result);

/// What it does instead: the reply, and the destinations.
std::vector<std::string> actual_lines(const CaseResult& result);

/// The trace of a case, drawn as `trace` draws it.
std::string drawn(const CaseResult& result, const TreeStyle& style);

}  // namespace lastmile
