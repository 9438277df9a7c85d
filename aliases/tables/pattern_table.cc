// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/pattern_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aliases/tables/replacement.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

using Match = Expression::Match;

struct Pattern {
  std::unique_ptr<Expression> expression = {};
  bool is_negated = false;
};

struct Rule {
  enum class Kind { result, condition };

  Kind kind = Kind::result;
  int line = 0;
  Pattern pattern = {};
  std::optional<Pattern> second = {};
  Replacement replacement = {};
  std::size_t block_end = 0;  ///< Of a condition: the rule behind its endif.
};

/// A pattern as it is written.
struct PatternText {
  std::string text = {};
  std::string flags = {};
  bool is_negated = false;
};

Error rule_error(std::string text) {
  return malformed(std::move(text));
}

/// Reads the rules of one table, in the order of the text.
class RuleParser {
 public:
  RuleParser(const PatternLanguage& language, const TableSpec& spec, const TablePolicy& policy)
      : language_(language), spec_(spec), policy_(policy) {}

  void parse(std::string_view content) {
    LineReader lines(content);
    while (const auto line = lines.next()) {
      line_ = line->number;
      if (line->is_stray) {
        warn(stray_line_text(line->text));
        continue;
      }
      if (auto added = add(trim(line->text)); !added) {
        warn(std::move(added).error().text + ": skipping this rule");
      }
    }
    for (const std::size_t open : open_conditions_) {
      line_ = rules[open].line;
      warn("IF has no matching ENDIF");
      rules[open].block_end = rules.size();
    }
  }

  std::vector<Rule> rules = {};
  std::vector<Error> warnings = {};

 private:
  void warn(std::string text) {
    warnings.push_back(line_warning(spec_.name, line_, std::move(text)));
  }

  Result<Ok> add(std::string_view line) {
    if (!is_alphanumeric(line.front())) {
      return add_result(line);
    }
    if (take_word(line, "if")) {
      return add_condition(line);
    }
    if (take_word(line, "endif")) {
      return end_condition(line);
    }
    return rule_error("ignoring unrecognized request");
  }

  Result<Ok> add_result(std::string_view line) {
    auto first = take_pattern(line);
    if (!first) {
      return std::move(first).error();
    }
    std::optional<PatternText> second;
    if (language_.has_second_pattern && line.starts_with('!')) {
      auto taken = take_pattern(line);
      if (!taken) {
        return std::move(taken).error();
      }
      second = *std::move(taken);
    }
    line = trim(line);
    if (line.empty()) {
      warn("no replacement text: using empty string");
    }
    auto replacement = Replacement::parse(line);
    if (!replacement) {
      return std::move(replacement).error();
    }
    if (auto fit = check_substitution(*replacement, *first); !fit) {
      return fit;
    }
    return add_result(*first, second, *std::move(replacement));
  }

  Result<Ok> add_result(const PatternText& first, const std::optional<PatternText>& second,
                        Replacement replacement) {
    Rule rule;
    rule.line = line_;
    if (auto compiled = compile(first, replacement.max_group() > 0, rule.pattern); !compiled) {
      return compiled;
    }
    if (replacement.max_group() > rule.pattern.expression->group_count()) {
      return rule_error("out of range replacement index \"" +
                        std::to_string(replacement.max_group()) + "\"");
    }
    if (second) {
      if (auto compiled = compile(*second, false, rule.second.emplace()); !compiled) {
        return compiled;
      }
    }
    rule.replacement = std::move(replacement);
    rules.push_back(std::move(rule));
    return Ok{};
  }

  Result<Ok> check_substitution(const Replacement& replacement, const PatternText& pattern) const {
    if (replacement.max_group() > 0 && pattern.is_negated) {
      return rule_error("$number found in negative match replacement text");
    }
    if (replacement.max_group() > 0 && !policy_.allow_substitution) {
      return rule_error("regular expression substitution is not allowed");
    }
    return Ok{};
  }

  Result<Ok> add_condition(std::string_view line) {
    const auto pattern = take_pattern(line);
    if (!pattern) {
      return pattern.error();
    }
    if (!trim(line).empty()) {
      warn("ignoring extra text after IF statement: \"" + printable(trim(line)) + "\"");
    }
    Rule rule;
    rule.kind = Rule::Kind::condition;
    rule.line = line_;
    if (auto compiled = compile(*pattern, false, rule.pattern); !compiled) {
      return compiled;
    }
    open_conditions_.push_back(rules.size());
    rules.push_back(std::move(rule));
    return Ok{};
  }

  Result<Ok> end_condition(std::string_view line) {
    if (open_conditions_.empty()) {
      return rule_error("ignoring ENDIF without matching IF");
    }
    if (!line.empty()) {
      warn("ignoring extra text after ENDIF");
    }
    rules[open_conditions_.back()].block_end = rules.size();
    open_conditions_.pop_back();
    return Ok{};
  }

