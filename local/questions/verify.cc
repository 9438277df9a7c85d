// SPDX-License-Identifier: Apache-2.0
#include "local/questions/verify.h"

#include <algorithm>
#include <utility>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "local/address_argument.h"

namespace lastmile {

namespace {

using Kind = Expectation::Kind;

std::vector<const Expectation*> plain_ones(const ExpectationCase& test) {
  std::vector<const Expectation*> plain;
  for (const Expectation& expectation : test.expectations) {
    if (expectation.kind == Kind::destination) {
      plain.push_back(&expectation);
    }
  }
  return plain;
}

bool has(const ExpectationCase& test, Kind kind) {
  return std::ranges::any_of(test.expectations, [kind](const Expectation& expectation) {
    return expectation.kind == kind;
  });
}

/// Whether somebody expects that it cannot be decided.
bool expects_deferral(const ExpectationCase& test) {
  return std::ranges::any_of(test.expectations, [](const Expectation& expectation) {
    return expectation.destination == "defer" || expectation.destination == "unknown" ||
           (expectation.kind == Kind::reply && expectation.argument.starts_with('4'));
  });
}

std::string shown(const Landing& landing) {
  return printable(written_form(landing));
}

/// Compares one outcome with what is expected of it.
class Judge {
 public:
  Judge(const ExpectationCase& test, const Outcome& outcome, const Trace& trace, Survey& survey)
      : test_(test), outcome_(outcome), trace_(trace), survey_(survey) {}

  std::vector<Unmet> judge() {
    judge_destinations();
    for (const Expectation& expectation : test_.expectations) {
      judge_one(expectation);
    }
    return std::move(unmet_);
  }

 private:
  /// Those without a word in front are all that there are, unless `...` says that there may be
  /// more.
  void judge_destinations() {
    const auto plain = plain_ones(test_);
    for (const Expectation* const expected : plain) {
      if (std::ranges::none_of(outcome_.landings, [expected](const Landing& landing) {
            return matches(*expected, landing);
          })) {
        unmet_.push_back({"lands", expected->text, ""});
      }
    }
    if (plain.empty() || has(test_, Kind::others)) {
      return;
    }
    for (const Landing& landing : outcome_.landings) {
      if (std::ranges::none_of(plain, [&landing](const Expectation* expected) {
            return matches(*expected, landing);
          })) {
        unmet_.push_back({"lands", "", shown(landing)});
      }
    }
  }

  void judge_one(const Expectation& expectation) {
    switch (expectation.kind) {
      case Kind::destination:
      case Kind::others:
        break;
      case Kind::excluded:
        for (const Landing& landing : outcome_.landings) {
          if (matches(expectation, landing)) {
            unmet_.push_back({"lands", expectation.text, shown(landing)});
          }
        }
        break;
      case Kind::same_as:
        judge_same(expectation);
        break;
      case Kind::reply:
        judge_reply(expectation);
        break;
      case Kind::lands:
        judge_lands(expectation);
        break;
      case Kind::refused:
        judge_refused(expectation);
        break;
      case Kind::sender:
        judge_sender(expectation);
        break;
      case Kind::via:
        if (!passes(trace_, expectation.argument)) {
          unmet_.push_back({"via", expectation.text, "no such step"});
        }
        break;
      case Kind::count:
        if (outcome_.landings.size() < expectation.least ||
            outcome_.landings.size() > expectation.most) {
          unmet_.push_back(
              {"count", expectation.text, "count " + std::to_string(outcome_.landings.size())});
        }
        break;
    }
  }

