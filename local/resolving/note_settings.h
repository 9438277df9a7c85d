// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "local/resolving/trace.h"
#include "transports/configuration.h"

namespace lastmile {

/// A setting that changes where mail lands and is not followed.
struct SettingNote {
  std::string text = {};
  std::optional<SourcePos> source = {};
  bool is_of_content = false;  ///< It is followed where there is a message.
};

/// What a trace says of a configuration before anything else. The same for every address.
struct SettingNotes {
  /// The parameters, of main.cf and of the services that all mail passes, that are set and not
  /// followed.
  std::vector<SettingNote> unfollowed = {};
  /// The tables that are read from their texts, since their indexes are not there.
  std::optional<SettingNote> uncompiled = {};
};

/// \param path    the programs that the mail passes
/// \param system  main.cf as it is
SettingNotes notes_of_settings(const MailPath& path, const Settings& system, World& world);

/// Says in a trace which Postfix is meant, who says so, and which rules of later releases than the
/// oldest one have decided something.
void note_release(const PostfixRelease& release, Trace& trace);

}  // namespace lastmile
