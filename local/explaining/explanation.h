// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/explaining/incident.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// How far an incident is understood.
enum class ExplanationVerdict {
  explained,  ///< The configuration does this, or leads to where it happened.
  changed,    ///< Today's configuration does something else.
  elsewhere,  ///< Another host decided it; how mail gets there is shown.
  unknown,    ///< Nothing sure can be said.
};

/// "explained", "changed", "elsewhere", "unknown".
std::string_view name_of(ExplanationVerdict verdict);

/// What can be said of an incident.
struct Explanation {
  ExplanationVerdict verdict = ExplanationVerdict::unknown;
  Incident incident = {};
  std::string headline = {};  ///< One line: who, what, why.
  std::string meaning = {};   ///< What the text means, where that says more; what is not known.
  /// The way of the address, cut to what matters; none where there is no address.
  std::optional<Trace> way = {};
  std::optional<NodeId> mark = {};       ///< Of `way`: the incident.
  std::size_t destinations = 0;          ///< Of the address, those that are not shown too.
  std::optional<SourcePos> source = {};  ///< The line that decided.
  std::string parameter = {};            ///< Its parameter, or the step that it made.
  std::string rule = {};                 ///< Of `check`; empty where none fires.
  std::string rule_message = {};
  std::string mend = {};
  std::string told = {};               ///< Who was told, or will be.
  std::vector<std::string> next = {};  ///< Commands that answer what is left to ask.
};

}  // namespace lastmile
