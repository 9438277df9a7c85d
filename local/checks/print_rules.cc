// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <string>

#include "aliases/text.h"
#include "local/checks/print_findings.h"
#include "local/checks/rule.h"
#include "local/formats/utf8.h"

namespace lastmile {
namespace {

/// The lines of an example, which the tables part by "; ".
std::string lines_of(std::string_view example, std::string_view margin) {
  std::string text;
  while (!example.empty()) {
    const std::size_t end = example.find("; ");
    text.append(margin).append(example.substr(0, end)).append("\n");
    example.remove_prefix(end == std::string_view::npos ? example.size() : end + 2);
  }
  return text;
}

std::string wrapped(std::string_view text) {
  constexpr std::size_t kWidth = 78;
  std::string lines;
  for (const std::string& line : wrap(text, kWidth)) {
    lines += line + '\n';
  }
  return lines;
}

}  // namespace

void print_rule(std::ostream& out, std::string_view id) {
  const Rule* const rule = find_rule(id);
  if (rule == nullptr) {
    return;
  }
  out << rule->id << ": " << name_of(rule->severity) << ", from " << name_of(rule->needs) << "\n\n"
      << wrapped(rule->what) << '\n'
      << wrapped("Mend: " + std::string(rule->mend));
  if (!rule->fires.empty()) {
    out << "\nFound in\n\n" << lines_of(rule->fires, "    ");
  }
  if (!rule->quiet.empty()) {
    out << "\nand not in\n\n" << lines_of(rule->quiet, "    ");
  }
}

void print_rules_markdown(std::ostream& out) {
  bool is_first = true;
  for (const Rule& rule : rules()) {
    out << (is_first ? "" : "\n") << "### " << rule.id << "\n\n"
        << name_of(rule.severity) << ", from " << name_of(rule.needs) << ". " << rule.what
        << "\n\n*Mend:* " << rule.mend << '\n';
    if (!rule.fires.empty()) {
      out << '\n' << lines_of(rule.fires, "    ");
    }
    if (!rule.quiet.empty()) {
      out << "\nand not\n\n" << lines_of(rule.quiet, "    ");
    }
    is_first = false;
  }
}

}  // namespace lastmile
