// SPDX-License-Identifier: Apache-2.0
#include "local/questions/junit.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "local/formats/xml.h"

namespace lastmile {

namespace {

std::string seconds(double value) {
  char text[32];
  static_cast<void>(std::snprintf(text, sizeof text, "%.3f", value));
  return text;
}

class JUnitReport final : public VerifyReport {
 public:
  explicit JUnitReport(std::ostream& out) : out_(out) {}

  void add(const CaseResult& result) override {
    if (suites_.empty() || suites_.back().file != result.file->path) {
      suites_.push_back({result.file->path, "", {}});
    }
    Suite& suite = suites_.back();
    suite.summary.add(result.verdict);
    const std::string& section = result.section().name;
    const std::string class_name =
        result.file->path + (section.empty() ? "" : " \xE2\x80\xBA " + section);
    suite.cases += "    <testcase classname=\"" + escape_xml(class_name) + "\" name=\"" +
                   escape_xml(unique_name(class_name, result)) + "\" file=\"" +
                   escape_xml(result.file->path) + "\" line=\"" +
                   std::to_string(result.test->line) + "\" time=\"0\"" + body_of(result);
  }

  void end(const VerifySummary& summary) override {
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lastmile verify\""
         << counts(summary) << " time=\"" << seconds(summary.seconds) << "\">\n";
    for (const Suite& suite : suites_) {
      out_ << "  <testsuite name=\"" << escape_xml(suite.file) << '"' << counts(suite.summary)
           << ">\n"
           << suite.cases << "  </testsuite>\n";
    }
    out_ << "</testsuites>\n";
  }

 private:
  struct Suite {
    std::string file = {};
    std::string cases = {};
    VerifySummary summary = {};
  };

  static std::string counts(const VerifySummary& summary) {
    return " tests=\"" + std::to_string(summary.cases()) + "\" failures=\"" +
           std::to_string(summary.failed) + "\" errors=\"" + std::to_string(summary.undecided) +
           "\" skipped=\"" + std::to_string(summary.todo) + '"';
  }

  /// A CI system tells tests by class and name, and histories by the same: no line numbers.
  std::string unique_name(const std::string& class_name, const CaseResult& result) {
    const std::string name = result.address + (result.sender.empty() ? "" : " -f " + result.sender);
    const int count = ++names_[class_name + '\n' + name];
    return count == 1 ? name : name + " (" + std::to_string(count) + ")";
  }

  static std::string body_of(const CaseResult& result) {
    switch (result.verdict) {
      case VerifyVerdict::pass:
      case VerifyVerdict::todo_passed:
        return "/>\n";
      case VerifyVerdict::todo:
        return ">\n      <skipped message=\"" + escape_xml(result.section().todo.value_or("")) +
               "\"/>\n    </testcase>\n";
      case VerifyVerdict::undecided:
        return ">\n      <error type=\"undecided\" message=\"" + escape_xml(result.reason) +
               "\"/>\n    </testcase>\n";
      case VerifyVerdict::fail:
        break;
    }
    std::string text;
    for (const Unmet& unmet : result.unmet) {
      text += (unmet.expected.empty() ? "" : "expected: " + unmet.expected + '\n') +
              (unmet.actual.empty() ? "" : "actual: " + unmet.actual + '\n');
    }
    text += drawn(result, TreeStyle{});
    const Unmet& first = result.unmet.front();
    const std::string message =
        (first.expected.empty() ? "not expected: " + first.actual
                                : "expected " + first.expected +
                                      (first.actual.empty() ? "" : ", got " + first.actual));
    return ">\n      <failure type=\"" + first.type + "\" message=\"" + escape_xml(message) +
           "\">" + escape_xml(text) + "</failure>\n    </testcase>\n";
  }

  std::ostream& out_;
  std::vector<Suite> suites_ = {};
  std::map<std::string, int> names_ = {};
};

}  // namespace

std::unique_ptr<VerifyReport> make_junit_report(std::ostream& out) {
  return std::make_unique<JUnitReport>(out);
}

}  // namespace lastmile
