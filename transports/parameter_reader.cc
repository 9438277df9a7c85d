// SPDX-License-Identifier: Apache-2.0
#include "transports/parameter_reader.h"

#include <algorithm>
#include <charconv>

#include "aliases/overloaded.h"
#include "aliases/tables/table_list.h"
#include "aliases/text.h"
#include "transports/default_changes.h"

namespace lastmile {
namespace {

constexpr std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return std::int64_t{60} * 60;
    case 'd':
      return std::int64_t{24} * 60 * 60;
    case 'w':
      return std::int64_t{7} * 24 * 60 * 60;
    default:
      return 0;
  }
}

/// "a boolean is ..., not what people also write for it".
std::string_view boolean_meant(std::string_view value) {
  for (const std::string_view word : {"true", "on", "1", "y", "enable", "enabled"}) {
    if (equal_ignoring_case(value, word)) {
      return "yes";
    }
  }
  for (const std::string_view word : {"false", "off", "0", "n", "disable", "disabled"}) {
    if (equal_ignoring_case(value, word)) {
      return "no";
    }
  }
  return {};
}

}  // namespace

void ParameterReader::reject(std::string_view name, std::string_view value,
                             const std::optional<SourcePos>& source, std::string_view problem) {
  remember(name, misconfigured(
                     std::string(name) + ": \"" + printable(value) + "\": " + std::string(problem),
                     source));
}

void ParameterReader::remember(std::string_view name, Error error) {
  if (std::ranges::find(faults_, name, &ParameterFault::parameter) != faults_.end()) {
    return;
  }
  const Parameter* const parameter = find_parameter(name);
  faults_.push_back(
      {std::string(name), parameter != nullptr ? parameter->readers : readers_, std::move(error)});
}

void ParameterReader::read(const Parameter& parameter, Settings& settings) {
  const std::string_view name = parameter.name;
  if (!main_cf_.is_set(name) && has_changed_default(name)) {
    // Of later releases, or a choice that releases make otherwise: which one is here need not be
    // found out before somebody wants to know it.
    if (!default_parameter(name) || std::holds_alternative<BooleanParameter>(parameter.kind)) {
      return;
    }
  }
  readers_ = parameter.readers;
  std::visit(
      Overloaded{
          [&](const BooleanParameter& kind) { boolean(name, settings.*kind.member); },
          [&](const IntegerParameter& kind) {
            integer(name, settings.*kind.member, kind.minimum, kind.maximum);
          },
          [&](const OctetsParameter& kind) { octets(name, settings.*kind.member); },
          [&](const DurationParameter& kind) {
            duration(name, settings.*kind.member, kind.unit, std::chrono::seconds(1));
          },
          [&](const TextParameter& kind) { text(name, settings.*kind.member, kind.content); },
          [&](const ChoiceParameter& kind) { choice(name, settings.*kind.member, kind.allowed); },
          [&](const ListParameter& kind) { list(name, settings.*kind.member); },
          [&](const NamesParameter& kind) { names(name, settings.*kind.member, kind.allowed); },
          [&](const TablesParameter& kind) { tables(name, settings.*kind.member); },
          [&](const MatchListParameter& kind) { list(name, settings.*kind.member); },
      },
      parameter.kind);
}

ExpandedParameter ParameterReader::expand(std::string_view name) {
  auto parameter = main_cf_.expand_parameter(name);
  if (!parameter) {
    remember(name, std::move(parameter).error());
    return {};
  }
  return *parameter ? **std::move(parameter) : ExpandedParameter{};
}

void ParameterReader::boolean(std::string_view name, Setting<bool>& setting) {
  const ExpandedParameter parameter = expand(name);
  const bool yes = equal_ignoring_case(parameter.value, "yes");
  if (!yes && !equal_ignoring_case(parameter.value, "no")) {
    const std::string_view meant = boolean_meant(parameter.value);
    reject(name, parameter.value, parameter.source,
           meant.empty() ? "a boolean is yes or no"
                         : "a boolean is yes or no (did you mean \"" + std::string(meant) + "\"?)");
  }
  setting = {yes, parameter.source};
}

std::optional<std::int64_t> ParameterReader::number(std::string_view name,
                                                    const ExpandedParameter& parameter,
                                                    std::string_view digits) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, value);
  if (problem == std::errc::result_out_of_range) {
    reject(name, parameter.value, parameter.source, "the number is too large");
    return std::nullopt;
  }
  if (problem != std::errc() || stop != end) {
    reject(name, parameter.value, parameter.source, "not a whole number");
    return std::nullopt;
  }
  return value;
}

