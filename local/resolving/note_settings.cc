#include "local/resolving/note_settings.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/tables/uncompiled_table.h"
#include "aliases/text.h"
#include "transports/default_parameters.h"
#include "transports/followed_parameters.h"
#include "transports/parameter_catalogue.h"
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

/// The rest of what is set and not followed, though it may matter.
void add_other_notes(const MainCf& main_cf, std::vector<SettingNote>& notes) {
  for (const std::string& name : main_cf.set_names()) {
    const auto value = main_cf.find(name);
    const Followed* const followed = find_followed(name);
    const bool is_noted =
        followed != nullptr && followed->following == Following::noted &&
        std::ranges::find(unfollowed_parameters(), name, &UnfollowedParameter::name) ==
            unfollowed_parameters().end();
    if (is_noted && !trim(value->value).empty() && value->value != default_parameter(name)) {
      notes.push_back({name + " is not followed: " + std::string(followed->why), value->source});
    }
  }
}

/// The settings of the program that reads a parameter.
const Settings& settings_of_reader(const MailPath& path, Daemon reader) {
  Configuration& configuration = reader == Daemon::smtpd     ? *path.entry
                                 : reader == Daemon::cleanup ? *path.cleanup
                                                             : path.entry->rewriting();
  return configuration.settings();
}

std::vector<SettingNote> unfollowed_settings(const MailPath& path, const Settings& system) {
  std::vector<SettingNote> notes;
  for (const UnfollowedParameter& parameter : unfollowed_parameters()) {
    const auto value = settings_of_reader(path, parameter.reader).main_cf.find(parameter.name);
    const bool is_set = value && value->source && !trim(value->value).empty() &&
                        value->value != default_parameter(parameter.name);
    if (is_set) {
      const bool is_of_content = parameter.needs == UnfollowedParameter::Needs::message;
      notes.push_back({std::string(parameter.name) +
                           (is_of_content ? " is not followed without a message: it "
                                          : " is not followed: it ") +
                           std::string(parameter.effect),
                       value->source, is_of_content});
    }
  }
  add_other_notes(system.main_cf, notes);
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

}  // namespace lastmile
