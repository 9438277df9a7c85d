// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "local/checks/check_host.h"
#include "local/explaining/explanation.h"
#include "local/explaining/find_act.h"
#include "local/explaining/known_texts.h"
#include "local/questions/survey.h"

namespace lastmile {

/// Explains what happened to mail by what a host does today. Reads, and changes nothing.
class Explainer {
 public:
  /// What is given must outlive the Explainer. \param world  that of the host
  Explainer(LoadedHost& host, World& world, Sight sight);

  Explanation explain(const Incident& incident);

 private:
  // Each kind of incident, in the file of its name.
  void explain_delivery(Explanation& explanation);
  void explain_rejection(Explanation& explanation);
  void explain_warning(Explanation& explanation);

  void explain_content_check(Explanation& explanation);
  void explain_found(Explanation& explanation, const Trace& trace, const FoundAct& act);
  void explain_not_found(Explanation& explanation, Trace trace);
  void explain_filter(Explanation& explanation, const Trace& trace, NodeId id);
  std::string deciders_by_content() const;
  void explain_answer(Explanation& explanation, const Trace& trace);

  /// The trace of the address that the sender wrote, under the envelope of the incident.
  std::optional<Trace> trace_of(const Incident& incident);
  /// Shows the way to a node, and takes its line for the one that decided.
  void show_way(Explanation& explanation, const Trace& trace, NodeId id) const;
  void say_who_is_told(Explanation& explanation, const Trace& trace, NodeId id) const;
  /// Takes a rule of `check` that fires: one of `candidates`, at a line of the way or about the
  /// address; else any other that has something against a line of the way.
  void name_rule(Explanation& explanation, std::string_view candidates);
  const CheckResult& findings();

  LoadedHost& host_;
  World& world_;
  HostView view_;
  std::optional<CheckResult> findings_ = {};
};

/// What an incident is about, as the sender wrote it.
const std::string& asked_address(const Incident& incident);

/// `local/explaining/headline`: "sales@example.com bounced at one of 3 destinations: why".
std::string headline_of(const Explanation& explanation);

}  // namespace lastmile
