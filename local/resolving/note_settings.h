#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "transports/settings.h"

namespace lastmile {

/// A setting that changes where mail lands and is not followed.
struct SettingNote {
  std::string text = {};
  std::optional<SourcePos> source = {};
};

/// Which parameters, of main.cf and of the services that all mail passes, are set and not followed.
/// The same for every address.
std::vector<SettingNote> unfollowed_settings(const Settings& settings);

}  // namespace lastmile
