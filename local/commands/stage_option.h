#pragma once

#include <optional>
#include <string_view>

#include "local/resolving/resolve.h"

namespace lastmile {

inline constexpr const char* kStageHelp =
    "full: rewriting, virtual aliases, transports, then local delivery; "
    "local: what an MTA that has routed the message hands over; "
    "smtp: full, and what smtpd would refuse is refused";

inline std::optional<Stage> parse_stage(std::string_view text) {
  if (text == "full") {
    return Stage::full;
  }
  if (text == "local") {
    return Stage::local;
  }
  if (text == "smtp") {
    return Stage::smtp;
  }
  return std::nullopt;
}

}  // namespace lastmile