void ParameterReader::integer(std::string_view name, Setting<long>& setting, long minimum,
                              long maximum) {
  const ExpandedParameter parameter = expand(name);
  const auto value = number(name, parameter, parameter.value);
  if (value && (*value < minimum || *value > maximum)) {
    reject(name, parameter.value, parameter.source,
           "out of range (" + std::to_string(minimum) + " to " + std::to_string(maximum) + ")");
  }
  setting = {static_cast<long>(value.value_or(0)), parameter.source};
}

void ParameterReader::octets(std::string_view name, Setting<std::int64_t>& setting) {
  const ExpandedParameter parameter = expand(name);
  const auto value = number(name, parameter, parameter.value);
  if (value && *value < 0) {
    reject(name, parameter.value, parameter.source, "a size is 0 or more octets");
  }
  setting = {value.value_or(0), parameter.source};
}

void ParameterReader::duration(std::string_view name, Setting<std::chrono::seconds>& setting,
                               char default_unit, std::chrono::seconds minimum) {
  const ExpandedParameter parameter = expand(name);
  const std::string_view text = parameter.value;
  const std::size_t unit_begin = std::min(text.find_first_not_of("-0123456789"), text.size());
  // Postfix looks at one octet behind the digits and at nothing after it: "5m30s" is 5 minutes.
  const char unit = unit_begin < text.size() ? text[unit_begin] : default_unit;
  const auto count = number(name, parameter, text.substr(0, unit_begin));
  if (seconds_in(unit) == 0) {
    reject(name, text, parameter.source,
           std::string("bad time unit \"") + printable(std::string_view(&unit, 1)) +
               "\" (s, m, h, d, w)");
    return;
  }
  const std::int64_t value = count.value_or(0);
  if (value > std::numeric_limits<int>::max() / seconds_in(unit)) {
    reject(name, text, parameter.source, "the time is too long");
    return;
  }
  setting = {std::chrono::seconds(value * seconds_in(unit)), parameter.source};
  if (count && setting.value < minimum) {
    reject(name, text, parameter.source,
           "a time of at least " + std::to_string(minimum.count()) + "s is needed");
  }
}

void ParameterReader::text(std::string_view name, Setting<std::string>& setting,
                           TextParameter::Content content) {
  if (content == TextParameter::Content::not_expanded) {
    if (auto parameter = main_cf_.find(name)) {
      setting = {std::move(parameter->value), std::move(parameter->source)};
    }
    return;
  }
  ExpandedParameter parameter = expand(name);
  setting = {std::move(parameter.value), std::move(parameter.source)};
  if (content == TextParameter::Content::not_empty && setting.value.empty()) {
    reject(name, "", setting.source, "must not be empty");
  }
}

void ParameterReader::choice(std::string_view name, Setting<std::string>& setting,
                             std::string_view allowed) {
  text(name, setting, TextParameter::Content::any);
  const auto words = split_list(allowed);
  if (std::ranges::find(words, setting.value) == words.end()) {
    reject(name, setting.value, setting.source,
           "unknown value" + did_you_mean(setting.value, words) + " (" + comma_list(words) + ")");
  }
}

void ParameterReader::list(std::string_view name, Setting<std::vector<std::string>>& setting) {
  ExpandedParameter parameter = expand(name);
  const auto items = split_list(parameter.value, Braces::protect);
  setting = {{items.begin(), items.end()}, std::move(parameter.source)};
}

void ParameterReader::names(std::string_view name, Setting<NameSet>& setting,
                            std::string_view allowed) {
  const ExpandedParameter parameter = expand(name);
  const auto words = split_list(allowed);
  setting = {{}, parameter.source};
  for (const std::string_view word : split_list(parameter.value)) {
    if (std::ranges::find(words, word) == words.end()) {
      reject(name, parameter.value, parameter.source,
             "unknown name \"" + printable(word) + "\"" + did_you_mean(word, words) + " (" +
                 comma_list(words) + ")");
    }
    setting.value.emplace(word);
  }
}

void ParameterReader::tables(std::string_view name, Setting<std::vector<TableSpec>>& setting) {
  const ExpandedParameter parameter = expand(name);
  setting = {{}, parameter.source};
  auto specs = parse_table_list(parameter.value);
  if (!specs) {
    reject(name, parameter.value, parameter.source, specs.error().text);
    return;
  }
  setting.value = *std::move(specs);
}

}  // namespace lastmile
