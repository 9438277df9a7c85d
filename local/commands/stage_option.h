#pragma once

#include <optional>
#include <string_view>

#include "local/resolving/resolve.h"
#include "transports/agents/message_headers.h"

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

/// What an MTA hands over has been given a Received: line when the MTA took it; in the other stages
/// it comes in now.
inline LoopRule loop_rule_of(Stage stage) {
  return stage == Stage::local ? LoopRule::below_received : LoopRule::every_header;
}

}  // namespace lastmile
