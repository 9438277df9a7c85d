// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/note_settings.h"

#include <set>
#include <string>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/tables/uncompiled_table.h"
#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "transports/default_parameters.h"
#include "transports/followed_parameters.h"
#include "transports/site_contents.h"

namespace lastmile {

namespace {

/// A table that is read from its text, or such tables within proxy: and the like.
void add_uncompiled(const TableSpec& spec, World& world, std::set<std::string>& names) {
  if (is_uncompiled(spec, world)) {
    names.insert(to_string(spec));
  }
  if (const auto inner = inner_tables(spec)) {
    for (const TableSpec& table : *inner) {
      add_uncompiled(table, world, names);
    }
  }
}

/// The settings of the program that reads a parameter.
const Settings& settings_of_reader(const MailPath& path, const Settings& system, Daemon reader) {
  switch (reader) {
    case Daemon::smtpd:
      return path.entry->settings();
    case Daemon::cleanup:
      return path.cleanup->settings();
    case Daemon::trivial_rewrite:
      return path.entry->rewriting().settings();
    default:
      return system;
  }
}

/// What is set and not followed, though it may matter.
std::vector<SettingNote> unfollowed_settings(const MailPath& path, const Settings& system) {
  std::set<std::string> names;
  for (const Settings* const settings :
       {&system, &path.entry->settings(), &path.cleanup->settings()}) {
    const std::vector<std::string> set = settings->main_cf.set_names();
    names.insert(set.begin(), set.end());
  }
  std::vector<SettingNote> notes;
  for (const std::string& name : names) {
    const Followed* const followed = find_followed(name);
    const bool is_of_content =
        followed != nullptr && followed->following == Following::with_message;
    if (followed == nullptr || (!is_of_content && followed->following != Following::noted)) {
      continue;
    }
    const auto value = settings_of_reader(path, system, followed->reader).main_cf.find(name);
    if (value && value->source && !trim(value->value).empty() &&
        value->value != default_parameter(name)) {
      notes.push_back(
          {name + (is_of_content ? " is not followed without a message: " : " is not followed: ") +
               std::string(followed->why),
           value->source, is_of_content});
    }
  }
  return notes;
}

std::optional<SettingNote> uncompiled_tables(const Settings& settings, World& world) {
  std::set<std::string> names;
  if (world.reads_texts_of_missing_indexes()) {
    for (const auto& table : named_tables(settings, world).tables) {
      add_uncompiled(table.spec, world, names);
    }
  }
  if (names.empty()) {
    return std::nullopt;
  }
  return SettingNote{
      comma_list(names) + (names.size() == 1
                               ? " has no index here, and is read from its text"
                               : " have no indexes here, and are read from their texts"),
      {}};
}

}  // namespace

SettingNotes notes_of_settings(const MailPath& path, const Settings& system, World& world) {
  return {unfollowed_settings(path, system), uncompiled_tables(system, world)};
}

void note_release(const PostfixRelease& release, Trace& trace) {
  const std::set<VersionRule> met = release.take_met();
  add_note(trace, trace.root(),
           "Postfix " + to_string(release.version()) + " (" + release.reason() + ")", {});
  for (const VersionRule rule : met) {
    const VersionRuleRow& row = row_of(rule);
    add_note(trace, trace.root(),
             "from Postfix " + to_string(row.first) + " on: " + std::string(row.says) + " (" +
                 std::string(row.id) + ")",
             {});
  }
}

}  // namespace lastmile