  /// Takes one pattern with its delimiters and flags off the front of `line`.
  Result<PatternText> take_pattern(std::string_view& line) {
    PatternText pattern;
    pattern.is_negated = take_negation(line);
    if (line.empty()) {
      return rule_error("no regexp");
    }
    const char delimiter = line.front();
    std::size_t end = 1;
    while (end < line.size() && line[end] != delimiter) {
      end += line[end] == '\\' ? 2 : 1;
    }
    if (end >= line.size()) {
      return rule_error(std::string("no closing regexp delimiter \"") + delimiter + "\"");
    }
    pattern.text = line.substr(1, end - 1);
    line.remove_prefix(end + 1);
    return take_flags(line, std::move(pattern));
  }

  Result<PatternText> take_flags(std::string_view& line, PatternText pattern) {
    while (!line.empty() && !is_space(line.front()) &&
           !(language_.has_second_pattern && line.front() == '!')) {
      const char flag = line.front();
      if (language_.ignored_flags.find(flag) != std::string_view::npos) {
        warn(std::string("ignoring obsolete regexp option \"") + flag + "\"");
      } else if (language_.flags.find(flag) == std::string_view::npos) {
        return rule_error("unknown regexp option \"" + printable({&flag, 1}) + "\"");
      } else {
        pattern.flags += flag;
      }
      line.remove_prefix(1);
    }
    return pattern;
  }

  Result<Ok> compile(const PatternText& text, bool groups_wanted, Pattern& pattern) const {
    auto expression = language_.compile(text.text, text.flags, groups_wanted);
    if (!expression) {
      return std::move(expression).error();
    }
    pattern = {*std::move(expression), text.is_negated};
    return Ok{};
  }

  const PatternLanguage& language_;
  const TableSpec& spec_;
  const TablePolicy& policy_;
  int line_ = 0;
  std::vector<std::size_t> open_conditions_ = {};
};

class PatternTable final : public Table {
 public:
  PatternTable(TableSpec spec, TableOwner owner, bool want_source, RuleParser parsed)
      : Table(std::move(spec), owner),
        want_source_(want_source && !is_inline_text(this->spec())),
        rules_(std::move(parsed.rules)),
        warnings_(std::move(parsed.warnings)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    key_ = key;
    for (std::size_t i = 0; i < rules_.size();) {
      const Rule& rule = rules_[i];
      const auto applies = matches(rule);
      if (!applies) {
        return failed(rule, applies.error());
      }
      if (rule.kind == Rule::Kind::condition) {
        i = *applies == Match::yes ? i + 1 : rule.block_end;
      } else if (*applies == Match::yes) {
        return std::optional(entry_of(rule));
      } else {
        ++i;
      }
    }
    return std::nullopt;
  }
  std::vector<Error> warnings() const override { return warnings_; }

 private:
  Result<Match> matches(const Rule& rule) {
    auto* groups = rule.replacement.max_group() > 0 ? &groups_ : nullptr;
    auto first = matches(rule.pattern, groups);
    if (!first || *first == Match::no || !rule.second) {
      return first;
    }
    return matches(*rule.second, nullptr);
  }

  Result<Match> matches(const Pattern& pattern, std::vector<std::string_view>* groups) {
    auto match = pattern.expression->match(key_, groups);
    if (!match || !pattern.is_negated) {
      return match;
    }
    return *match == Match::yes ? Match::no : Match::yes;
  }

  TableEntry entry_of(const Rule& rule) const {
    TableEntry entry{rule.replacement.expand(groups_)};
    if (want_source_) {
      entry.source = SourcePos{spec().name, rule.line};
    }
    return entry;
  }

  /// Postfix goes on to the next rule, as if this one did not match: an answer that depends on how
  /// long the key was. Here nobody knows, and the recipient is tried again.
  Error failed(const Rule& rule, const Error& error) const {
    return {error.kind, error.text, SourcePos{spec().name, rule.line}, {}};
  }

  bool want_source_;
  std::vector<Rule> rules_;
  std::vector<Error> warnings_;
  std::string key_ = {};
  std::vector<std::string_view> groups_ = {};  ///< Of the last match, into key_.
};

}  // namespace

Result<std::unique_ptr<Table>> open_pattern_table(const TableSpec& spec, World& world,
                                                  const TablePolicy& policy,
                                                  const PatternLanguage& language) {
  const auto text = read_rule_text(world, spec);
  if (!text) {
    return text.error();
  }
  RuleParser parser(language, spec, policy);
  parser.parse(text->content);
  return std::unique_ptr<Table>(
      std::make_unique<PatternTable>(spec, text->owner, policy.want_source, std::move(parser)));
}

}  // namespace lastmile
