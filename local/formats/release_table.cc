// SPDX-License-Identifier: Apache-2.0
#include "local/formats/release_table.h"

#include <algorithm>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transports/default_changes.h"
#include "transports/postfix_version.h"

namespace lastmile {
namespace {

/// A value as it stands in a cell.
std::string cell(std::string_view value) {
  constexpr std::size_t kMostShown = 100;
  std::string text(value.substr(0, kMostShown));
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text.empty() ? "(empty)" : '`' + text + (value.size() > kMostShown ? " ...`" : "`");
}

std::string since(const std::vector<PostfixVersion>& first) {
  return to_string(std::span<const PostfixVersion>(first));
}

void print_rules(std::ostream& out, VersionRuleRow::Seen seen) {
  out << "| from | what holds | who notices | name |\n|---|---|---|---|\n";
  for (const VersionRuleRow& row : version_rules()) {
    if (row.seen == seen) {
      out << "| " << to_string(row.first) << " | " << row.says << " | " << row.notices << " | `"
          << row.id << "` |\n";
    }
  }
}

void print_names(std::ostream& out) {
  out << "| from | parameter | default |\n|---|---|---|\n";
  std::string_view last;
  for (const DefaultChange& change : default_changes()) {
    const auto first = first_with_parameter(change.name);
    if (!change.is_gone && !first.empty() && change.name != last) {
      out << "| " << since(first) << " | `" << change.name << "` | " << cell(change.value)
          << " |\n";
      last = change.name;
    }
  }
}

void print_defaults(std::ostream& out) {
  out << "| from | parameter | before | default |\n|---|---|---|---|\n";
  const DefaultChange* before = nullptr;
  const auto changes = default_changes();
  for (const DefaultChange& change : changes) {
    const bool follows = before != nullptr && before->name == change.name && !before->is_gone;
    const auto base = default_parameter_of_any(change.name);
    const bool is_first = !follows && !first_with_parameter(change.name).empty();
    before = &change;
    if (is_first) {
      continue;  // The parameter itself is new.
    }
    const std::string_view was = follows ? (&change - 1)->value : base.value_or(std::string_view());
    out << "| " << since(change.first) << " | `" << change.name << "` | " << cell(was) << " | "
        << (change.is_gone ? "(no such parameter)" : cell(change.value)) << " |\n";
  }
}

}  // namespace

void print_release_tables(std::ostream& out) {
  out << "### What a trace shows\n\n";
  print_rules(out, VersionRuleRow::Seen::in_trace);
  out << "\n### What only a running system shows\n\n";
  print_rules(out, VersionRuleRow::Seen::when_running);
  out << "\n### New parameters\n\n";
  print_names(out);
  out << "\n### Other defaults\n\n";
  print_defaults(out);
}

}  // namespace lastmile
