// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "local/checks/finding.h"

namespace lastmile {

class HostView;

/// Takes what one rule finds.
class Report {
 public:
  Report(std::string_view id, Severity severity) : id_(id), severity_(severity) {}

  /// \param place  none: of something without a line
  /// \param mark  the piece of the line that is wrong; empty: the whole line
  /// \return the finding, for what few findings have: another severity, a subject, more places. It
  ///         lives until the next one is added
  Finding& add(std::optional<SourcePos> place, std::string mark, std::string message,
               std::string mend);

  /// The rule cannot say anything here, for a reason that lies with the world: a tree has no
  /// sockets.
  void not_judged(std::string why) { why_not_ = std::move(why); }
  /// Something that the rule had to look at could not be looked at: a table server is down.
  void incomplete(std::string why) { missing_.push_back(std::move(why)); }

  const std::vector<Finding>& findings() const { return findings_; }
  const std::optional<std::string>& why_not() const { return why_not_; }
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  std::string_view id_;
  Severity severity_;
  std::vector<Finding> findings_ = {};
  std::optional<std::string> why_not_ = {};
  std::vector<std::string> missing_ = {};
};

/// One thing that may be wrong with a host.
struct Rule {
  std::string_view id = {};
  Severity severity = Severity::error;  ///< Of most of its findings.
  Needs needs = Needs::text;
  // What --explain and docs/check.md say.
  std::string_view what = {};   ///< What is wrong, and whom it hurts.
  std::string_view mend = {};   ///< How it is put right.
  std::string_view fires = {};  ///< An example of it; lines are parted by ';'.
  std::string_view quiet = {};  ///< The same put right.
  /// A function of nothing but the view. Null: found by another command, which reports it under
  /// this name.
  void (*check)(HostView& host, Report& report) = nullptr;
};

/// All rules, area by area.
std::span<const Rule> rules();

/// \return null for a name that no rule has
const Rule* find_rule(std::string_view id);

// The rules of each area, in the file of its name.
std::span<const Rule> parameter_rules();
std::span<const Rule> service_rules();
std::span<const Rule> table_rules();
std::span<const Rule> pattern_rules();
std::span<const Rule> sql_rules();
std::span<const Rule> class_rules();
std::span<const Rule> acceptance_rules();
std::span<const Rule> restriction_rules();
std::span<const Rule> alias_rules();
std::span<const Rule> member_rules();
std::span<const Rule> account_rules();
std::span<const Rule> forward_rules();
std::span<const Rule> storage_rules();
std::span<const Rule> virtual_alias_rules();
std::span<const Rule> endpoint_rules();
std::span<const Rule> relay_rules();

}  // namespace lastmile
