#include "transports/unfilled_template.h"

#include <algorithm>
#include <utility>

#include "aliases/macro.h"
#include "aliases/text.h"

namespace lastmile {

namespace {

/// How a placeholder begins and ends.
struct Form {
  std::string_view begin = {};
  std::string_view end = {};
};

constexpr Form kForms[] = {{"@@", "@@"}, {"{{", "}}"}, {"{%", "%}"},
                           {"<%", "%>"}, {"%%", "%%"}, {"__", "__"}};

/// The text of a placeholder is a name or an expression on one line.
bool is_name_or_expression(std::string_view text) {
  return !trim(text).empty() && std::ranges::all_of(text, [](char octet) {
    return is_name_char(octet) || std::string_view(" .-=|'\"()[]").find(octet) != std::string::npos;
  });
}

/// A `$name` of a value that main.cf does not give a value to; empty: there is none.
std::string undefined_name(const MainCf& main_cf, std::string_view value) {
  std::string undefined;
  const auto expanded = expand_macros(value, [&](std::string_view name) {
    auto found = main_cf.expand(name);
    if (found && !*found && undefined.empty()) {
      undefined = name;
    }
    return found ? *std::move(found) : std::nullopt;
  });
  return expanded && expanded->undefined_name ? undefined : "";
}

}  // namespace

std::optional<std::string_view> find_placeholder(std::string_view text) {
  std::optional<std::string_view> first;
  for (const Form& form : kForms) {
    const std::size_t begin = text.find(form.begin);
    const std::size_t end =
        begin == std::string_view::npos ? begin : text.find(form.end, begin + form.begin.size());
    if (end == std::string_view::npos) {
      continue;
    }
    const std::string_view inside =
        text.substr(begin + form.begin.size(), end - begin - form.begin.size());
    const bool is_earlier = !first || begin < static_cast<std::size_t>(first->data() - text.data());
    if (is_earlier && is_name_or_expression(inside)) {
      first = text.substr(begin, end + form.end.size() - begin);
    }
  }
  return first;
}

Error explain_unfilled_template(const MainCf& main_cf, const TableSpec& spec, Error error) {
  // In braces stands a table, not the name of one.
  const auto placeholder = spec.name.starts_with('{') ? std::nullopt : find_placeholder(spec.name);
  for (const std::string& name : main_cf.set_names()) {
    const auto written = main_cf.find(name);
    const auto value = main_cf.expand(name);
    if (!written || !value || !*value || (*value)->find(to_string(spec)) == std::string::npos) {
      continue;
    }
    const std::string undefined = undefined_name(main_cf, written->value);
    if (!placeholder && undefined.empty()) {
      continue;
    }
    error.text += "; ";
    error.text += written->source ? to_string(*written->source) + ": " : "";
    error.text += name + ": ";
    error.text += placeholder ? "\"" + printable(*placeholder) +
                                    "\" is a placeholder that nothing has filled in"
                              : "$" + undefined + " is no parameter and stands for nothing";
    if (!error.source) {
      error.source = written->source;
    }
    return error;
  }
  return error;
}

}  // namespace lastmile
