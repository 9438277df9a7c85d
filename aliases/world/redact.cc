#include "aliases/world/redact.h"

#include <algorithm>
#include <array>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::string_view kRedacted = "REDACTED";

/// `name = value` where the name says that the value is a secret.
bool sets_password(std::string_view line) {
  constexpr std::array<std::string_view, 5> kEndings = {"password", "passwd", "bind_pw", "secret",
                                                        "passphrase"};
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  const std::string name = fold_ascii(trim(line.substr(0, equals)));
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&name](std::string_view ending) { return name.ends_with(ending); });
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
    const std::size_t end = std::min(line.find_first_of("/ \t,", host), line.size());
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
      const std::size_t end = std::min(line.find_first_of("& \t,\"'", value), line.size());
      line.replace(value, end - value, kRedacted);
    }
    at = value;
  }
  return line;
}

}  // namespace

std::string without_passwords(std::string_view text) {
  std::string result;
  bool in_password = false;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    const bool continues = !line.empty() && is_space(line.front());
    if (!continues && !line.empty() && line.front() != '#') {
      in_password = sets_password(line);
    }
    if (!in_password || line.empty() || line.front() == '#') {
      result += without_parameter_passwords(without_url_passwords(line));
    } else if (continues) {
      result += "#";  // A comment does not end a value, and keeps the line.
    } else {
      result.append(line.substr(0, line.find('=') + 1)).append(" ").append(kRedacted);
    }
    if (length < text.size()) {
      result += '\n';
    }
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return result;
}

}  // namespace lastmile
