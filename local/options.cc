// SPDX-License-Identifier: Apache-2.0
#include "local/options.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <ostream>

#include "aliases/text.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace po = boost::program_options;

namespace {

/// The words that are no options.
constexpr const char* kWords = " words";

std::vector<const OptionRow*> rows_of(std::string_view command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_rows()) {
    if (takes(command, row)) {
      rows.push_back(&row);
    }
  }
  return rows;
}

/// The row that has the option, written with its dashes or, in its long form, without.
const OptionRow* find_row(std::string_view command, std::string_view option) {
  const bool is_letter = option.size() == 2 && option.front() == '-';
  const std::string_view name = option.starts_with("--") ? option.substr(2) : option;
  for (const OptionRow* row : rows_of(command)) {
    if (is_letter ? row->letters.find(option[1]) != std::string_view::npos : row->name == name) {
      return row;
    }
  }
  return nullptr;
}

const OptionRow& row_of(std::string_view command, std::string_view key) {
  const auto rows = option_rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const OptionRow& row) {
    return key_of(row) == key && takes(command, row);
  });
  LM_CHECK(found != rows.end());
  return *found;
}

std::string written(const OptionRow& row) {
  return (row.name.empty() ? "-" : "--") + std::string(key_of(row));
}

std::vector<std::string_view> choices_of(const OptionRow& row) {
  std::vector<std::string_view> choices;
  for (std::string_view rest = row.value; rest.find('|') != std::string_view::npos;) {
    const auto bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest.remove_prefix(bar + 1);
    if (rest.find('|') == std::string_view::npos) {
      choices.push_back(rest);
    }
  }
  return choices;
}

