#include "local/checks/finding.h"

#include <array>

namespace lastmile {
namespace {

constexpr std::array kSeverities = {Severity::notice, Severity::warning, Severity::error};

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "";
}

std::optional<Severity> parse_severity(std::string_view name) {
  for (const Severity severity : kSeverities) {
    if (name_of(severity) == name) {
      return severity;
    }
  }
  return std::nullopt;
}

std::string_view name_of(Needs needs) {
  switch (needs) {
    case Needs::text:
      return "text";
    case Needs::tables:
      return "tables";
    case Needs::rights:
      return "rights";
    case Needs::trace:
      return "trace";
    case Needs::live:
      return "live";
    case Needs::probe:
      return "probe";
  }
  return "";
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::size_t star = std::string_view::npos;  // The last '*', and what it stands for up to here.
  std::size_t behind_star = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text]) &&
        pattern[at] != '*') {
      ++at;
      ++in_text;
    } else if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = in_text;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_text = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace lastmile
