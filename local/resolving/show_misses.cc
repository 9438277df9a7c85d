// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/show_misses.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "transports/lookup_record.h"

namespace lastmile {

namespace {

std::string in_words(const std::vector<std::string>& keys, const std::string& tables) {
  return "no " + comma_list(keys) + " in " + tables;
}

NodeId add_miss(Trace& trace, NodeId parent, std::string_view parameter, std::string detail,
                std::optional<SourcePos> source) {
  detail += source ? "" : " (default)";
  return trace.add(parent, {.step = Step::miss,
                            .subject = std::string(parameter),
                            .detail = std::move(detail),
                            .source = std::move(source)});
}

void add_near_misses(Trace& trace, NodeId parent, std::vector<NearMiss> near_misses) {
  for (NearMiss& near : near_misses) {
    add_note(trace, parent, std::move(near.text), std::move(near.source));
  }
}

void add_misses(Trace& trace, NodeId parent, const MissedLookup& lookup) {
  const AskedParameter& asked = *lookup.asked;
  const NodeId id =
      add_miss(trace, parent, asked.name, in_words(lookup.keys, asked.contents()), asked.source);
  for (const std::string& key : lookup.keys) {
    add_near_misses(trace, id, asked.near_misses(key));
  }
}

/// The names by which local(8) asks for an alias.
std::vector<std::string> alias_names(const Expansion& expansion) {
  std::vector<std::string> names = {expansion.local_part};
  if (expansion.user != expansion.local_part) {
    names.push_back(expansion.user);
  }
  return names;
}

/// newaliases(1) compiles what alias_database names, and local(8) asks alias_maps: whoever forgets
/// one of them wonders.
void add_unasked_aliases(Agent& agent, NodeId parent, const Expansion& expansion) {
  Configuration& configuration = agent.local();
  TableList& unasked =
      configuration.tables_beyond(&Settings::alias_database, &Settings::alias_maps);
  for (const std::string& name : alias_names(expansion)) {
    const auto hit = unasked.lookup(name);
    if (hit && *hit) {
      std::string text = *(*hit)->table;
      text += " has \"" + name + "\", and only alias_database names it: local(8) asks alias_maps";
      const auto& line = (*hit)->entry.source;
      add_note(agent.trace(), parent, std::move(text),
               line ? line : configuration.settings().alias_database.source);
    } else if (hit) {
      add_near_misses(agent.trace(), parent, unasked.near_misses(name));
    }
  }
}

void add_missed_account(Agent& agent, NodeId parent, const std::string& user) {
  const auto& maps = agent.local().settings().lastmile_account_maps;
  if (!maps.source) {
    agent.trace().add(
        parent, {.step = Step::miss, .subject = "account", .detail = in_words({user}, "passwd")});
    return;
  }
  std::vector<std::string> tables;
  for (const TableSpec& spec : maps.value) {
    tables.push_back(to_string(spec));
  }
  add_miss(agent.trace(), parent, "lastmile_account_maps", in_words({user}, comma_list(tables)),
           maps.source);
}

}  // namespace

void begin_misses(Run& run) {
  run.configurations.lookups().forget();
}

void show_misses(Run& run, NodeId parent, MissedSo outcome) {
  const bool is_wanted =
      run.request.misses == Misses::all ||
      (run.request.misses == Misses::of_refusals && outcome == MissedSo::is_refused);
  if (!is_wanted) {
    return;
  }
  for (const MissedLookup& lookup : run.configurations.lookups().take()) {
    add_misses(run.trace, parent, lookup);
  }
}

void explain_unknown(Agent& agent, NodeId parent, const Expansion& expansion) {
  if (agent.run().request.misses == Misses::hidden) {
    return;
  }
  const Settings& settings = agent.local().settings();
  show_misses(agent.run(), parent, MissedSo::is_refused);
  if (settings.alias_maps.value.empty()) {
    add_miss(agent.trace(), parent, "alias_maps", "names no table", settings.alias_maps.source);
  }
  add_unasked_aliases(agent, parent, expansion);
  add_missed_account(agent, parent, expansion.user);
}

}  // namespace lastmile
