// SPDX-License-Identifier: Apache-2.0
#include "local/questions/accept.h"

#include <algorithm>
#include <set>
#include <utility>

#include "aliases/text.h"
#include "local/formats/expect.h"

namespace lastmile {

namespace {

using Kind = Expectation::Kind;

/// Where the expectations of a new case stand.
constexpr std::size_t kColumn = 23;
constexpr std::size_t kContext = 3;

std::vector<std::string> lines_of(std::string_view content) {
  std::vector<std::string> lines;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    lines.emplace_back(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return lines;
}

/// What an expectation that does not hold becomes. Destinations are compared as a whole.
class Rewriter {
 public:
  Rewriter(const CaseResult& result, std::vector<std::string>& dropped)
      : result_(result), outcome_(*result.outcome), dropped_(dropped) {
    for (const Unmet& unmet : result.unmet) {
      unmet_.insert(unmet.expected);
    }
  }

  std::vector<std::string> lines() {
    bool names_all = false;  // What stands there says where mail lands.
    for (const Expectation& expectation : result_.test->expectations) {
      names_all = names_all || (expectation.kind == Kind::destination && !has_others());
      if (holds(expectation)) {
        add(expectation.text);
      } else {
        names_all = replace(expectation) || names_all;
      }
    }
    if (names_all || lines_.empty()) {
      add_missing();
    }
    return std::move(lines_);
  }

 private:
  bool has_others() const {
    return std::ranges::any_of(result_.test->expectations, [](const Expectation& expectation) {
      return expectation.kind == Kind::others;
    });
  }

  bool holds(const Expectation& expectation) const {
    return std::ranges::none_of(unmet_, [&expectation](const std::string& text) {
      return text == expectation.text || text.starts_with(expectation.text + ": ");
    });
  }

  void add(const std::string& line) {
    if (std::ranges::find(lines_, line) == lines_.end()) {
      lines_.push_back(line);
    }
  }

  /// \return whether the destinations have to be named instead
  bool replace(const Expectation& expectation) {
    switch (expectation.kind) {
      case Kind::destination:
      case Kind::same_as:
        return true;
      case Kind::lands:
      case Kind::refused:
        add_reply();
        return true;
      case Kind::reply:
        add_reply();
        return false;
      case Kind::sender:
        for (const Landing& landing : outcome_.landings) {
          add("from " + (landing.words.sender.empty() ? "<>" : landing.words.sender));
        }
        return false;
      case Kind::count:
        add("count " + std::to_string(outcome_.landings.size()));
        return false;
      case Kind::others:
      case Kind::excluded:
      case Kind::via:
        dropped_.push_back(expectation.text);
        return false;
    }
    return false;
  }

  void add_reply() {
    if (outcome_.reply) {
      add("RCPT " + outcome_.reply->codes());
    }
  }

  /// The destinations that no line names.
  void add_missing() {
    for (const Landing& landing : outcome_.landings) {
      const bool is_named =
          std::ranges::any_of(result_.test->expectations, [&](const Expectation& expectation) {
            return expectation.kind == Kind::destination && matches(expectation, landing);
          });
      if (!is_named) {
        add(expected_form(landing.words, landing.takes_recipient));
      }
    }
    if (lines_.empty()) {
      add("count 0");
    }
  }

  const CaseResult& result_;
  const Outcome& outcome_;
  std::vector<std::string>& dropped_;
  std::set<std::string> unmet_ = {};
  std::vector<std::string> lines_ = {};
};

std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first : first + 1) + ',' + std::to_string(count);
}

}  // namespace

AcceptedFile::AcceptedFile(std::string_view content) : lines_(lines_of(content)) {}

std::vector<std::string> AcceptedFile::accept(const CaseResult& result) {
  std::vector<std::string> dropped;
  const ExpectationCase& test = *result.test;
  if (result.verdict != VerifyVerdict::fail || test.is_each || !result.outcome) {
    return dropped;
  }
  const auto expectations = Rewriter(result, dropped).lines();
  Edit edit;
  edit.first = static_cast<std::size_t>(test.line) - 1;
  edit.count = static_cast<std::size_t>(test.last_line - test.line) + 1;
  const std::string head = lines_[edit.first].substr(0, test.column);
  std::string blanks;
  for (const char octet : head) {
    blanks += octet == '\t' ? '\t' : ' ';
  }
  // Comments between the lines stay above them.
  for (std::size_t i = edit.first + 1; i < edit.first + edit.count; ++i) {
    if (trim(lines_[i]).starts_with('#')) {
      edit.lines.push_back(lines_[i]);
    }
  }
  const std::size_t comments = edit.lines.size();
  for (const std::string& expectation : expectations) {
    edit.lines.push_back((edit.lines.size() == comments ? head : blanks) + expectation);
  }
  edits_.push_back(std::move(edit));
  return dropped;
}

void AcceptedFile::append(const std::string& subject, const Outcome& outcome) {
  if (appended_.empty()) {
    appended_ = {"", "# known addresses that no line above names"};
  }
  std::string head =
      subject + std::string(subject.size() + 2 > kColumn ? 2 : kColumn - subject.size(), ' ');
  auto expectations = expectations_of(outcome);
  if (expectations.empty()) {
    expectations = {"count 0"};
  }
  for (const std::string& expectation : expectations) {
    appended_.push_back(head + expectation);
    head.assign(head.size(), ' ');
  }
}

std::vector<AcceptedFile::Edit> AcceptedFile::edits() const {
  auto all = edits_;
  if (!appended_.empty()) {
    all.push_back({lines_.size(), 0, appended_});
  }
  return all;
}

std::string AcceptedFile::content() const {
  std::string text;
  std::size_t at = 0;
  const auto copy_until = [&](std::size_t end) {
    for (; at < end; ++at) {
      text.append(lines_[at]).append("\n");
    }
  };
  for (const Edit& edit : edits()) {
    copy_until(edit.first);
    for (const std::string& line : edit.lines) {
      text.append(line).append("\n");
    }
    at += edit.count;
  }
  copy_until(lines_.size());
  return text;
}

std::string AcceptedFile::diff(std::string_view path) const {
  const auto all = edits();
  std::string text = "--- " + std::string(path) + "\n+++ " + std::string(path) + '\n';
  std::ptrdiff_t shift = 0;
  for (std::size_t i = 0; i < all.size();) {
    // Edits whose surroundings touch share a hunk.
    std::size_t last = i;
    while (last + 1 < all.size() &&
           all[last + 1].first <= all[last].first + all[last].count + 2 * kContext) {
      ++last;
    }
    const std::size_t begin = all[i].first - std::min(all[i].first, kContext);
    const std::size_t end = std::min(lines_.size(), all[last].first + all[last].count + kContext);
    std::string body;
    std::size_t at = begin;
    std::size_t added = end - begin;
    for (; i <= last; ++i) {
      for (; at < all[i].first; ++at) {
        body += ' ' + lines_[at] + '\n';
      }
      for (; at < all[i].first + all[i].count; ++at) {
        body += '-' + lines_[at] + '\n';
      }
      for (const std::string& line : all[i].lines) {
        body += '+' + line + '\n';
      }
      added += all[i].lines.size() - all[i].count;
    }
    for (; at < end; ++at) {
      body += ' ' + lines_[at] + '\n';
    }
    const auto new_begin = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin) + shift);
    text += "@@ -" + range(begin, end - begin) + " +" + range(new_begin, added) + " @@\n" + body;
    shift += static_cast<std::ptrdiff_t>(added) - static_cast<std::ptrdiff_t>(end - begin);
  }
  return text;
}

}  // namespace lastmile
