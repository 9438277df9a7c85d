// SPDX-License-Identifier: Apache-2.0
#include "local/questions/map_report.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/formats/json.h"
#include "local/formats/tsv.h"
#include "local/formats/utf8.h"
#include "local/questions/address_json.h"

namespace lastmile {

namespace {

std::string source_text(const Landing& landing) {
  return landing.source ? to_string(*landing.source) : "";
}

/// The columns of `trace --format tsv`, then the mark and the line that decided.
class TsvReport final : public MapReport {
 public:
  TsvReport(std::ostream& out, Commands commands) : out_(out), commands_(commands) {
    print_tsv_row(out_, {"address", "kind", "target", "recipient", "sender", "user", "dsn", "text",
                         "rcpt", "via", "mark", "source"});
  }

  void add(const KnownAddress& known, const Trace& /*trace*/, const Outcome& full) override {
    const Outcome outcome = with_commands(full, commands_);
    const std::string address = to_external(known.address);
    const std::string codes = outcome.reply ? outcome.reply->codes() : "";
    const std::string_view mark = name_of(known.marks.first());
    if (outcome.landings.empty()) {
      print_tsv_row(out_, {address, {}, {}, {}, {}, {}, {}, {}, codes, {}, mark, {}});
    }
    for (const Landing& landing : outcome.landings) {
      const LeafText& words = landing.words;
      print_tsv_row(out_,
                    {address, words.kind, words.target, words.recipient, words.sender, words.user,
                     words.dsn, words.text, codes, words.via, mark, source_text(landing)});
    }
  }

  Result<Ok> end(const Coverage& /*coverage*/) override { return Ok{}; }

 private:
  std::ostream& out_;
  Commands commands_;
};

/// docs/map.schema.json
class JsonMapReport final : public MapReport {
 public:
  JsonMapReport(std::ostream& out, Commands commands) : json_(out), commands_(commands) {}

  void add(const KnownAddress& known, const Trace& /*trace*/, const Outcome& outcome) override {
    begin_record(json_, "address");
    write_address(json_, known, with_commands(outcome, commands_));
    json_.end_object();
    json_.end_line();
  }

  Result<Ok> end(const Coverage& coverage) override {
    begin_record(json_, "summary");
    json_.key("coverage");
    write_coverage(json_, coverage);
    json_.end_object();
    json_.end_line();
    return Ok{};
  }

 private:
  JsonWriter json_;
  Commands commands_;
};

/// Who lands at each destination.
class TreeReport final : public MapReport {
 public:
  TreeReport(std::ostream& out, const TreeStyle& style, Commands commands)
      : out_(out), style_(style), commands_(commands) {}

  void add(const KnownAddress& known, const Trace& /*trace*/, const Outcome& full) override {
    const Outcome outcome = with_commands(full, commands_);
    switch (outcome.fate()) {
      case Fate::lands:
      case Fate::partly:
        ++landing_;
        break;
      case Fate::fails:
        ++failing_;
        break;
      case Fate::undecided:
        ++undecided_;
        break;
    }
    std::set<std::pair<std::string, std::string>> seen;
    for (const Landing& landing : outcome.landings) {
      const LeafText& words = landing.words;
      const bool has_server = landing.takes_recipient;
      const std::string place = words.kind == "remote" ? "remote"
                                : words.dsn.empty()    ? labelled(words.kind, words.target)
                                                       : words.kind + ':' + words.dsn;
      const std::string recipient = has_server || words.kind == "remote" ? words.recipient : "";
      if (seen.emplace(place, recipient).second) {
        places_[place][recipient].push_back(shown_form(known));
      }
    }
    if (outcome.landings.empty()) {
      places_["nowhere"][""].push_back(shown_form(known));
    }
  }

  Result<Ok> end(const Coverage& coverage) override {
    std::size_t destinations = 0;
    for (const auto& [place, recipients] : places_) {
      destinations += recipients.size();
      print_place(place, recipients);
    }
    out_ << '\n'
         << counted(destinations, "destination; ", "destinations; ")
         << counted(landing_, "address lands", "addresses land");
    out_ << (failing_ > 0
                 ? ", " + grouped_digits(failing_) + (failing_ == 1 ? " does" : " do") + " not"
                 : "")
         << (undecided_ > 0 ? ", " + grouped_digits(undecided_) + " undecided" : "") << '\n';
    print_coverage(out_, coverage);
    return Ok{};
  }

 private:
  using Recipients = std::map<std::string, std::vector<std::string>>;