  /// The same destinations, the recipient apart.
  void judge_same(const Expectation& expectation) {
    const auto other = survey_.trace(expectation.argument);
    if (!other) {
      unmet_.push_back({"lands", expectation.text, other.error().text});
      return;
    }
    const auto keys_of = [](const Outcome& outcome) {
      std::vector<std::string> keys;
      for (const Landing& landing : outcome.landings) {
        const LeafText& words = landing.words;
        // A failure names the address in its text.
        keys.push_back(words.kind + ':' + (words.dsn.empty() ? words.target : words.dsn) + ' ' +
                       words.user);
      }
      std::ranges::sort(keys);
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
      return keys;
    };
    const Outcome wanted = outcome_of(*other);
    if (keys_of(outcome_) == keys_of(wanted)) {
      return;
    }
    for (const Landing& landing : wanted.landings) {
      unmet_.push_back({"lands", expectation.text + ": " + shown(landing), ""});
    }
    for (const Landing& landing : outcome_.landings) {
      unmet_.push_back({"lands", "", shown(landing)});
    }
    if (wanted.landings.empty() && outcome_.landings.empty()) {
      unmet_.push_back({"lands", expectation.text, "neither lands anywhere"});
    }
  }

  std::string reply_text() const {
    return outcome_.reply
               ? "RCPT " + outcome_.reply->codes() + ' ' + printable(outcome_.reply->text)
               : "no RCPT at this stage";
  }

  void judge_reply(const Expectation& expectation) {
    const std::string codes = outcome_.reply ? outcome_.reply->codes() : "";
    const std::string_view wanted = expectation.argument;
    // "550" is the beginning of "550 5.1.1", and "550 5.1.1" of that with its text.
    const std::string whole = codes + ' ' + (outcome_.reply ? outcome_.reply->text : "");
    const bool holds = outcome_.reply && whole.starts_with(wanted) &&
                       (whole.size() == wanted.size() || whole[wanted.size()] == ' ');
    if (!holds) {
      unmet_.push_back({"rcpt", expectation.text, reply_text()});
    }
  }

  void judge_lands(const Expectation& expectation) {
    const bool is_accepted = !outcome_.reply || outcome_.reply->code.starts_with('2');
    if (!is_accepted) {
      unmet_.push_back({"lands", expectation.text, reply_text()});
    } else if (outcome_.landings.empty()) {
      unmet_.push_back({"lands", expectation.text, "no destination"});
    }
    for (const Landing& landing : outcome_.landings) {
      if (!landing.is_delivered()) {
        unmet_.push_back({"lands", expectation.text, shown(landing)});
      }
    }
  }

  void judge_refused(const Expectation& expectation) {
    const bool holds =
        outcome_.reply && outcome_.reply->is_refusal() &&
        (expectation.argument.empty() || outcome_.reply->dsn == expectation.argument);
    if (!holds) {
      unmet_.push_back({"rcpt", expectation.text, reply_text()});
    }
  }

  void judge_sender(const Expectation& expectation) {
    const std::string wanted = expectation.argument == "<>" ? "" : expectation.argument;
    for (const Landing& landing : outcome_.landings) {
      if (landing.words.sender != wanted) {
        unmet_.push_back({"sender", expectation.text,
                          "from " + (landing.words.sender.empty() ? "<>" : landing.words.sender)});
        return;
      }
    }
  }

  const ExpectationCase& test_;
  const Outcome& outcome_;
  const Trace& trace_;
  Survey& survey_;
  std::vector<Unmet> unmet_ = {};
};

/// Runs the cases of one file.
class Runner {
 public:
  Runner(const ExpectationFile& file, const OpenSection& open,
         const std::function<bool(CaseResult&)>& take)
      : file_(file), open_(open), take_(take) {}

  Result<Ok> run() {
    for (const ExpectationCase& test : file_.cases) {
      auto world = open_(file_.sections[test.section]);
      if (!world) {
        return std::move(world).error();
      }
      auto done = run_case(test, *world);
      if (!done || !goes_on_) {
        return done;
      }
    }
    return Ok{};
  }

