// SPDX-License-Identifier: Apache-2.0
#include "local/questions/expectation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "local/formats/expect.h"

namespace lastmile {

namespace {

using Kind = Expectation::Kind;

constexpr std::array<std::string_view, 12> kDestinations = {
    "bounce",  "command", "defer", "discard", "file",      "lmtp",
    "mailbox", "maildir", "pipe",  "remote",  "transport", "unknown"};

constexpr std::string_view kBlanks = " \t";

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(kBlanks));
}

/// What stands behind the first word.
std::string_view behind_word(std::string_view text) {
  return trim(text.substr(first_word(text).size()));
}

Result<Ok> read_destination(std::string_view text, Expectation& expectation) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (colon == std::string_view::npos ||
      std::ranges::find(kDestinations, kind) == kDestinations.end()) {
    const auto word = first_word(kind);
    return malformed("\"" + std::string(word) + "\" is neither a destination (" +
                     comma_list(kDestinations) +
                     ") nor one of ..., !, =, RCPT, lands, refused, from, via, count" +
                     did_you_mean(word, kDestinations));
  }
  expectation.destination = kind;
  std::string_view rest = trim(text.substr(colon + 1));
  constexpr std::string_view kAs = " as ";
  const std::size_t as = rest.rfind(kAs);
  if (as != std::string_view::npos &&
      rest.find_first_of(kBlanks, as + kAs.size()) == std::string_view::npos) {
    expectation.user = rest.substr(as + kAs.size());
    rest = trim(rest.substr(0, as));
  }
  expectation.argument = rest;
  return Ok{};
}

Result<Ok> read_count(Expectation& expectation) {
  const std::string_view text = expectation.argument;
  const std::size_t dots = text.find("..");
  const auto least = whole_number<std::size_t>(text.substr(0, dots));
  const auto most =
      dots == std::string_view::npos ? least : whole_number<std::size_t>(text.substr(dots + 2));
  if (!least || !most || *most < *least) {
    return malformed("\"" + expectation.text + "\": count wants a number or two, such as 8..20");
  }
  expectation.least = *least;
  expectation.most = *most;
  return Ok{};
}

Result<Ok> read_reply(const Expectation& expectation) {
  const std::string_view code = first_word(expectation.argument);
  const auto number = whole_number<int>(code);
  constexpr int kLowest = 200;
  constexpr int kHighest = 599;
  return number && *number >= kLowest && *number <= kHighest
             ? Result<Ok>(Ok{})
             : malformed("\"" + expectation.text + "\": RCPT wants a code, such as 550 5.1.1");
}

/// The texts that a glob may match.
std::vector<std::string> spellings(const Landing& landing) {
  const LeafText& words = landing.words;
  if (!landing.is_delivered() || words.kind == "discard") {
    return {"", words.dsn, words.target, words.dsn + ' ' + words.text, words.text};
  }
  std::vector<std::string> texts = {words.target, words.target + ' ' + words.recipient};
  if (!words.via.empty()) {
    texts.push_back(words.target + " via " + words.via);
  }
  return texts;
}

bool is_user(std::string_view expected, std::string_view user) {
  // "default_privs (nobody)" is nobody as well.
  return expected == user || user.ends_with(" (" + std::string(expected) + ")");
}

/// The step that asks the tables of a parameter.
std::optional<Step> step_of_parameter(std::string_view parameter) {
  constexpr std::pair<std::string_view, Step> kParameters[] = {
      {"alias_maps", Step::alias},         {"virtual_alias_maps", Step::virtual_alias},
      {"canonical_maps", Step::rewrite},   {"recipient_canonical_maps", Step::rewrite},
      {"transport_maps", Step::transport}, {".forward", Step::forward},
      {":include:", Step::include},
  };
  for (const auto& [name, step] : kParameters) {
    if (name == parameter) {
      return step;
    }
  }
  return std::nullopt;
}

bool is_step(const TraceNode& node, std::string_view text) {
  const auto of_parameter = step_of_parameter(text);
  std::string spelled(name_of(node.step));
  std::ranges::replace(spelled, '_', ' ');
  const bool begins = node.subject.starts_with(text) &&
                      (node.subject.size() == text.size() || node.subject[text.size()] == ' ');
  return begins || node.detail == text || spelled == text || name_of(node.step) == text ||
         (of_parameter && *of_parameter == node.step) || text == spelled + ' ' + node.subject;
}

}  // namespace

Result<Expectation> parse_expectation(std::string_view text) {
  constexpr std::pair<std::string_view, Kind> kWords[] = {
      {"...", Kind::others},  {"!", Kind::excluded},  {"=", Kind::same_as},
      {"RCPT", Kind::reply},  {"lands", Kind::lands}, {"refused", Kind::refused},
      {"from", Kind::sender}, {"via", Kind::via},     {"count", Kind::count},
  };
  Expectation expectation;
  expectation.text = trim(text);
  const std::string_view whole = expectation.text;
  const auto* const word =
      std::ranges::find(kWords, first_word(whole), &std::pair<std::string_view, Kind>::first);
  if (word == std::end(kWords)) {
    auto read = read_destination(whole, expectation);
    return read ? Result<Expectation>(std::move(expectation)) : std::move(read).error();
  }
  expectation.kind = word->second;
  expectation.argument = behind_word(whole);
  const bool stands_alone = expectation.kind == Kind::others || expectation.kind == Kind::lands;
  if (stands_alone != expectation.argument.empty() && expectation.kind != Kind::refused) {
    return malformed("\"" + expectation.text + "\": " + std::string(word->first) +
                     (stands_alone ? " stands alone" : " wants a word behind it"));
  }
  auto read = expectation.kind == Kind::excluded ? read_destination(behind_word(whole), expectation)
              : expectation.kind == Kind::count  ? read_count(expectation)
              : expectation.kind == Kind::reply  ? read_reply(expectation)
                                                 : Result<Ok>(Ok{});
  return read ? Result<Expectation>(std::move(expectation)) : std::move(read).error();
}

bool matches(const Expectation& expected, const Landing& landing) {
  if (expected.destination != landing.words.kind ||
      (!expected.user.empty() && !is_user(expected.user, landing.words.user))) {
    return false;
  }
  const auto texts = spellings(landing);
  return std::ranges::any_of(texts, [&expected](const std::string& text) {
    return matches_glob(expected.argument, printable(text));
  });
}

bool passes(const Trace& trace, std::string_view step) {
  for (NodeId id = trace.root(); static_cast<std::size_t>(id) < trace.size(); id = next_of(id)) {
    if (id != trace.root() && is_step(trace.node(id), step)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> expectations_of(const Outcome& outcome) {
  std::vector<std::string> lines;
  if (outcome.reply && outcome.reply->is_refusal()) {
    lines.push_back("RCPT " + outcome.reply->codes());
  }
  for (const Landing& landing : outcome.landings) {
    const std::string text = expected_form(landing.words, landing.takes_recipient);
    if (std::ranges::find(lines, text) == lines.end()) {
      lines.push_back(text);
    }
  }
  return lines;
}

}  // namespace lastmile
