// SPDX-License-Identifier: Apache-2.0
#include "local/questions/coverage.h"

#include <ostream>
#include <string_view>
#include <utility>

#include "aliases/text.h"

namespace lastmile {

namespace {

/// "accounts" for two, "account" for one.
std::string counted_marks(std::size_t number, Mark mark) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, kMarks> kWords = {{
      {"account", "accounts"},
      {"alias", "aliases"},
      {"listed", "listed"},
      {"virtual", "virtual"},
      {"canonical", "canonical"},
      {"mailbox", "mailboxes"},
      {"relay recipient", "relay recipients"},
      {"transport", "transports"},
      {"extension", "extensions"},
      {"member", "members"},
      {"role", "roles"},
      {"given", "given"},
      {"logged", "logged"},
      {"sample", "samples"},
  }};
  const auto& [one, several] = kWords[static_cast<std::size_t>(mark)];
  return counted(number, one, several);
}

std::string list_of(const std::vector<int>& lines) {
  std::string text;
  for (const int line : lines) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(line));
  }
  return text;
}

std::string of_rules(const Coverage& coverage, const std::string& table,
                     const std::vector<int>& lines) {
  const auto rules = coverage.rules.find(table);
  return table + ": " + std::to_string(lines.size()) + " of " +
         counted(rules == coverage.rules.end() ? lines.size() : rules->second, "rule", "rules") +
         " without a sample (" + (lines.size() == 1 ? "line " : "lines ") + list_of(lines) + ")";
}

void print_lines(std::ostream& out, std::string_view title, const std::vector<std::string>& lines) {
  std::string_view shown = title;
  for (const std::string& line : lines) {
    out << shown << std::string(title.size() - shown.size(), ' ') << printable(line) << '\n';
    shown = {};
  }
}

void write_table(JsonWriter& json, const std::string& table, const std::string& reason) {
  json.begin_object();
  json.member("table", table);
  json.member("reason", reason);
  json.end_object();
}

}  // namespace

std::string grouped_digits(std::size_t number) {
  constexpr std::size_t kGroup = 3;
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > kGroup;) {
    at -= kGroup;
    digits.insert(at, 1, ' ');
  }
  return digits;
}

std::string counted(std::size_t number, std::string_view one, std::string_view several) {
  return grouped_digits(number) + ' ' + std::string(number == 1 ? one : several);
}

void Coverage::add(const KnownAddress& known_address) {
  ++known;
  ++by_mark[static_cast<std::size_t>(known_address.marks.first())];
}

std::set<std::string> gaps_of(const Coverage& coverage) {
  std::set<std::string> gaps;
  for (const auto& [table, reason] : coverage.not_listed) {
    gaps.insert(table);
  }
  for (const auto& [table, lines] : coverage.without_sample) {
    gaps.insert(of_rules(coverage, table, lines));
  }
  return gaps;
}

void print_coverage(std::ostream& out, const Coverage& coverage) {
  out << "known addresses: " << grouped_digits(coverage.known);
  std::string parts;
  for (std::size_t mark = 0; mark < kMarks; ++mark) {
    if (coverage.by_mark[mark] > 0) {
      parts.append(parts.empty() ? "" : ", ")
          .append(counted_marks(coverage.by_mark[mark], static_cast<Mark>(mark)));
    }
  }
  out << (parts.empty() ? "" : " (" + parts + ")");
  if (!coverage.alike.empty()) {
    out << ", alike at "
        << counted(coverage.alike.size(), "more local domain", "more local domains");
  }
  out << (coverage.is_partial ? "; the run was ended before all were asked for\n" : "\n");
  std::vector<std::string> lines;
  for (const auto& [table, reason] : coverage.not_listed) {
    lines.push_back(table);
    lines.back().append(": ").append(reason);
  }
  for (const auto& [table, without] : coverage.without_sample) {
    lines.push_back(of_rules(coverage, table, without));
  }
  print_lines(out, "not listed: ", lines);
  lines.clear();
  for (const auto& [reason, count] : coverage.unanswered) {
    lines.push_back(reason + " (" + counted(count, "address", "addresses") + " undecided)");
  }
  print_lines(out, "could not be asked: ", lines);
}

void write_coverage(JsonWriter& json, const Coverage& coverage) {
  json.begin_object();
  json.member("addresses", static_cast<std::int64_t>(coverage.known));
  json.key("marks");
  json.begin_object();
  for (std::size_t mark = 0; mark < kMarks; ++mark) {
    if (coverage.by_mark[mark] > 0) {
      json.member(name_of(static_cast<Mark>(mark)),
                  static_cast<std::int64_t>(coverage.by_mark[mark]));
    }
  }
  json.end_object();
  json.key("alike");
  json.begin_array();
  for (const std::string& domain : coverage.alike) {
    json.text(domain);
  }
  json.end_array();
  json.key("not_listed");
  json.begin_array();
  for (const auto& [table, reason] : coverage.not_listed) {
    write_table(json, table, reason);
  }
  for (const auto& [table, lines] : coverage.without_sample) {
    write_table(json, table, of_rules(coverage, table, lines).substr(table.size() + 2));
  }
  json.end_array();
  json.key("unanswered");
  json.begin_array();
  for (const auto& [reason, count] : coverage.unanswered) {
    json.begin_object();
    json.member("reason", reason);
    json.member("addresses", static_cast<std::int64_t>(count));
    json.end_object();
  }
  json.end_array();
  json.key("partial");
  json.boolean(coverage.is_partial);
  json.end_object();
}

}  // namespace lastmile
