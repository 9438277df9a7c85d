// SPDX-License-Identifier: Apache-2.0
#include "local/questions/verify_report.h"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/formats/json.h"
#include "local/formats/utf8.h"
#include "local/questions/junit.h"

namespace lastmile {

namespace {

/// Each line of a text behind some blanks.
std::string indented(const std::string& text, std::string_view indent) {
  std::string result;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    result.append(indent).append(rest.substr(0, end)).append("\n");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

std::string without_codes(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text.append(text.empty() ? "" : "; ").append(line);
  }
  return text;
}

/// For people: failures, and a line that counts.
class PrettyReport final : public VerifyReport {
 public:
  PrettyReport(std::ostream& out, const TreeStyle& style, bool shows_all)
      : out_(out), style_(style), shows_all_(shows_all) {}

  void add(const CaseResult& result) override {
    switch (result.verdict) {
      case VerifyVerdict::pass:
      case VerifyVerdict::todo:
        if (shows_all_) {
          print_title(result, result.verdict == VerifyVerdict::pass ? "ok" : "todo");
        }
        break;
      case VerifyVerdict::todo_passed:
        print_title(result, "PASSES: remove todo");
        break;
      case VerifyVerdict::undecided:
        print_title(result, "UNDECIDED");
        out_ << "    " << printable(result.reason) << '\n';
        break;
      case VerifyVerdict::fail:
        print_title(result, "FAILED");
        print_failure(result);
        break;
    }
  }

  void end(const VerifySummary& summary) override {
    if (has_printed_) {
      out_ << '\n';
    }
    const std::size_t cases = summary.cases();
    out_ << cases << (cases == 1 ? " case: " : " cases: ") << summary.passed << " passed, "
         << summary.failed << " failed";
    const std::pair<std::size_t, std::string_view> others[] = {
        {summary.undecided, "undecided"},
        {summary.todo, "todo"},
        {summary.todo_passed, "todo that pass"},
    };
    for (const auto& [count, word] : others) {
      if (count > 0) {
        out_ << ", " << count << ' ' << word;
      }
    }
    out_ << (summary.is_partial ? "; not all were run" : "") << " (" << std::fixed
         << std::setprecision(2) << summary.seconds << " s)\n";
  }

 private:
  void print_title(const CaseResult& result, std::string_view verdict) {
    constexpr std::size_t kVerdictColumn = 75;
    has_printed_ = true;
    const std::string left = printable(result.file->path) + ':' +
                             std::to_string(result.test->line) + "  " + printable(title_of(result));
    const std::size_t used = columns(left);
    out_ << left << std::string(used + 2 > kVerdictColumn ? 2 : kVerdictColumn - used, ' ')
         << verdict << '\n';
  }

  void print_failure(const CaseResult& result) {
    for (const Unmet& unmet : result.unmet) {
      if (unmet.expected.empty()) {
        out_ << "    + " << unmet.actual << '\n';
      } else if (unmet.actual.empty()) {
        out_ << "    - " << unmet.expected << '\n';
      } else {
        out_ << "    expected  " << unmet.expected << "\n    actual    " << printable(unmet.actual)
             << '\n';
      }
    }
    if (result.trace) {
      out_ << indented(drawn(result, style_), "    ");
    }
  }

  std::ostream& out_;
  TreeStyle style_;
  bool shows_all_;
  bool has_printed_ = false;
};

/// \see testanything.org, TAP version 14
class TapReport final : public VerifyReport {
 public:
  explicit TapReport(std::ostream& out) : out_(out) {}

  void begin(std::size_t cases) override { out_ << "TAP version 14\n1.." << cases << '\n'; }

  void add(const CaseResult& result) override {
    const bool passes =
        result.verdict == VerifyVerdict::pass || result.verdict == VerifyVerdict::todo_passed;
    out_ << (passes ? "ok " : "not ok ") << ++number_ << " - " << description(result);
    if (const auto& todo = result.section().todo) {
      out_ << " # TODO " << escaped(*todo);
    }
    out_ << '\n';
    if (result.verdict == VerifyVerdict::fail) {
      print_failure(result);
    } else if (result.verdict == VerifyVerdict::undecided) {
      out_ << "  ---\n  severity: undecided\n  message: " << quoted(result.reason) << "\n  ...\n";
    }
  }

  void end(const VerifySummary& /*summary*/) override {}

  void bail_out(const std::string& reason) override {
    out_ << "Bail out! " << escaped(reason) << '\n';
  }

 private:
  static std::string escaped(std::string_view text) {
    std::string result;
    for (const char octet : printable(text)) {
      result.append(octet == '#' || octet == '\\' ? 1 : 0, '\\').append(1, octet);
    }
    return result;
  }

  /// A YAML string: addresses may hold anything.
  static std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char octet : printable(text)) {
      result.append(octet == '"' || octet == '\\' ? 1 : 0, '\\').append(1, octet);
    }
    return result + '"';
  }

