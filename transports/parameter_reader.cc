#include "transports/parameter_reader.h"

#include <algorithm>
#include <charconv>

#include "aliases/tables/table_list.h"
#include "aliases/text.h"

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

std::string join(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : ", ").append(word);
  }
  return text;
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
  if (!failure_) {
    failure_ = misconfigured(
        std::string(name) + ": \"" + printable(value) + "\": " + std::string(problem), source);
  }
}

ExpandedParameter ParameterReader::expand(std::string_view name) {
  auto parameter = main_cf_.expand_parameter(name);
  if (!parameter) {
    if (!failure_) {
      failure_ = std::move(parameter).error();
    }
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

void ParameterReader::text(std::string_view name, Setting<std::string>& setting) {
  ExpandedParameter parameter = expand(name);
  setting = {std::move(parameter.value), std::move(parameter.source)};
}

void ParameterReader::some_text(std::string_view name, Setting<std::string>& setting) {
  text(name, setting);
  if (setting.value.empty()) {
    reject(name, "", setting.source, "must not be empty");
  }
}

void ParameterReader::raw_text(std::string_view name, Setting<std::string>& setting) {
  if (auto parameter = main_cf_.find(name)) {
    setting = {std::move(parameter->value), std::move(parameter->source)};
  }
}

void ParameterReader::choice(std::string_view name, Setting<std::string>& setting,
                             std::initializer_list<std::string_view> allowed) {
  text(name, setting);
  if (std::ranges::find(allowed, setting.value) == allowed.end()) {
    reject(name, setting.value, setting.source,
           "unknown value" +
               did_you_mean(setting.value, std::span(allowed.begin(), allowed.size())) + " (" +
               join(allowed) + ")");
  }
}

void ParameterReader::list(std::string_view name, Setting<std::vector<std::string>>& setting) {
  ExpandedParameter parameter = expand(name);
  const auto items = split_list(parameter.value, Braces::protect);
  setting = {{items.begin(), items.end()}, std::move(parameter.source)};
}

void ParameterReader::names(std::string_view name, Setting<NameSet>& setting,
                            std::initializer_list<std::string_view> allowed) {
  const ExpandedParameter parameter = expand(name);
  setting = {{}, parameter.source};
  for (const std::string_view word : split_list(parameter.value)) {
    if (std::ranges::find(allowed, word) == allowed.end()) {
      reject(name, parameter.value, parameter.source,
             "unknown name \"" + printable(word) + "\"" +
                 did_you_mean(word, std::span(allowed.begin(), allowed.size())) + " (" +
                 join(allowed) + ")");
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
