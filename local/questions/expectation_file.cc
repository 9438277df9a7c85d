// SPDX-License-Identifier: Apache-2.0
#include "local/questions/expectation_file.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {

namespace {

constexpr std::string_view kBlanksOfLine = " \t\r";

bool is_blank(char octet) {
  return kBlanksOfLine.find(octet) != std::string_view::npos;
}

/// A word, or what stands in quotes, with the offset at which it begins.
struct Word {
  std::string text = {};
  std::size_t column = 0;
};

/// file = { section | case | comment }
class Parser {
 public:
  Parser(ExpectationFile& file, std::optional<SyntaxFault>& fault) : file_(file), fault_(fault) {
    file_.sections.emplace_back();
  }

  void parse(std::string_view content) {
    for (std::string_view rest = content; !rest.empty() && !fault_;) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      line_ = rest.substr(0, end);
      ++number_;
      take_line();
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!fault_) {
      end_case();
    }
  }

 private:
  void take_line() {
    const std::string_view visible = trim(line_);
    if (visible.empty() || visible.front() == '#') {
      return;
    }
    if (!is_valid_utf8(line_)) {
      fail(0, "this line is not UTF-8");
    } else if (is_blank(line_.front())) {
      if (!has_case_) {
        fail(line_.find_first_not_of(kBlanksOfLine), "an expectation, and no address above it");
        return;
      }
      take_expectation(line_.find_first_not_of(kBlanksOfLine));
    } else {
      end_case();
      if (!fault_ && line_.front() == '[') {
        take_section();
      } else if (!fault_) {
        take_case();
      }
    }
  }

  void fail(std::size_t column, std::string message) {
    if (!fault_) {
      fault_ = SyntaxFault{number_, column, std::string(line_), std::move(message)};
    }
  }

  void end_case() {
    if (has_case_ && file_.cases.back().expectations.empty()) {
      fault_ = SyntaxFault{file_.cases.back().line, 0, file_.cases.back().subject,
                           "an address of which nothing is expected"};
    }
    has_case_ = false;
  }

  // case = subject { "-f" SENDER } expectation

  void take_case() {
    ExpectationCase found;
    found.line = found.last_line = number_;
    found.section = section_;
    std::size_t at = 0;
    found.subject = take_subject(at);
    if (found.subject == "each") {
      found.is_each = true;
      skip_blanks(at);
      found.subject = take_subject(at);
    }
    skip_blanks(at);
    if (line_.substr(at).starts_with("-f") && at + 2 < line_.size() && is_blank(line_[at + 2])) {
      at += 2;
      skip_blanks(at);
      found.sender = take_subject(at);
      skip_blanks(at);
    }
    found.column = at;
    file_.cases.push_back(std::move(found));
    has_case_ = true;
    if (at < line_.size()) {
      take_expectation(at);
    } else {
      fail(line_.size(), "what is expected has to stand behind the address");
    }
  }

  void skip_blanks(std::size_t& at) const {
    while (at < line_.size() && is_blank(line_[at])) {
      ++at;
    }
  }

  /// Up to a blank that is not quoted.
  std::string take_subject(std::size_t& at) const {
    const std::size_t begin = at;
    bool quoted = false;
    for (; at < line_.size() && (quoted || !is_blank(line_[at])); ++at) {
      if (line_[at] == '\\' && quoted) {
        ++at;
      } else if (line_[at] == '"') {
        quoted = !quoted;
      }
    }
    at = std::min(at, line_.size());
    return std::string(line_.substr(begin, at - begin));
  }

  void take_expectation(std::size_t column) {
    auto expectation = parse_expectation(line_.substr(column));
    if (!expectation) {
      fail(column, expectation.error().text);
      return;
    }
    expectation->line = number_;
    ExpectationCase& last = file_.cases.back();
    last.last_line = number_;
    last.expectations.push_back(*std::move(expectation));
  }

  // section = "[" [ name ] { option } "]"

