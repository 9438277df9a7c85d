// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "aliases/glob.h"
#include "aliases/text.h"
#include "aliases/world/termination.h"
#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/formats/format.h"
#include "local/formats/wrapped_lines.h"
#include "local/questions/address_json.h"
#include "local/questions/change.h"
#include "local/questions/release_changes.h"

namespace lastmile {

namespace {

constexpr int kOnlyTexts = 1;
constexpr int kChanged = 2;
constexpr std::string_view kTitles[kChanges] = {"mail that lands today would not",
                                                "",
                                                "",
                                                "",
                                                "refused at RCPT, and accepted today",
                                                "accepted at RCPT, and refused today",
                                                "only the envelope sender",
                                                "one side is not known",
                                                "only the words of a reply or a failure"};

bool is_sqlite_file(const std::string& path) {
  constexpr std::string_view kMagic = "SQLite format 3";
  std::ifstream file(path, std::ios::binary);
  std::string head(kMagic.size(), '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return file && head == kMagic;
}

/// A world as it is written on the command line: `live`, a site file, a directory with main.cf in
/// it, or a tree with etc/ in it.
Result<GlobalOptions> read_world(const std::string& text, GlobalOptions options) {
  options.root.clear();
  options.site.clear();
  std::error_code error;
  if (text == "live") {
    return options;
  }
  if (std::filesystem::is_directory(text, error)) {
    if (std::filesystem::exists(text + "/main.cf", error)) {
      options.config_directory = text;
      return options;
    }
    if (std::filesystem::is_directory(text + "/etc", error)) {
      options.root = text;
      return options;
    }
    return malformed(text + ": neither main.cf nor etc/ is in it");
  }
  if (is_sqlite_file(text)) {
    options.site = text;
    return options;
  }
  return malformed(text +
                   ": no world: live, a site file, a directory with main.cf in it, or one "
                   "with etc/ in it");
}

/// Both worlds, and what differs between them.
class Diff {
 public:
  /// What the two sides differ in.
  enum class Sides { worlds, releases };

  Diff(Invocation& invocation, const Options& options, Sides sides, std::unique_ptr<Inquiry> a,
       std::unique_ptr<Inquiry> b)
      : invocation_(invocation),
        options_(options),
        sides_(sides),
        a_(std::move(a)),
        b_(std::move(b)),
        changes_(options.has("list") ? kAllExamples : kFewExamples),
        json_(invocation.out) {}

  Result<Ok> run() {
    end_at_once_when_asked(kInterrupted);
    end_in_order_when_asked();
    coverage_a_ = a_->walk().coverage();
    coverage_b_ = b_->walk().coverage();
    AddressSorter both;
    for (auto* const side : {&coverage_a_, &coverage_b_}) {
      Inquiry& inquiry = side == &coverage_a_ ? *a_ : *b_;
      Result<Ok> added = Ok{};
      auto walked = inquiry.walk().for_each([&](const KnownAddress& known) {
        side->add(known);
        added = both.add(known.address, known.marks);
        return added.ok();
      });
      if (!walked || !added) {
        return walked ? added : walked;
      }
    }
    Progress progress(invocation_);
    return both.for_each([&](const KnownAddress& known) {
      coverage_a_.is_partial = is_asked_to_end();
      if (coverage_a_.is_partial) {
        return false;
      }
      compare_one(known, progress);
      return true;
    });
  }

  void print() {
    const std::string format = options_.has("json") ? "json" : options_.text("format");
    if (format == "json") {
      print_json_releases();
      print_json_summary();
    } else if (format == "markdown") {
      print_markdown();
    } else {
      print_text();
    }
  }

  int exit_status() const {
    if (coverage_a_.is_partial) {
      return kInterrupted;
    }
    const std::size_t undecided = changes_.count(Change::undecided);
    const std::size_t texts = changes_.count(Change::text);
    if (changes_.all() > undecided + texts) {
      return kChanged;
    }
    if (texts > 0) {
      return kOnlyTexts;
    }
    return undecided > 0 || both_undecided_ > 0 || gaps_of(coverage_a_) != gaps_of(coverage_b_)
               ? kUndecided
               : 0;
  }

 private:
  static constexpr std::size_t kFewExamples = 3;
  static constexpr std::size_t kAllExamples = 1'000'000'000;

  bool is_ignored(Change change) const {
    const auto& ignored = options_.values("ignore");
    return std::ranges::find(ignored, name_of(change)) != ignored.end();
  }

  void compare_one(const KnownAddress& known, Progress& progress) {
    if (options_.has("only") && !matches_glob(options_.text("only"), to_external(known.address))) {
      return;
    }
    ++asked_;
    const Outcome was = outcome_of(a_->survey().trace(known.address));
    const Outcome is = outcome_of(b_->survey().trace(known.address));
    const auto change = sides_ == Sides::releases ? compare_releases(was, is) : compare(was, is);
    progress.step(was.fate() == Fate::undecided || is.fate() == Fate::undecided);
    if (!change || is_ignored(*change)) {
      both_undecided_ += was.fate() == Fate::undecided ? 1 : 0;
      return;
    }
    // Once more, with the lines that decided.
    const Outcome from = outcome_of(a_->explainer().trace(known.address));
    const Outcome to = outcome_of(b_->explainer().trace(known.address));
    changes_.add(*change, known, from, to);
    if (options_.has("json") || options_.text("format") == "json") {
      print_json(*change, known, from, to);
    }
  }

  void write_side(std::string_view name, const Outcome& outcome) {
    json_.key(name);
    json_.begin_object();
    write_reply(json_, outcome);
    write_destinations(json_, outcome);
    json_.end_object();
  }

  void print_json(Change change, const KnownAddress& known, const Outcome& from,
                  const Outcome& to) {
    begin_record(json_, "change");
    json_.member("address", to_external(known.address));
    json_.member("change", name_of(change));
    write_side("a", from);
    write_side("b", to);
    json_.key("cause");
    json_.begin_object();
    write_source(json_, "a", cause_of(from));
    write_source(json_, "b", cause_of(to));
    json_.end_object();
    json_.end_object();
    json_.end_line();
  }

  void print_json_summary() {
    begin_record(json_, "summary");
    json_.member("addresses", static_cast<std::int64_t>(asked_));
    json_.key("changes");
    json_.begin_object();
    for (std::size_t i = 0; i < kChanges; ++i) {
      const auto change = static_cast<Change>(i);
      json_.member(name_of(change), static_cast<std::int64_t>(changes_.count(change)));
    }
    json_.end_object();
    json_.key("coverage");
    json_.begin_object();
    json_.key("a");
    write_coverage(json_, coverage_a_);
    json_.key("b");
    write_coverage(json_, coverage_b_);
    json_.end_object();
    json_.end_object();
    json_.end_line();
  }

  void print_counts(std::ostream& out) {
    constexpr std::size_t kWidth = 9;
    const auto right = [](std::size_t number) {
      const std::string text = grouped_digits(number);
      return std::string(text.size() < kWidth ? kWidth - text.size() : 0, ' ') + text;
    };
    if (sides_ == Sides::releases) {
      out << "A: " << release_text(*a_) << "\nB: " << release_text(*b_) << '\n';
    }
    out << counted(coverage_a_.known, "address", "addresses") << " in A, "
        << grouped_digits(coverage_b_.known) << " in B\n\n";
    for (std::size_t i = 0; i < kChanges; ++i) {
      const auto change = static_cast<Change>(i);
      if (changes_.count(change) > 0) {
        out << right(changes_.count(change)) << "  " << name_of(change);
        out << (kTitles[i].empty() ? "" : std::string(11 - name_of(change).size(), ' '))
            << kTitles[i] << '\n';
      }
    }
    out << right(asked_ - changes_.all()) << "  the same\n";
  }

  void print_side(std::ostream& out, std::string_view name, const SideText& side) {
    const std::string lands = "    " + std::string(name) + ' ' + printable(side.lands);
    constexpr std::size_t kCauseColumn = 76;
    out << lands;
    if (!side.cause.empty()) {
      out << std::string(lands.size() + 2 > kCauseColumn ? 2 : kCauseColumn - lands.size(), ' ')
          << printable(side.cause);
    }
    out << '\n';
  }

  void print_text() {
    WrappedLines rows(invocation_.out, tree_style(invocation_).width);
    std::ostream& out = rows.stream();
    print_counts(out);
    for (std::size_t i = 0; i < kChanges && !options_.has("summary"); ++i) {
      const auto change = static_cast<Change>(i);
      const auto groups = changes_.groups(change);
      if (!groups.empty()) {
        out << '\n' << name_of(change) << '\n';
      }
      std::size_t left = limit();
      for (const ChangeGroup& group : groups) {
        if (left-- == 0) {
          out << "  and " << groups.size() - limit() << " more groups (--limit)\n";
          break;
        }
        out << sign_of(change) << ' ' << printable(comma_list(group.examples));
        const std::size_t rest = group.count - group.examples.size();
        out << (rest > 0 ? " and " + grouped_digits(rest) + " more" : "") << '\n';
        print_side(out, "A", group.a);
        print_side(out, "B", group.b);
      }
    }
    print_releases(out, "", "  ");
    print_gaps(out);
  }

  static std::string release_text(Inquiry& side) {
    return "Postfix " + to_string(side.host().settings().postfix->version());
  }

  std::vector<ReleaseChange> changes_of_configuration() {
    return sides_ == Sides::releases ? release_changes(a_->host().settings(), b_->host().settings())
                                     : std::vector<ReleaseChange>{};
  }

  /// What the other release makes of the configuration, whatever the address.
  void print_releases(std::ostream& out, std::string_view heading, std::string_view margin) {
    using Kind = ReleaseChange::Kind;
    constexpr std::pair<Kind, std::string_view> kParts[] = {
        {Kind::gone, "what B has given up"},
        {Kind::unknown_name, "parameters that B does not have"},
        {Kind::default_value, "defaults in use that B has otherwise"},
        {Kind::running, "what only a running system shows"}};
    const auto all = changes_of_configuration();
    for (const auto& [kind, title] : kParts) {
      bool is_first = true;
      for (const ReleaseChange& change : all) {
        if (change.kind != kind) {
          continue;
        }
        if (std::exchange(is_first, false)) {
          out << '\n' << heading << title << '\n' << (heading.empty() ? "" : "\n");
        }
        out << margin << printable(change.text)
            << (change.source ? " (" + printable(to_string(*change.source)) + ")" : "") << '\n';
      }
    }
  }

  void print_json_releases() {
    for (const ReleaseChange& change : changes_of_configuration()) {
      begin_record(json_, "configuration");
      json_.member("change", name_of(change.kind));
      json_.member("text", change.text);
      write_source(json_, "source", change.source);
      json_.end_object();
      json_.end_line();
    }
  }

  /// What neither or one of both could not look at.
  void print_gaps(std::ostream& out) {
    if (coverage_a_.is_partial) {
      out << "\nthe run was ended before all were asked for\n";
    }
    const auto a = gaps_of(coverage_a_);
    const auto b = gaps_of(coverage_b_);
    std::string both;
    std::string one;
    for (const std::string& gap : a) {
      (b.contains(gap) ? both : one).append("\n    ").append(printable(gap));
    }
    for (const std::string& gap : b) {
      if (!a.contains(gap)) {
        one.append("\n    ").append(printable(gap));
      }
    }
    out << (both.empty() ? "" : "\nnot listed in both:" + both + '\n')
        << (one.empty() ? "" : "\nnot listed in one of both:" + one + '\n');
    if (both_undecided_ > 0) {
      out << '\n'
          << counted(both_undecided_, "address is", "addresses are") << " undecided in both\n";
    }
  }

  std::size_t limit() const {
    const std::string text = options_.text("limit");
    std::size_t number = 0;
    for (const char digit : text) {
      number = is_digit(digit) && number < kAllExamples
                   ? number * 10 + static_cast<std::size_t>(digit - '0')
                   : number;
    }
    return number;
  }

  /// For a merge request: a table, and fifty lines at most.
  void print_markdown() {
    std::ostream& out = invocation_.out;
    constexpr std::size_t kMostLines = 50;
    // What stands between backquotes is text; a backquote itself would end it.
    const auto code = [](std::string text) {
      text = printable(text);
      std::ranges::replace(text, '`', '\'');
      std::ranges::replace(text, '|', '/');
      return '`' + text + '`';
    };
    out << "| change | addresses |\n|---|---:|\n";
    for (std::size_t i = 0; i < kChanges; ++i) {
      const auto change = static_cast<Change>(i);
      if (changes_.count(change) > 0) {
        out << "| " << name_of(change) << " | " << changes_.count(change) << " |\n";
      }
    }
    out << "| the same | " << asked_ - changes_.all() << " |\n";
    std::size_t lines = 0;
    std::size_t hidden = 0;
    for (std::size_t i = 0; i < kChanges; ++i) {
      const auto change = static_cast<Change>(i);
      for (const ChangeGroup& group : changes_.groups(change)) {
        if (++lines > kMostLines) {
          ++hidden;
          continue;
        }
        out << (lines == 1 ? "\n" : "") << "- **" << name_of(change) << "** "
            << code(comma_list(group.examples));
        const std::size_t rest = group.count - group.examples.size();
        out << (rest > 0 ? " and " + std::to_string(rest) + " more" : "") << ": "
            << code(group.a.lands) << " → " << code(group.b.lands)
            << (group.b.cause.empty() ? "" : " (" + code(group.b.cause) + ")") << '\n';
      }
    }
    if (hidden > 0) {
      out << "- and " << hidden << " more groups\n";
    }
    print_releases(out, "### ", "- ");
    print_gaps(out);
  }

  Invocation& invocation_;
  const Options& options_;
  Sides sides_;
  std::unique_ptr<Inquiry> a_;
  std::unique_ptr<Inquiry> b_;
  Changes changes_;
  JsonWriter json_;
  Coverage coverage_a_ = {};
  Coverage coverage_b_ = {};
  std::size_t asked_ = 0;
  std::size_t both_undecided_ = 0;
};

/// Words of --ignore that name no change.
std::optional<std::string> wrong_ignore(const Options& options) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kChanges; ++i) {
    names.push_back(name_of(static_cast<Change>(i)));
  }
  for (const std::string& word : options.values("ignore")) {
    if (std::ranges::find(names, word) == names.end()) {
      return "--ignore: \"" + word + "\" is none of " + comma_list(names) +
             did_you_mean(word, names);
    }
  }
  return std::nullopt;
}

/// The two worlds that are named, B with the overrides of its own.
Result<std::array<GlobalOptions, 2>> two_worlds(const Options& options,
                                                const GlobalOptions& given) {
  if (options.words().size() != 2) {
    return malformed("two worlds are to be compared, such as before.site live");
  }
  std::array<GlobalOptions, 2> sides;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    auto world = read_world(options.words()[i], given);
    if (!world) {
      return std::move(world).error();
    }
    sides[i] = *std::move(world);
  }
  return sides;
}

