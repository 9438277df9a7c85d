// SPDX-License-Identifier: Apache-2.0
#include "local/questions/acceptance_finding.h"

#include <ostream>

#include "aliases/text.h"
#include "local/questions/address_json.h"
#include "local/questions/coverage.h"

namespace lastmile {

void print_finding(std::ostream& out, const AcceptanceFinding& finding) {
  out << (finding.source ? printable(to_string(*finding.source)) + ": " : "")
      << name_of(finding.severity) << ": " << printable(finding.message) << " [" << finding.id
      << "]\n";
  if (!finding.examples.empty()) {
    out << "    " << printable(comma_list(finding.examples));
    const std::size_t rest = finding.count - finding.examples.size();
    out << (rest > 0 ? " and " + grouped_digits(rest) + " more (--list)" : "") << '\n';
  }
  if (!finding.mend.empty()) {
    out << "    mend: " << printable(finding.mend) << '\n';
  }
}

void write_finding(JsonWriter& json, const AcceptanceFinding& finding) {
  json.member("id", finding.id);
  json.member("severity", name_of(finding.severity));
  if (finding.source) {
    json.member("file", *finding.source->file);
    json.member("line", finding.source->line);
  }
  json.member("subject", finding.subject);
  json.member("message", finding.message);
  json.member("mend", finding.mend);
  json.member("count", static_cast<std::int64_t>(finding.count));
  json.key("examples");
  json.begin_array();
  for (const std::string& example : finding.examples) {
    json.text(example);
  }
  json.end_array();
}

}  // namespace lastmile
