// SPDX-License-Identifier: Apache-2.0
#include "local/questions/pattern_samples.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aliases/logical_lines.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {

namespace {

constexpr std::size_t kMostTexts = 8;
/// A pattern that nests deeper is nobody's.
constexpr int kDeepest = 40;
/// Longer than any address that is worth a sample.
constexpr std::size_t kLongestSample = 400;

using Texts = std::vector<std::string>;

/// One of a set is tried with each of another, until there are enough.
Texts joined(const Texts& left, const Texts& right) {
  Texts all;
  for (const std::string& head : left) {
    for (const std::string& tail : right) {
      if (all.size() < kMostTexts && head.size() + tail.size() <= kLongestSample) {
        all.push_back(head + tail);
      }
    }
  }
  return all;
}

/// pattern = branch { "|" branch }; branch = { atom [ repetition ] }. Whatever it does not know
/// ends it.
class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : rest_(pattern) {}

  std::optional<Texts> read() {
    auto texts = alternatives(0);
    return rest_.empty() ? texts : std::nullopt;
  }

 private:
  std::optional<Texts> alternatives(int depth) {
    Texts all;
    for (;;) {
      const auto texts = depth > kDeepest ? std::nullopt : branch(depth);
      if (!texts) {
        return std::nullopt;
      }
      // Each branch gets its share.
      const std::size_t count = std::min(texts->size(), std::max<std::size_t>(kMostTexts / 2, 1));
      all.insert(all.end(), texts->begin(), texts->begin() + static_cast<std::ptrdiff_t>(count));
      if (!rest_.starts_with('|')) {
        break;
      }
      rest_.remove_prefix(1);
    }
    all.resize(std::min(all.size(), kMostTexts));
    return all;
  }

  std::optional<Texts> branch(int depth) {
    Texts texts = {""};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const auto one = atom(depth);
      const auto repeated = one ? repetition(*one) : std::nullopt;
      if (!repeated) {
        return std::nullopt;
      }
      texts = joined(texts, *repeated);
    }
    return texts;
  }

  std::optional<Texts> atom(int depth) {
    const char first = rest_.front();
    rest_.remove_prefix(1);
    switch (first) {
      case '^':
      case '$':
        return Texts{""};
      case '.':
        return Texts{"a"};
      case '[':
        return bracket();
      case '(':
        return group(depth);
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        return std::nullopt;
      default:
        return Texts{std::string(1, first)};
    }
  }

  std::optional<Texts> group(int depth) {
    if (rest_.starts_with("?:")) {
      rest_.remove_prefix(2);
    } else if (rest_.starts_with('?')) {
      return std::nullopt;
    }
    auto texts = alternatives(depth + 1);
    if (!texts || !rest_.starts_with(')')) {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    return texts;
  }

  std::optional<Texts> escape() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    switch (letter) {
      case 'd':
        return Texts{"1"};
      case 'w':
      case 'D':
      case 'S':
        return Texts{"a"};
      case 'W':
        return Texts{"-"};
      case 's':
        return Texts{" "};
      case 'b':
      case 'A':
      case 'z':
      case 'Z':
      case '<':
      case '>':
        return Texts{""};
      default:
        return is_name_char(letter) ? std::nullopt : std::optional(Texts{std::string(1, letter)});
    }
  }

  /// A letter or digit that the class has; of a negated one a letter that it has not.
  std::optional<Texts> bracket() {
    const bool is_negated = rest_.starts_with('^');
    rest_.remove_prefix(is_negated ? 1 : 0);
    std::string members;
    bool is_first = true;
    while (!rest_.empty() && (is_first || rest_.front() != ']')) {
      is_first = false;
      if (rest_.starts_with("[:")) {
        const std::size_t end = rest_.find(":]");
        if (end == std::string_view::npos) {
          return std::nullopt;
        }
        const auto name = rest_.substr(2, end - 2);
        members += name == "digit" || name == "xdigit" ? "1" : name == "upper" ? "A" : "a1";
        rest_.remove_prefix(end + 2);
        continue;
      }
      add_range(members);
    }
    if (rest_.empty()) {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    return pick(members, is_negated);
  }

  /// `a`, `\d` or `a-z`.
  void add_range(std::string& members) {
    char from = rest_.front();
    rest_.remove_prefix(1);
    if (from == '\\' && !rest_.empty()) {
      from = rest_.front() == 'd' ? '1' : rest_.front() == 'w' ? 'a' : rest_.front();
      rest_.remove_prefix(1);
    }
    members += from;
    if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
      const char to = rest_[1];
      rest_.remove_prefix(2);
      for (int octet = static_cast<unsigned char>(from) + 1;
           octet <= static_cast<unsigned char>(to); ++octet) {
        members += static_cast<char>(octet);
      }
    }
  }

  static std::optional<Texts> pick(const std::string& members, bool is_negated) {
    constexpr std::string_view kTried = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (const char octet : kTried) {
      if ((members.find(octet) == std::string::npos) == is_negated) {
        return Texts{std::string(1, octet)};
      }
    }
    return is_negated || members.empty() ? std::nullopt
                                         : std::optional(Texts{members.substr(0, 1)});
  }

  /// What follows an atom: the least number of times, and one more where that may be.
  std::optional<Texts> repetition(const Texts& one) {
    if (rest_.empty()) {
      return one;
    }
    int least = 1;
    bool may_be_more = false;
    switch (rest_.front()) {
      case '?':
      case '*':
        least = 0;
        may_be_more = true;
        break;
      case '+':
        may_be_more = true;
        break;
      case '{': {
        const std::size_t end = rest_.find('}');
        const auto counts = rest_.substr(1, std::max<std::size_t>(end, 1) - 1);
        const auto from = whole_number<int>(counts.substr(0, counts.find(',')));
        constexpr int kMostRepetitions = 64;
        if (end == std::string_view::npos || !from || *from < 0 || *from > kMostRepetitions) {
          return std::nullopt;
        }
        least = *from;
        may_be_more = counts.ends_with(',');
        rest_.remove_prefix(end);
        break;
      }
      default:
        return one;
    }
    rest_.remove_prefix(1);
    // Lazy and possessive ones match the same texts.
    if (rest_.starts_with('?') || rest_.starts_with('+')) {
      rest_.remove_prefix(1);
    }
    return repeated(one, least, may_be_more);
  }

  static Texts repeated(const Texts& one, int least, bool may_be_more) {
    Texts texts = {""};
    for (int i = 0; i < least; ++i) {
      texts = joined(texts, one);
    }
    if (may_be_more) {
      Texts more = joined(texts, one);
      // What is there is the better sample: it stands first.
      more.insert(more.end(), texts.begin(), texts.end());
      texts = std::move(more);
      texts.resize(std::min(texts.size(), kMostTexts));
    }
    return texts;
  }

  std::string_view rest_;
};

