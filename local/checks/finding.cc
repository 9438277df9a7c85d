// SPDX-License-Identifier: Apache-2.0
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

}  // namespace lastmile
