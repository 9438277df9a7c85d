// SPDX-License-Identifier: Apache-2.0
#include "local/checks/allowances.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

constexpr std::string_view kMark = "lastmile:";

/// One permission, and whether it was of use.
struct Allowance {
  std::string rule = {};     ///< A pattern.
  std::string subject = {};  ///< A pattern; empty: any.
  SourcePos source = {};
  /// The line that it is for; 0: the whole file; -1: every file.
  int line = 0;
  bool is_used = false;
};

constexpr int kEveryFile = -1;

bool is_comment(std::string_view line) {
  return trim(line).starts_with('#');
}

std::string_view take_allowed_word(std::string_view& text) {
  text = trim(text);
  const auto end = std::ranges::find_if(text, is_space);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// What a comment allows behind its '#'.
void read_comment(std::string_view text, const SourcePos& source, int line_below,
                  std::vector<Allowance>& allowances) {
  text = trim(text.substr(text.find_first_not_of("# \t")));
  if (!text.starts_with(kMark)) {
    return;
  }
  text.remove_prefix(kMark.size());
  const std::string_view word = take_allowed_word(text);
  if (word == "allow") {
    allowances.push_back({std::string(take_allowed_word(text)), "", source, line_below});
  } else if (word == "allow-file") {
    const auto is_rule = [](std::string_view name) {
      return find_rule(name) != nullptr || name.find('*') != std::string_view::npos;
    };
    do {
      allowances.push_back({std::string(take_allowed_word(text)), "", source, 0});
      text = trim(text);
    } while (is_rule(text.substr(0, text.find_first_of(" \t"))));
  }
}

/// The comments of one file. One stands for the first line below it that is none.
void read_file(std::string_view content, const std::string& file,
               std::vector<Allowance>& allowances) {
  const auto lines = lines_of(content);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!is_comment(lines[i]) || lines[i].find(kMark) == std::string_view::npos) {
      continue;
    }
    std::size_t below = i + 1;
    while (below < lines.size() && is_comment(lines[below])) {
      ++below;
    }
    read_comment(trim(lines[i]), SourcePos{file, static_cast<int>(i) + 1},
                 static_cast<int>(below) + 1, allowances);
  }
}

/// Whether the word behind a rule is meant for the subject, and does not begin the reason.
bool is_subject(std::string_view word, std::string_view rest) {
  return !word.empty() && (word.find_first_of("*?@/:._=") != std::string_view::npos ||
                           rest.empty() || rest.starts_with("  ") || rest.starts_with('\t'));
}

void read_list(std::string_view content, const std::string& file,
               std::vector<Allowance>& allowances) {
  int number = 0;
  for (std::string_view line : lines_of(content)) {
    ++number;
    if (trim(line).empty() || is_comment(line)) {
      continue;
    }
    Allowance allowance;
    allowance.rule = take_allowed_word(line);
    allowance.source = {file, number};
    allowance.line = kEveryFile;
    const std::string_view word = take_allowed_word(line);
    allowance.subject = is_subject(word, line) ? std::string(word) : "";
    allowances.push_back(std::move(allowance));
  }
}

bool fits(const Allowance& allowance, const Finding& finding) {
  if (!matches_glob(allowance.rule, finding.id) ||
      (!allowance.subject.empty() && !matches_glob(allowance.subject, finding.subject))) {
    return false;
  }
  if (allowance.line == kEveryFile) {
    return true;
  }
  return finding.place && *finding.place->file == *allowance.source.file &&
         (allowance.line == 0 || allowance.line == finding.place->line);
}

std::vector<Allowance> read_allowances(HostView& host) {
  std::vector<Allowance> allowances;
  const std::string list = host.settings().config_directory.value + "/lastmile-check.allow";
  if (const std::string* const content = host.text(list)) {
    read_list(*content, list, allowances);
  }
  for (const auto& [path, content] : host.texts()) {
    if (content && path != list && content->find(kMark) != std::string::npos) {
      read_file(*content, path, allowances);
    }
  }
  return allowances;
}

}  // namespace

void apply_allowances(HostView& host, const std::vector<std::string>& rules,
                      std::vector<Finding>& findings) {
  std::vector<Allowance> allowances = read_allowances(host);
  for (Finding& finding : findings) {
    for (Allowance& allowance : allowances) {
      if (fits(allowance, finding)) {
        finding.is_allowed = true;
        allowance.is_used = true;
      }
    }
  }
  Report report("suppression-unused", Severity::notice);
  for (const Allowance& allowance : allowances) {
    const bool is_known = std::ranges::any_of(
        lastmile::rules(), [&](const Rule& rule) { return matches_glob(allowance.rule, rule.id); });
    const bool is_judged = std::ranges::any_of(
        rules, [&](const std::string& id) { return matches_glob(allowance.rule, id); });
    if (!is_known) {
      report.add(allowance.source, allowance.rule, "there is no rule " + printable(allowance.rule),
                 "lastmile check --list names them");
    } else if (is_judged && !allowance.is_used) {
      report.add(allowance.source, allowance.rule,
                 "nothing here needs `allow " + allowance.rule + "`", "remove the line");
    }
  }
  findings.insert(findings.end(), report.findings().begin(), report.findings().end());
}

}  // namespace lastmile
