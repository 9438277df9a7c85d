// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/regexp_cost.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lastmile {
namespace {

/// Parentheses within parentheses; PCRE2 has the same limit.
constexpr std::size_t kMaxNesting = 250;
/// What one repetition with bounds may be written out to, and all of a pattern: some ten
/// milliseconds and megabytes.
constexpr std::uint64_t kMaxRepetition = 2000;
constexpr std::uint64_t kMaxAll = 10000;
/// What all that is repeated may come to in copies: regcomp(3) takes `x+` for `xx*`, and that of
/// that again.
constexpr std::uint64_t kMaxCopies = 100000;
/// What `*` makes of the cost of what it repeats, when that is to be written out many times.
constexpr std::uint64_t kStar = 4;

/// Only the order of magnitude counts above the limits.
constexpr std::uint64_t kEnough = 1'000'000'000;

class Judge {
 public:
  Judge(std::string_view pattern, bool extended) : rest_(pattern), extended_(extended) {}

  std::optional<std::string> run() {
    while (!rest_.empty() && !problem_) {
      take_one();
    }
    if (!problem_ && repeated_ > kMaxAll) {
      refuse_repetition(repeated_, kMaxAll);
    }
    return problem_;
  }

 private:
  /// What stands between two parentheses, or at the outside.
  /// A cost is the sum over its parts, and the last part is what a repetition that follows is
  /// about.
  class Sum {
   public:
    void add(std::uint64_t part) {
      before_ = std::min(before_ + last_, kEnough);
      last_ = part;
    }
    void multiply_last(std::uint64_t factor) { last_ = std::min(last_ * factor, kEnough); }
    std::uint64_t last() const { return last_; }
    std::uint64_t all() const { return std::min(before_ + last_, kEnough); }

   private:
    std::uint64_t before_ = 0;
    std::uint64_t last_ = 0;
  };
  struct Group {
    Sum cost = {};    ///< Of the time that it takes where it is written out.
    Sum copies = {};  ///< Of what stands there when all is written out.
  };

  void take_one() {
    const char first = rest_.front();
    rest_.remove_prefix(1);
    if (first == '[') {
      skip_bracket();
      atom(1);
    } else if (first == '\\' && !rest_.empty()) {
      const char second = rest_.front();
      rest_.remove_prefix(1);
      // A basic expression has its operators behind a backslash.
      extended_ || !is_operator(second) ? atom(1) : act(second);
    } else if (first == '*' || (extended_ && is_operator(first))) {
      act(first);
    } else {
      atom(1);
    }
  }

  static bool is_operator(char c) {
    return std::string_view("(){|+?").find(c) != std::string_view::npos;
  }

  void act(char what) {
    switch (what) {
      case '(':
        open();
        break;
      case ')':
        close();
        break;
      case '{':
        repeat();
        break;
      case '|':
        atom(0);
        break;
      default:
        groups_.back().cost.multiply_last(kStar);
        multiply_copies(what == '+' ? 2 : 1);
    }
  }

  void atom(std::uint64_t cost) { add(cost, cost); }

  void add(std::uint64_t cost, std::uint64_t copies) {
    groups_.back().cost.add(cost);
    groups_.back().copies.add(copies);
  }

  void multiply_copies(std::uint64_t times) {
    Sum& copies = groups_.back().copies;
    copies.multiply_last(times);
    if (times > 1 && copies.last() > kMaxCopies) {
      refuse_repetition(copies.last(), kMaxCopies);
    }
  }

  void open() {
    atom(0);
    if (groups_.size() > kMaxNesting) {
      problem_ = "more than " + std::to_string(kMaxNesting) + " parentheses within each other";
    }
    groups_.emplace_back();
  }

  void close() {
    if (groups_.size() == 1) {
      atom(1);  // Nothing is open: a character like others.
      return;
    }
    const std::uint64_t cost = std::max<std::uint64_t>(groups_.back().cost.all(), 1);
    const std::uint64_t copies = std::max<std::uint64_t>(groups_.back().copies.all(), 1);
    groups_.pop_back();
    groups_.back().cost.multiply_last(0);
    groups_.back().copies.multiply_last(0);
    add(cost, copies);
  }

  /// Behind `{`: reads as far as there are bounds.
  void repeat() {
    const std::uint64_t low = number();
    std::uint64_t high = low;
    if (!rest_.empty() && rest_.front() == ',') {
      rest_.remove_prefix(1);
      high = number();
    }
    const std::string_view end = extended_ ? "}" : "\\}";
    if (!rest_.starts_with(end)) {
      return;  // Characters like others.
    }
    rest_.remove_prefix(end.size());
    const std::uint64_t times = std::max<std::uint64_t>({low, high, 1});
    Sum& cost = groups_.back().cost;
    cost.multiply_last(times);
    multiply_copies(times);
    if (times > 1) {
      repeated_ += cost.last();
    }
    if (times > 1 && cost.last() > kMaxRepetition) {
      refuse_repetition(cost.last(), kMaxRepetition);
    }
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) {
      value = std::min(value * 10 + static_cast<std::uint64_t>(rest_.front() - '0'), kEnough);
      rest_.remove_prefix(1);
    }
    return value;
  }

  /// Behind `[`: up to the `]` that ends it. `]` may stand first, and in `[:alpha:]` and its like.
  void skip_bracket() {
    std::size_t at = 0;
    if (at < rest_.size() && rest_[at] == '^') {
      ++at;
    }
    if (at < rest_.size() && rest_[at] == ']') {
      ++at;
    }
    while (at < rest_.size() && rest_[at] != ']') {
      const bool named = rest_[at] == '[' && at + 1 < rest_.size() &&
                         std::string_view(":.=").find(rest_[at + 1]) != std::string_view::npos;
      const std::string end = named ? std::string{rest_[at + 1], ']'} : "";
      const auto found = named ? rest_.find(end, at + 2) : std::string_view::npos;
      at = found == std::string_view::npos ? at + 1 : found + 2;
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
  }

  void refuse_repetition(std::uint64_t times, std::uint64_t limit) {
    problem_ = "repetitions that are written out " +
               (times >= kEnough ? "without end" : std::to_string(times) + " times") +
               " (the limit is " + std::to_string(limit) + ")";
  }

  std::string_view rest_;
  bool extended_;
  std::vector<Group> groups_ = {Group{}};
  std::uint64_t repeated_ = 0;
  std::optional<std::string> problem_ = {};
};

}  // namespace

std::optional<std::string> too_costly(std::string_view pattern, bool extended) {
  return Judge(pattern, extended).run();
}

}  // namespace lastmile