/// `/pattern/` without its delimiters; nullopt when the second one is missing.
std::optional<std::string> delimited(std::string_view text) {
  std::string pattern;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == text.front()) {
      return pattern;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != text.front()) {
        pattern += '\\';
      }
      ++i;
    }
    pattern += text[i];
  }
  return std::nullopt;
}

/// The address of `# lastmile: sample ADDRESS`.
std::optional<std::string> declared_sample(std::string_view line) {
  constexpr std::string_view kMark = "lastmile: sample ";
  line = trim(line);
  if (!line.starts_with('#')) {
    return std::nullopt;
  }
  line = trim(line.substr(1));
  return line.starts_with(kMark) ? std::optional(std::string(trim(line.substr(kMark.size()))))
                                 : std::nullopt;
}

}  // namespace

std::vector<std::string> texts_matching(std::string_view pattern) {
  auto texts = PatternReader(pattern).read();
  return texts ? *std::move(texts) : Texts();
}

std::vector<PatternRule> pattern_rules(std::string_view text) {
  std::vector<PatternRule> rules;
  std::vector<std::pair<int, std::string>> samples;
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    ++number;
    if (auto sample = declared_sample(rest.substr(0, end))) {
      samples.emplace_back(number, *std::move(sample));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  LineReader lines(text);
  int before = 0;
  while (const auto line = lines.next()) {
    const std::string_view content = trim(line->text);
    const bool is_rule = !line->is_stray && !content.empty() && content.front() != '!' &&
                         !is_name_char(content.front());
    if (is_rule) {
      if (auto pattern = delimited(content)) {
        PatternRule rule{line->number, *std::move(pattern), {}};
        for (const auto& [at, sample] : samples) {
          if (at > before && at < line->number) {
            rule.samples.push_back(sample);
          }
        }
        rules.push_back(std::move(rule));
      }
    }
    before = line->number;
  }
  return rules;
}

}  // namespace lastmile