/// "full, local or smtp".
std::string enumerated(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

/// What the library is told of the options.
po::options_description describe(std::string_view command) {
  po::options_description description;
  const auto add = [&description](const std::string& names, bool has_value) {
    if (has_value) {
      description.add_options()(names.c_str(), po::value<std::vector<std::string>>());
    } else {
      description.add_options()(names.c_str(), "");
    }
  };
  for (const OptionRow* row : rows_of(command)) {
    const bool has_value = !row->value.empty();
    std::string_view letters = row->letters;
    std::string names(row->name);
    if (!letters.empty()) {
      names.append(",").append(letters.substr(0, 1));
      letters.remove_prefix(1);
    }
    add(names, has_value);
    for (const char letter : letters) {
      add(std::string(",") + letter, has_value);
    }
  }
  description.add_options()(kWords, po::value<std::vector<std::string>>());
  return description;
}

Error unknown_option(std::string_view command, const std::string& option) {
  std::vector<std::string> names;
  for (const OptionRow* row : rows_of(command)) {
    if (!row->name.empty()) {
      names.push_back("--" + std::string(row->name));
    }
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return malformed("unknown option " + option +
                   (option.starts_with("--") ? did_you_mean(option, candidates) : ""));
}

/// \param option  as the library names it: one letter, too, may have two dashes
Error value_missing(std::string_view command, const std::string& option) {
  const bool is_letter = option.size() == 3 && option.starts_with("--");
  const std::string name = is_letter ? option.substr(1) : option;
  const OptionRow* row = find_row(command, name);
  return malformed(name + " wants a value" +
                   (row == nullptr || row->value.empty() ? "" : ": " + std::string(row->value)));
}

/// The words of the library's parser into ours.
Result<Options> collect(const po::parsed_options& parsed, std::string command) {
  Options options(std::move(command));
  for (const po::option& option : parsed.options) {
    if (option.string_key == kWords) {
      std::for_each(option.value.begin(), option.value.end(),
                    [&options](const std::string& word) { options.add_word(word); });
      continue;
    }
    const OptionRow* row = find_row(options.command(), option.string_key);
    LM_CHECK(row != nullptr);
    if (auto added = options.add(*row, option.value.empty() ? "" : option.value.front()); !added) {
      return std::move(added).error();
    }
  }
  return options;
}

}  // namespace

// ---- Options

std::size_t Options::count(std::string_view key) const {
  return values(key).size();
}

std::string Options::text(std::string_view key) const {
  const auto& all = values(key);
  return all.empty() ? std::string(row_of(command_, key).fallback) : all.back();
}

const std::vector<std::string>& Options::values(std::string_view key) const {
  static const std::vector<std::string> kNone;
  const auto found = given_.find(key_of(row_of(command_, key)));
  return found == given_.end() ? kNone : found->second;
}

Result<Ok> Options::add(const OptionRow& row, const std::string& value) {
  std::string accepted = value;
  if (const auto choices = choices_of(row); !choices.empty()) {
    const auto found = std::find_if(choices.begin(), choices.end(), [&](std::string_view choice) {
      return equal_ignoring_case(choice, value);
    });
    if (found == choices.end()) {
      return malformed(written(row) + " wants " + enumerated(choices) + ", not \"" + value + '"' +
                       did_you_mean(value, choices));
    }
    accepted = *found;
  }
  std::vector<std::string>& given = given_[key_of(row)];
  const bool is_flag = row.value.empty();
  if (row.repeat == Repeat::never && !is_flag && !given.empty() && given.back() != accepted) {
    return malformed(written(row) + " is given twice: \"" + given.back() + "\" and \"" + accepted +
                     '"');
  }
  given.push_back(std::move(accepted));
  return Ok{};
}

// ---- Reading

Result<Options> read_options(std::span<const std::string> arguments, std::string command) {
  namespace style = po::command_line_style;
  constexpr int kExactNames = style::unix_style & ~style::allow_guessing;
  const po::options_description description = describe(command);
  po::positional_options_description positional;
  positional.add(kWords, -1);
  const std::vector<std::string> words(arguments.begin(), arguments.end());
  try {
    const auto parsed = po::command_line_parser(words)
                            .options(description)
                            .positional(positional)
                            .style(kExactNames)
                            .run();
    return collect(parsed, std::move(command));
  } catch (const po::unknown_option& error) {
    return unknown_option(command, error.get_option_name());
  } catch (const po::invalid_command_line_syntax& error) {
    using Kind = po::invalid_syntax::kind_t;
    if (error.kind() == Kind::missing_parameter || error.kind() == Kind::empty_adjacent_parameter) {
      return value_missing(command, error.get_option_name());
    }
    return malformed(error.what());
  } catch (const po::error& error) {
    return malformed(error.what());
  }
}

std::size_t global_option_size(std::span<const std::string> words) {
  if (words.empty() || words.front().size() < 2 || words.front().front() != '-') {
    return 0;
  }
  const std::string& word = words.front();
  const bool is_long = word.starts_with("--");
  const auto end = is_long ? std::min(word.find('='), word.size()) : 2;
  const OptionRow* row = find_row(kBeforeCommand, word.substr(0, end));
  if (row == nullptr) {
    return 0;
  }
  const bool is_attached = is_long ? end < word.size() : word.size() > 2;
  return row->value.empty() || is_attached ? 1 : 2;
}

// ---- Help

namespace {

/// "  -f, --sender ADDRESS".
std::string left_column(const OptionRow& row) {
  std::string text;
  for (const char letter : row.letters) {
    text.append(text.empty() ? "  -" : ", -") += letter;
  }
  if (!row.name.empty()) {
    text.append(text.empty() ? "  --" : ", --").append(row.name);
  }
  if (!row.value.empty()) {
    text.append(" ").append(row.value);
  }
  return text;
}

std::string help_of(const OptionRow& row) {
  const std::string text(row.help);
  return row.fallback.empty() ? text : text + " (default: " + std::string(row.fallback) + ')';
}

}  // namespace

void print_options(std::ostream& out, std::string_view command) {
  constexpr std::size_t kHelpColumn = 25;
  constexpr std::size_t kWidth = 79;
  for (const OptionRow* row : rows_of(command)) {
    if (is_global(*row) && command != kBeforeCommand) {
      continue;
    }
    std::string line = left_column(*row);
    if (line.size() + 2 > kHelpColumn) {
      out << line << '\n';
      line.clear();
    }
    for (const std::string& part : wrap(help_of(*row), kWidth - kHelpColumn)) {
      line.resize(kHelpColumn, ' ');
      out << line << part << '\n';
      line.clear();
    }
  }
}

}  // namespace lastmile
