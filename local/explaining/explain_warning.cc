// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "aliases/text.h"
#include "local/explaining/explainer.h"

namespace lastmile {
namespace {

/// Whether the rules that know the text could be judged here.
bool are_judged(const CheckResult& result, std::string_view rules) {
  const auto words = split_list(rules);
  return std::ranges::any_of(words, [&result](std::string_view id) {
    return std::ranges::find(result.judged, id) != result.judged.end();
  });
}

/// Why they could not.
std::string why_not_judged(const CheckResult& result, std::string_view rules) {
  for (const NotJudged& one : result.not_judged) {
    const auto words = split_list(rules);
    if (std::ranges::find(words, one.id) != words.end()) {
      return one.id + " was not judged: " + one.why;
    }
  }
  return "";
}

}  // namespace

void Explainer::explain_warning(Explanation& explanation) {
  const Incident& incident = explanation.incident;
  const KnownText* known = find_known_warning(incident.text);
  if (known == nullptr) {
    explanation.meaning = "this text is not one that is known here; " + incident.program +
                          (incident.program.empty() ? "the daemon" : "(8)") +
                          " wrote it while the lines around it were written";
    return;
  }
  explanation.meaning = known->meaning;
  explanation.mend = known->mend;
  name_rule(explanation, known->rules);
  if (!explanation.rule.empty()) {
    explanation.verdict = ExplanationVerdict::explained;
    explanation.next.push_back("lastmile check --explain " + explanation.rule);
    return;
  }
  if (known->origin == TextOrigin::other_host) {
    explanation.verdict = ExplanationVerdict::elsewhere;
  } else if (known->origin != TextOrigin::configuration) {
    explanation.verdict =
        ExplanationVerdict::explained;  // What it means is said; it comes and goes.
  } else if (const std::string why = why_not_judged(findings(), known->rules); !why.empty()) {
    explanation.verdict = ExplanationVerdict::explained;
    explanation.meaning += explanation.meaning.empty() ? why : "; whether it holds now: " + why;
  } else if (are_judged(findings(), known->rules)) {
    explanation.verdict = ExplanationVerdict::changed;
    explanation.meaning += "; `lastmile check` finds nothing of the kind today";
  }
}

}  // namespace lastmile