/// One world by the rules of two releases. Where they compile aliases in other forms, B's are taken
/// as its newaliases(1) makes them: an index of A answers as before until that is run.
Result<std::array<GlobalOptions, 2>> two_releases(const Options& options,
                                                  const GlobalOptions& given) {
  const auto& releases = options.values("postfix");
  if (options.words().size() > 1) {
    return malformed("two releases are compared on one world");
  }
  auto world = options.words().empty() ? Result<GlobalOptions>(given)
                                       : read_world(options.words().front(), given);
  if (!world) {
    return std::move(world).error();
  }
  std::array<GlobalOptions, 2> sides = {*world, *world};
  std::array<PostfixVersion, 2> versions;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto version = parse_postfix_version(releases[i]);
    if (!version) {
      return malformed("--postfix wants a release from 3.7 on, such as 3.10 or 3.10.13, not \"" +
                       releases[i] + '"');
    }
    versions[i] = *version;
    sides[i].overrides.push_back("lastmile_postfix_version=" + releases[i]);
  }
  constexpr VersionRule kRule = VersionRule::alias_keeps_quotes;
  if (has_rule(versions[0], kRule) != has_rule(versions[1], kRule)) {
    sides[1].overrides.emplace_back("lastmile_compile_aliases=yes");
  }
  return sides;
}

}  // namespace

