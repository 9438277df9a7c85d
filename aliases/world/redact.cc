// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/redact.h"

#include <algorithm>
#include <optional>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::string_view kRedacted = "REDACTED";

/// Whether the value of a parameter, an option or a variable of this name is a secret.
bool is_secret(std::string_view name) {
  constexpr std::string_view kEndings[] = {"password", "passwd",     "bind_pw",
                                           "secret",   "passphrase", "_pwd"};
  const std::string folded = fold_ascii(name);
  return std::ranges::any_of(
      kEndings, [&folded](std::string_view ending) { return folded.ends_with(ending); });
}

/// The name of the parameter that a line sets; empty: it begins with something else.
std::string_view parameter_of(std::string_view line) {
  const std::string_view name = trim(line.substr(0, line.find('=')));
  return name.size() < line.size() && std::ranges::none_of(name, is_space) ? name : "";
}

/// In the place of a text: as many lines, of which none begins a new entry.
std::string redacted(std::string_view text) {
  std::string result(kRedacted);
  for (auto lines = std::ranges::count(text, '\n'); lines > 0; --lines) {
    result += "\n ";
  }
  return result;
}

/// The brace that closes the one at `begin`; the end of the text where none does.
std::size_t closing_brace(std::string_view text, std::size_t begin) {
  int depth = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      return at;
    }
  }
  return text.size();
}

/// `postgresql://user:password@host`: what stands between the second colon and the '@'.
std::string without_url_passwords(std::string_view line) {
  std::string result;
  constexpr std::string_view kAuthority = "://";
  for (;;) {
    const std::size_t begin = line.find(kAuthority);
    if (begin == std::string_view::npos) {
      return result.append(line);
    }
    const std::size_t host = begin + kAuthority.size();
    const std::size_t end = std::min(line.find_first_of("/ \t\n,", host), line.size());
    const std::string_view authority = line.substr(host, end - host);
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    result.append(line.substr(0, host));
    if (at != std::string_view::npos && colon < at) {
      result.append(authority.substr(0, colon + 1)).append(kRedacted).append(authority.substr(at));
    } else {
      result.append(authority);
    }
    line.remove_prefix(end);
  }
}

/// `postgresql://host/database?password=x&user=y`: the values of such parameters.
std::string without_parameter_passwords(std::string line) {
  constexpr std::string_view kName = "password=";
  for (std::size_t at = 0; (at = line.find(kName, at)) != std::string::npos;) {
    const std::size_t value = at + kName.size();
    const bool is_parameter = at > 0 && (line[at - 1] == '?' || line[at - 1] == '&');
    if (is_parameter) {
      const std::size_t end = std::min(line.find_first_of("& \t\n,\"'", value), line.size());
      line.replace(value, end - value, kRedacted);
    }
    at = value;
  }
  return line;
}

/// What stands in braces behind the name of a table type, without what it says.
std::string_view redacted_content(std::string_view type) {
  if (type == "inline") {
    return "{REDACTED=REDACTED}";
  }
  if (type == "unionmap" || type == "pipemap") {
    return "{static:REDACTED}";
  }
  return type == "randmap" ? "{REDACTED}" : "{{REDACTED REDACTED}}";
}

/// smtp_sasl_password_maps and its kin: tables that are written out where they are named.
std::string without_written_tables(std::string_view value) {
  constexpr std::string_view kStatic = "static";
  std::string result;
  for (;;) {
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) {
      return result.append(value);
    }
    const std::size_t content = colon + 1;
    std::size_t type = colon;
    while (type > 0 && is_name_char(value[type - 1])) {
      --type;
    }
    const std::string_view name = value.substr(type, colon - type);
    const bool in_braces = content < value.size() && value[content] == '{';
    const std::size_t end = in_braces
                                ? std::min(closing_brace(value, content) + 1, value.size())
                                : std::min(value.find_first_of(", \t\n", content), value.size());
    result.append(value.substr(0, content));
    if (name == kStatic) {
      result += redacted(value.substr(content, end - content));
    } else if (in_braces) {
      const std::string lines = redacted(value.substr(content, end - content));
      result.append(redacted_content(name)).append(lines, kRedacted.size());
    } else {
      // proxy:static:user:password: what follows may be a type again.
      const std::string_view rest = value.substr(content, end - content);
      if (rest.find(':') != std::string_view::npos) {
        value.remove_prefix(content);
        continue;
      }
      result.append(rest);
    }
    value.remove_prefix(end);
  }
}

/// A value whose parameter, option or variable has this name.
std::string without_secret(std::string_view name, std::string_view value) {
  if (is_secret(name)) {
    const std::size_t blanks = std::min(value.find_first_not_of(" \t"), value.size());
    return std::string(value.substr(0, blanks)) + redacted(value.substr(blanks));
  }
  return fold_ascii(name).ends_with("password_maps") ? without_written_tables(value)
                                                     : std::string(value);
}

