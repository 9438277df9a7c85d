#pragma once

#include <optional>
#include <string_view>

#include "local/resolving/resolve.h"

namespace lastmile {

/// The value of --stage.
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