int run_diff(Invocation& invocation) {
  const auto parsed =
      parse_options(invocation, "diff [OPTIONS] A B | --postfix A --postfix B [WORLD]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  const bool are_releases = options.values("postfix").size() == 2;
  auto worlds = are_releases ? two_releases(options, invocation.options)
                             : two_worlds(options, invocation.options);
  if (!worlds) {
    return fail(invocation, "diff", worlds.error().message(), EX_USAGE);
  }
  if (const auto wrong = wrong_ignore(options)) {
    return fail(invocation, "diff", *wrong, EX_USAGE);
  }
  const auto terms = read_inquiry_terms(options);
  if (!terms) {
    return fail(invocation, "diff", terms.error().message(), EX_USAGE);
  }
  const auto& more = options.values("b-o");
  (*worlds)[1].overrides.insert((*worlds)[1].overrides.end(), more.begin(), more.end());
  std::array<std::unique_ptr<Inquiry>, 2> sides;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    auto side = Inquiry::open((*worlds)[i], *terms);
    if (!side) {
      return fail(invocation, "diff", side.error().message(), kUndecided);
    }
    sides[i] = *std::move(side);
  }
  Diff diff(invocation, options, are_releases ? Diff::Sides::releases : Diff::Sides::worlds,
            std::move(sides[0]), std::move(sides[1]));
  if (const auto run = diff.run(); !run) {
    return fail(invocation, "diff", run.error().message(), kUndecided);
  }
  diff.print();
  return diff.exit_status();
}

}  // namespace lastmile
