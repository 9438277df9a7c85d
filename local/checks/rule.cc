// SPDX-License-Identifier: Apache-2.0
#include "local/checks/rule.h"

#include <algorithm>
#include <utility>

namespace lastmile {

Finding& Report::add(std::optional<SourcePos> place, std::string mark, std::string message,
                     std::string mend) {
  Finding finding;
  finding.id = id_;
  finding.severity = severity_;
  finding.place = std::move(place);
  finding.mark = std::move(mark);
  finding.message = std::move(message);
  finding.mend = std::move(mend);
  findings_.push_back(std::move(finding));
  return findings_.back();
}

std::span<const Rule> rules() {
  static const std::vector<Rule> kAll = [] {
    std::vector<Rule> all;
    for (const auto area :
         {parameter_rules(), service_rules(), table_rules(), pattern_rules(), sql_rules(),
          class_rules(), acceptance_rules(), restriction_rules(), alias_rules(), member_rules(),
          account_rules(), forward_rules(), storage_rules(), virtual_alias_rules(),
          endpoint_rules(), relay_rules()}) {
      all.insert(all.end(), area.begin(), area.end());
    }
    return all;
  }();
  return kAll;
}

const Rule* find_rule(std::string_view id) {
  const auto all = rules();
  const auto found = std::ranges::find(all, id, &Rule::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace lastmile