  void print_place(const std::string& place, const Recipients& recipients) {
    constexpr std::size_t kColumn = 27;
    if (recipients.size() == 1 && recipients.begin()->first.empty()) {
      print_row(printable(place), kColumn, recipients.begin()->second);
      return;
    }
    out_ << printable(place) << '\n';
    std::size_t left = recipients.size();
    for (const auto& [recipient, addresses] : recipients) {
      const bool is_last = --left == 0;
      const std::string branch =
          style_.unicode ? (is_last ? "└─ " : "├─ ") : (is_last ? "`- " : "|- ");
      print_row(branch + printable(recipient), kColumn, addresses);
    }
  }

  void print_row(const std::string& left, std::size_t column,
                 const std::vector<std::string>& addresses) {
    constexpr std::size_t kMostShown = 12;
    const std::size_t used = columns(left);
    out_ << left << std::string(used + 2 > column ? 2 : column - used, ' ');
    const std::size_t shown = std::min(addresses.size(), kMostShown);
    out_ << printable(comma_list(std::vector<std::string>(
        addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(shown))));
    if (shown < addresses.size()) {
      out_ << " and " << grouped_digits(addresses.size() - shown) << " more";
    }
    out_ << '\n';
  }

  std::ostream& out_;
  TreeStyle style_;
  Commands commands_;
  std::map<std::string, Recipients> places_ = {};
  std::size_t landing_ = 0;
  std::size_t failing_ = 0;
  std::size_t undecided_ = 0;
};

/// A graph for Graphviz; of many addresses, one of their domains.
class DotReport final : public MapReport {
 public:
  DotReport(std::ostream& out, Commands commands) : out_(out), commands_(commands) {}

  void add(const KnownAddress& known, const Trace& /*trace*/, const Outcome& full) override {
    const Outcome outcome = with_commands(full, commands_);
    for (const Landing& landing : outcome.landings) {
      const std::string place = written_form(landing);
      const std::string kind = landing.takes_recipient
                                   ? labelled(landing.words.kind, landing.words.target)
                                   : landing.words.kind;
      if (edges_.size() <= kMostEdges) {
        edges_.emplace(shown_form(known), place);
      }
      ++groups_[{known.address.domain, kind}];
    }
  }

  Result<Ok> end(const Coverage& coverage) override {
    out_ << "digraph lastmile {\n  rankdir=LR;\n  node [shape=box];\n";
    if (edges_.size() > kMostEdges) {
      out_ << "  label=\"too many addresses to be drawn: domains, and kinds of destinations\";\n";
      for (const auto& [edge, count] : groups_) {
        out_ << "  " << quoted(edge.first) << " -> " << quoted(edge.second) << " [label=\"" << count
             << "\"];\n";
      }
    } else {
      for (const auto& [address, place] : edges_) {
        out_ << "  " << quoted(address) << " -> " << quoted(place) << ";\n";
      }
    }
    out_ << "}\n";
    for (const std::string& gap : gaps_of(coverage)) {
      out_ << "// not listed: " << printable(gap) << '\n';
    }
    return Ok{};
  }

 private:
  static constexpr std::size_t kMostEdges = 5000;

  static std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char octet : printable(text)) {
      result.append(octet == '"' || octet == '\\' ? 1 : 0, '\\').append(1, octet);
    }
    return result + '"';
  }

  std::ostream& out_;
  Commands commands_;
  std::set<std::pair<std::string, std::string>> edges_ = {};
  std::map<std::pair<std::string, std::string>, std::size_t> groups_ = {};
};

}  // namespace

std::unique_ptr<MapReport> make_map_report(std::string_view name, std::ostream& out,
                                           const TreeStyle& style, Commands commands) {
  if (name == "tree") {
    return std::make_unique<TreeReport>(out, style, commands);
  }
  if (name == "tsv") {
    return std::make_unique<TsvReport>(out, commands);
  }
  if (name == "json") {
    return std::make_unique<JsonMapReport>(out, commands);
  }
  return name == "dot" ? std::make_unique<DotReport>(out, commands) : nullptr;
}

std::string redacted_command(std::string_view line) {
  line = trim(line);
  const std::string_view program = line.substr(0, line.find_first_of(" \t"));
  std::size_t arguments = 0;
  for (std::string_view rest = trim(line.substr(program.size())); !rest.empty();) {
    ++arguments;
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    rest = trim(rest.substr(end));
  }
  return std::string(program) +
         (arguments == 0 ? "" : " (" + counted(arguments, "argument", "arguments") + ")");
}

Outcome with_commands(Outcome outcome, Commands commands) {
  for (Landing& landing : outcome.landings) {
    if (commands == Commands::redacted && landing.words.kind == "command") {
      landing.words.target = redacted_command(landing.words.target);
    }
  }
  return outcome;
}

}  // namespace lastmile