 private:
  Result<Ok> run_case(const ExpectationCase& test, SectionWorld& world) {
    const auto& named = test.sender ? test.sender : file_.sections[test.section].sender;
    const auto sender = named ? parse_address_argument(*named) : Result<Address>(world.sender);
    if (!sender) {
      return malformed("-f: " + sender.error().text, SourcePos{file_.path, test.line});
    }
    world.survey.set_sender(*sender);
    sender_ = named ? (sender->is_null() ? "<>" : to_external(*sender)) : "";
    return test.is_each ? run_each(test, world) : run_one(test, test.subject, world.survey);
  }

  Result<Ok> run_each(const ExpectationCase& test, SectionWorld& world) {
    auto walk = world.walk();
    if (!walk) {
      return std::move(walk).error();
    }
    bool found = false;
    Result<Ok> result = Ok{};
    auto walked = (*walk)->for_each([&](const KnownAddress& known) {
      const std::string address = to_external(known.address);
      if (is_wildcard(known) || !matches_glob(test.subject, address)) {
        return true;
      }
      found = true;
      result = run_one(test, address, world.survey);
      return result.ok() && goes_on_;
    });
    if (walked && result && !found) {
      CaseResult none = result_of(test, test.subject);
      none.verdict = file_.sections[test.section].todo ? VerifyVerdict::todo : VerifyVerdict::fail;
      none.unmet.push_back({"lands", "each " + test.subject, "no known address matches"});
      goes_on_ = take_(none);
    }
    return walked ? result : walked;
  }

  CaseResult result_of(const ExpectationCase& test, const std::string& address) const {
    CaseResult result;
    result.file = &file_;
    result.test = &test;
    result.address = address;
    result.sender = sender_;
    return result;
  }

  Result<Ok> run_one(const ExpectationCase& test, const std::string& address, Survey& survey) {
    auto trace = survey.trace(address);
    if (!trace) {
      return malformed(trace.error().text, SourcePos{file_.path, test.line});
    }
    CaseResult result = result_of(test, address);
    result.outcome = outcome_of(*trace);
    result.unmet = Judge(test, *result.outcome, *trace, survey).judge();
    result.trace = *std::move(trace);
    const bool is_todo = result.section().todo.has_value();
    if (result.outcome->fate() == Fate::undecided && !expects_deferral(test)) {
      result.verdict = VerifyVerdict::undecided;
      result.reason = result.outcome->reason();
    } else if (result.unmet.empty()) {
      result.verdict = is_todo ? VerifyVerdict::todo_passed : VerifyVerdict::pass;
    } else {
      result.verdict = is_todo ? VerifyVerdict::todo : VerifyVerdict::fail;
    }
    goes_on_ = take_(result);
    return Ok{};
  }

  const ExpectationFile& file_;
  const OpenSection& open_;
  const std::function<bool(CaseResult&)>& take_;
  std::string sender_ = {};
  bool goes_on_ = true;
};

}  // namespace

std::string_view name_of(VerifyVerdict verdict) {
  constexpr std::string_view kNames[] = {"pass", "fail", "undecided", "todo", "todo-passed"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Result<std::size_t> count_cases(const ExpectationFile& file, const OpenSection& open) {
  std::size_t count = 0;
  for (const ExpectationCase& test : file.cases) {
    if (!test.is_each) {
      ++count;
      continue;
    }
    auto world = open(file.sections[test.section]);
    auto walk = world ? world->walk() : Result<Walk*>(world.error());
    if (!walk) {
      return std::move(walk).error();
    }
    std::size_t matching = 0;
    auto walked = (*walk)->for_each([&](const KnownAddress& known) {
      matching +=
          !is_wildcard(known) && matches_glob(test.subject, to_external(known.address)) ? 1 : 0;
      return true;
    });
    if (!walked) {
      return std::move(walked).error();
    }
    count += std::max<std::size_t>(matching, 1);
  }
  return count;
}

Result<Ok> run_cases(const ExpectationFile& file, const OpenSection& open,
                     const std::function<bool(CaseResult&)>& take) {
  return Runner(file, open, take).run();
}

}  // namespace lastmile
