// SPDX-License-Identifier: Apache-2.0
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

std::string unfilled(std::string_view placeholder) {
  return "\"" + printable(placeholder) + "\" is a placeholder that nothing has filled in";
}

/// "ERROR; FILE:LINE: NAME: REASON".
Error with_reason(Error error, const std::optional<SourcePos>& source, const std::string& name,
                  const std::string& reason) {
  error.text += "; ";
  error.text += source ? to_string(*source) + ": " : "";
  error.text += name + ": " + reason;
  if (!error.source) {
    error.source = source;
  }
  return error;
}

/// A placeholder with blanks in it, of which a list has made several items: `named` is the first.
std::optional<std::string_view> divided(std::string_view value, std::string_view named) {
  const auto placeholder = find_placeholder(value);
  return placeholder && placeholder->find_first_of(" \t") != std::string_view::npos &&
                 named.ends_with(placeholder->substr(0, placeholder->find_first_of(" \t")))
             ? placeholder
             : std::nullopt;
}

/// The file of settings that a table has; empty: it has none, or a path is no name of one.
std::string settings_file(std::string_view named) {
  constexpr std::string_view kTypes[] = {"ldap:", "memcache:", "mysql:", "pgsql:", "sqlite:"};
  constexpr std::string_view kWrapped[] = {"proxy:", "debug:"};
  for (const std::string_view wrapped : kWrapped) {
    named.remove_prefix(named.starts_with(wrapped) ? wrapped.size() : 0);
  }
  const bool has_settings =
      std::ranges::any_of(kTypes, [&](std::string_view type) { return named.starts_with(type); });
  const std::string_view path = named.substr(named.find(':') + 1);
  return std::string(has_settings && path.starts_with('/') ? path : "");
}

/// Says which line of the settings of a table nobody has filled.
Error explain_by_settings(World& world, std::string_view named, Error error) {
  constexpr std::size_t kMaxSettings = std::size_t{1024} * 1024;
  const std::string path = settings_file(named);
  if (path.empty()) {
    return error;
  }
  const auto file = world.read_file(path, {0, 0, {}, "root"}, Symlinks::follow, kMaxSettings);
  if (!file || !*file) {
    return error;
  }
  std::string_view rest = (*file)->content;
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    const auto placeholder = line.starts_with('#') || equals == std::string_view::npos
                                 ? std::nullopt
                                 : find_placeholder(line.substr(equals + 1));
    if (placeholder) {
      return with_reason(std::move(error), SourcePos{path, number},
                         std::string(trim(line.substr(0, equals))), unfilled(*placeholder));
    }
  }
  return error;
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

Error explain_unfilled_template(const MainCf& main_cf, World& world, std::string_view named,
                                Error error) {
  // In braces stands a table, not the name of one.
  const auto placeholder =
      named.find(":{") == std::string_view::npos ? find_placeholder(named) : std::nullopt;
  for (const std::string& name : main_cf.set_names()) {
    const auto written = main_cf.find(name);
    const auto value = main_cf.expand(name);
    if (!written || !value || !*value || (*value)->find(named) == std::string::npos) {
      continue;
    }
    const std::string undefined = undefined_name(main_cf, written->value);
    if (const auto unfilled_one = placeholder ? placeholder : divided(written->value, named)) {
      return with_reason(std::move(error), written->source, name, unfilled(*unfilled_one));
    }
    if (!undefined.empty()) {
      return with_reason(std::move(error), written->source, name,
                         "$" + undefined + " is no parameter and stands for nothing");
    }
  }
  return explain_by_settings(world, named, std::move(error));
}

}  // namespace lastmile