  static std::string description(const CaseResult& result) {
    std::string text = escaped(title_of(result)) + ' ' + escaped(expected_text(result));
    return result.verdict == VerifyVerdict::undecided ? text + " (undecided)" : text;
  }

  static std::string list_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
      text.append(text.empty() ? " " : ", ").append(quoted(line));
    }
    return "[" + text + (text.empty() ? "]" : " ]");
  }

  void print_failure(const CaseResult& result) {
    std::vector<std::string> expected;
    for (const Expectation& expectation : result.test->expectations) {
      expected.push_back(expectation.text);
    }
    const Unmet& first = result.unmet.front();
    const std::string message = first.expected.empty() ? "not expected: " + first.actual
                                : first.actual.empty()
                                    ? "missing: " + first.expected
                                    : "expected " + first.expected + ", got " + first.actual;
    out_ << "  ---\n  message: " << quoted(message)
         << "\n  severity: fail\n  at: { file: " << quoted(result.file->path)
         << ", line: " << result.test->line << " }\n  expected: " << list_of(expected)
         << "\n  actual: " << list_of(actual_lines(result)) << '\n';
    if (result.trace) {
      out_ << "  trace: |\n" << indented(drawn(result, TreeStyle{}), "    ");
    }
    out_ << "  ...\n";
  }

  std::ostream& out_;
  std::size_t number_ = 0;
};

/// docs/verify.schema.json
class JsonVerifyReport final : public VerifyReport {
 public:
  explicit JsonVerifyReport(std::ostream& out) : json_(out) {}

  void add(const CaseResult& result) override {
    json_.begin_object();
    json_.member("version", 1);
    json_.member("type", "case");
    json_.member("file", result.file->path);
    json_.member("line", result.test->line);
    json_.member("address", result.address);
    json_.member("sender", result.sender);
    json_.member("section", result.section().name);
    json_.member("verdict", name_of(result.verdict));
    json_.key("expected");
    json_.begin_array();
    for (const Expectation& expectation : result.test->expectations) {
      json_.text(expectation.text);
    }
    json_.end_array();
    json_.key("actual");
    json_.begin_array();
    for (const std::string& line : actual_lines(result)) {
      json_.text(line);
    }
    json_.end_array();
    if (!result.reason.empty()) {
      json_.member("reason", result.reason);
    }
    json_.end_object();
    json_.end_line();
  }

  void end(const VerifySummary& summary) override {
    json_.begin_object();
    json_.member("version", 1);
    json_.member("type", "summary");
    const std::pair<std::string_view, std::size_t> counts[] = {
        {"cases", summary.cases()}, {"passed", summary.passed},
        {"failed", summary.failed}, {"undecided", summary.undecided},
        {"todo", summary.todo},     {"todo_passed", summary.todo_passed},
    };
    for (const auto& [name, count] : counts) {
      json_.member(name, static_cast<std::int64_t>(count));
    }
    json_.key("partial");
    json_.boolean(summary.is_partial);
    json_.end_object();
    json_.end_line();
  }

 private:
  JsonWriter json_;
};

}  // namespace

void VerifySummary::add(VerifyVerdict verdict) {
  switch (verdict) {
    case VerifyVerdict::pass:
      ++passed;
      break;
    case VerifyVerdict::fail:
      ++failed;
      break;
    case VerifyVerdict::undecided:
      ++undecided;
      break;
    case VerifyVerdict::todo:
      ++todo;
      break;
    case VerifyVerdict::todo_passed:
      ++todo_passed;
      break;
  }
}

std::unique_ptr<VerifyReport> make_verify_report(std::string_view name, std::ostream& out,
                                                 const TreeStyle& style, bool shows_all) {
  if (name == "pretty") {
    return std::make_unique<PrettyReport>(out, style, shows_all);
  }
  if (name == "tap") {
    return std::make_unique<TapReport>(out);
  }
  if (name == "junit") {
    return make_junit_report(out);
  }
  return name == "json" ? std::make_unique<JsonVerifyReport>(out) : nullptr;
}

std::string title_of(const CaseResult& result) {
  const std::string& section = result.section().name;
  return result.address + (result.sender.empty() ? "" : " -f " + result.sender) +
         (section.empty() ? "" : " [" + section + "]");
}

std::string expected_text(const CaseResult& result) {
  std::vector<std::string> lines;
  for (const Expectation& expectation : result.test->expectations) {
    lines.push_back(expectation.text);
  }
  return without_codes(lines);
}

std::vector<std::string> actual_lines(const CaseResult& result) {
  std::vector<std::string> lines;
  if (!result.outcome) {
    return lines;
  }
  if (const auto& reply = result.outcome->reply) {
    lines.push_back("RCPT " + reply->codes());
  }
  for (const Landing& landing : result.outcome->landings) {
    lines.push_back(written_form(landing));
  }
  return lines;
}

std::string drawn(const CaseResult& result, const TreeStyle& style) {
  std::ostringstream text;
  if (result.trace) {
    print_tree(text, *result.trace, style);
  }
  return text.str();
}

}  // namespace lastmile