  void take_section() {
    const std::size_t end = line_.find_last_not_of(kBlanksOfLine);
    if (line_[end] != ']') {
      fail(end, "a section ends with ]");
      return;
    }
    const auto words = section_words(1, end);
    ExpectationSection section;
    section.line = number_;
    for (std::size_t i = 0; i < words.size() && !fault_; ++i) {
      const bool is_option = words[i].text.starts_with('-') || words[i].text == "todo";
      if (!is_option) {
        take_name(words[i], section);
      } else if (i + 1 == words.size()) {
        fail(words[i].column, words[i].text + " wants a value");
      } else {
        take_option(words[i], words[i + 1].text, section);
        ++i;
      }
      has_option_ = is_option || has_option_;
    }
    has_option_ = false;
    file_.sections.push_back(std::move(section));
    section_ = file_.sections.size() - 1;
  }

  void take_name(const Word& word, ExpectationSection& section) {
    if (has_option_) {
      fail(word.column, "the name of a section stands before its options");
    }
    section.name.append(section.name.empty() ? "" : " ").append(word.text);
  }

  void take_option(const Word& word, const std::string& value, ExpectationSection& section) {
    if (word.text == "-f") {
      section.sender = value;
    } else if (word.text == "-o") {
      section.overrides.push_back(value);
    } else if (word.text == "--stage") {
      section.stage = value;
      if (value != "full" && value != "local" && value != "smtp") {
        fail(word.column, "--stage takes full, local or smtp, not \"" + value + '"');
      }
    } else if (word.text == "-c") {
      section.config_directory = value;
    } else if (word.text == "--root") {
      section.root = value;
    } else if (word.text == "--site") {
      section.site = value;
    } else if (word.text == "todo") {
      section.todo = value;
    } else {
      fail(word.column, word.text +
                            " is no option of a section: -f, -o, --stage, -c, --root, "
                            "--site, todo");
    }
  }

  std::vector<Word> section_words(std::size_t at, std::size_t end) {
    std::vector<Word> words;
    for (; at < end; ++at) {
      if (is_blank(line_[at])) {
        continue;
      }
      Word word{"", at};
      bool quoted = false;
      for (; at < end && (quoted || !is_blank(line_[at])); ++at) {
        if (line_[at] == '"') {
          quoted = !quoted;
        } else {
          word.text += line_[at];
        }
      }
      if (quoted) {
        fail(word.column, "a quoted text without an end");
      }
      words.push_back(std::move(word));
    }
    return words;
  }

  ExpectationFile& file_;
  std::optional<SyntaxFault>& fault_;
  std::string_view line_ = {};
  int number_ = 0;
  std::size_t section_ = 0;
  bool has_case_ = false;
  bool has_option_ = false;  ///< Of the section that is read.
};

}  // namespace

std::string to_string(const SyntaxFault& fault, std::string_view path) {
  std::string caret;
  for (std::size_t i = 0; i < std::min(fault.column, fault.text.size()); ++i) {
    caret += fault.text[i] == '\t' ? '\t' : ' ';
  }
  // Tabs keep the caret in its column.
  std::string shown;
  for (const char octet : fault.text) {
    shown.append(octet == '\t' ? "\t" : printable(std::string_view(&octet, 1)));
  }
  if (is_valid_utf8(fault.text)) {
    shown = fault.text.find('\t') == std::string::npos ? printable(fault.text) : fault.text;
  }
  return printable(path) + ':' + std::to_string(fault.line) + ':' +
         std::to_string(fault.column + 1) + ": " + printable(fault.message) + "\n    " + shown +
         "\n    " + caret + '^';
}

ExpectationFile parse_expectations(std::string_view content, std::string path,
                                   std::optional<SyntaxFault>& fault) {
  ExpectationFile file;
  file.path = std::move(path);
  Parser(file, fault).parse(content);
  return file;
}

}  // namespace lastmile