/// Whether what ends here is followed by NAME=VALUE: `-o` or a variable of an environment.
bool announces_setting(std::string_view before, std::string_view parameter) {
  constexpr std::string_view kOption = "-o";
  const std::string_view word = trim(before);
  const bool is_option =
      word == kOption || (word.ends_with(kOption) && is_space(word[word.size() - 3]));
  return is_option || (parameter.ends_with("_environment") && is_space(before.back()));
}

/// Where a setting `NAME = VALUE` stands in an entry.
struct SettingSpan {
  std::string_view name = {};
  std::size_t end = 0;  ///< Of the value, which begins behind the '='.
};

/// The setting whose '=' is at `equals`; nullopt where this is no setting.
std::optional<SettingSpan> find_setting(std::string_view entry, std::size_t equals,
                                        std::string_view parameter) {
  const std::size_t value = equals + 1;
  std::size_t name_end = equals;
  while (name_end > 0 && is_space(entry[name_end - 1])) {
    --name_end;
  }
  std::size_t name = name_end;
  while (name > 0 && is_name_char(entry[name - 1])) {
    --name;
  }
  const std::string_view before = trim(entry.substr(0, name));
  SettingSpan span = {entry.substr(name, name_end - name), 0};
  if (before.ends_with('{')) {
    span.end = closing_brace(entry, entry.rfind('{', name));
    return span;
  }
  span.end = std::min(entry.find_first_of(" \t\n", value), entry.size());
  return !before.empty() && announces_setting(entry.substr(0, name), parameter)
             ? std::optional(span)
             : std::nullopt;
}

/// `-o NAME=VALUE`, `-o { NAME = VALUE }` and the variables of import_environment.
std::string without_setting_passwords(std::string_view entry, std::string_view parameter) {
  std::string result;
  std::size_t done = 0;
  std::size_t equals = 0;
  while ((equals = entry.find('=', equals)) != std::string_view::npos) {
    const auto setting = find_setting(entry, equals, parameter);
    ++equals;
    if (setting) {
      const std::string_view value = entry.substr(equals, setting->end - equals);
      result.append(entry.substr(done, equals - done));
      result += without_secret(setting->name, value);
      done = equals = setting->end;
    }
  }
  return result.append(entry.substr(done));
}

/// The first line of an entry and those that continue it, with the comments between them.
std::string_view take_entry(std::string_view& text) {
  std::size_t end = 0;
  for (bool is_first = true; end < text.size(); is_first = false) {
    const char begin = text[end];
    if (!is_first && begin != '#' && begin != '\n' && !is_space(begin)) {
      break;
    }
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  const std::string_view entry = text.substr(0, end);
  text.remove_prefix(end);
  return entry;
}

/// `password = x`, and the lines that continue it.
std::string redacted_entry(std::string_view entry) {
  std::string result;
  for (bool is_first = true; !entry.empty(); is_first = false) {
    const std::size_t end = std::min(entry.find('\n'), entry.size());
    const std::string_view line = entry.substr(0, end);
    if (is_first) {
      result.append(line.substr(0, line.find('=') + 1)).append(" ").append(kRedacted);
    } else if (!line.empty() && is_space(line.front())) {
      result += '#';  // A comment does not end a value, and keeps the line.
    } else {
      result.append(line);
    }
    if (end < entry.size()) {
      result += '\n';
    }
    entry.remove_prefix(std::min(end + 1, entry.size()));
  }
  return result;
}

/// `# password = x`: what is commented out has been a password, and may be one elsewhere.
std::string without_commented_passwords(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    const std::size_t begin = std::min(line.find_first_not_of("# \t"), line.size());
    if (line.starts_with('#') && is_secret(parameter_of(line.substr(begin)))) {
      result.append(line.substr(0, line.find('=') + 1)).append(" ").append(kRedacted);
    } else {
      result.append(line);
    }
    result.append(text.substr(line.size(), 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return result;
}

std::string without_passwords_of(std::string_view entry) {
  const std::string_view name = entry.starts_with('#') ? "" : parameter_of(entry);
  if (is_secret(name)) {
    return redacted_entry(entry);
  }
  std::string text = without_parameter_passwords(without_url_passwords(entry));
  if (fold_ascii(name).ends_with("password_maps")) {
    return without_written_tables(text);
  }
  return without_setting_passwords(text, name);
}

}  // namespace

std::string without_passwords(std::string_view text) {
  const std::string commented = without_commented_passwords(text);
  std::string result;
  for (std::string_view rest = commented; !rest.empty();) {
    result += without_passwords_of(take_entry(rest));
  }
  return result;
}

}  // namespace lastmile
