// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "local/options.h"
#include "local/resolving/resolve.h"
#include "transports/entry_services.h"

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

/// The service of --via, and without it the smtpd(8) at port 25, null where there is none; null,
/// too, for what an MTA has routed. \return an Error when master.cf has no such service
inline Result<const Service*> entry_of(const Options& values, Stage stage,
                                       const Settings& settings) {
  if (stage == Stage::local) {
    return static_cast<const Service*>(nullptr);
  }
  return values.has("via") ? find_entry(settings.master_cf, values.text("via"))
                           : default_entry(settings.master_cf);
}

}  // namespace lastmile
