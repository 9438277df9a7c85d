// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aliases/tables/table_list.h"
#include "aliases/world/world.h"
#include "transports/host_map_types.h"
#include "transports/lookup_record.h"
#include "transports/match_list.h"
#include "transports/network_list.h"
#include "transports/parameter_catalogue.h"
#include "transports/settings.h"

namespace lastmile {

/// What tables are asked for. \see TablePolicy
enum class TableUse {
  explain,  ///< A few addresses: an answer names the line of the table's source that gave it.
  deliver,  ///< One message: no lines, and each answer is the newest.
  survey,   ///< Many addresses: lines, and one state of each table up to release_tables().
  list,     ///< The same for whoever wants to know where they land and not why: no lines.
};

/// Whether answers name the lines that gave them.
constexpr bool names_lines(TableUse use) {
  return use == TableUse::explain || use == TableUse::survey;
}

/// The settings together with the tables that they name. A table is opened when a rule first asks
/// it, so that starting costs nothing for what a message does not need.
class Configuration {
 public:
  /// Both referents must outlive the Configuration.
  Configuration(const Settings& settings, World& world, TableUse use = TableUse::explain);
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;
  ~Configuration() = default;

  /// The tables that are opened from now on tell `record`, which must outlive them, what they do
  /// not have.
  void record_misses(LookupRecord& record) { record_ = &record; }
  /// The same for a list of tables that is not kept here.
  void record_misses_of(TableList& tables, Setting<std::vector<TableSpec>> Settings::*parameter);

  const Settings& settings() const { return settings_; }
  World& world() { return world_; }
  /// That of the trivial-rewrite(8) service that this program asks; this one where nothing tells
  /// them apart.
  Configuration& rewriting() { return rewriting_ == nullptr ? *this : *rewriting_; }
  /// \param rewriting  must outlive this
  void ask_for_rewriting(Configuration& rewriting) { rewriting_ = &rewriting; }
  /// Whether a reader will want to know where each answer comes from: a trace, not a delivery.
  bool wants_sources() const { return names_lines(use_); }
  /// For a table whose values say where mail is stored, and with whose rights; virtual(8) folds the
  /// key, and does not ask the table to.
  TablePolicy policy_for_rights() const;
  /// Lets go of what TableUse::survey has kept: the next lookup in each table sees its newest
  /// state.
  void release_tables();

  /// The tables of a parameter, which has a row in the catalogue of parameters; they live as long
  /// as the Configuration.
  TableList& tables(Setting<std::vector<TableSpec>> Settings::*parameter);
  /// The tables of a parameter without those that `other` names as well.
  TableList& tables_beyond(Setting<std::vector<TableSpec>> Settings::*parameter,
                           Setting<std::vector<TableSpec>> Settings::*other);
  /// A table that no parameter names alone, such as that of check_recipient_access.
  TableList& table(const TableSpec& spec);
  /// mynetworks.
  NetworkList& client_networks();
  /// The same of a list such as mydestination.
  MatchList& list(Setting<std::vector<std::string>> Settings::*parameter);

 private:
  /// What one parameter names, from the first time that it was asked for.
  template <class Member, class List>
  struct Opened {
    Member parameter = nullptr;
    std::unique_ptr<List> list = {};
  };

  TablePolicy lookup_policy() const;
  TablePolicy policy_of(Setting<std::vector<TableSpec>> Settings::*parameter) const;

  const Settings& settings_;
  World& world_;
  TableUse use_;
  LookupRecord* record_ = nullptr;
  Configuration* rewriting_ = nullptr;
  std::unique_ptr<HostMapTypes> host_types_;  ///< Where it is stays the same: policies refer to it.
  std::vector<Opened<Setting<std::vector<TableSpec>> Settings::*, TableList>> tables_;
  std::map<std::string, std::unique_ptr<TableList>, std::less<>> other_tables_;
  std::unique_ptr<NetworkList> client_networks_;
  std::vector<Opened<Setting<std::vector<TableSpec>> Settings::*, TableList>> tables_beyond_;
  std::vector<Opened<Setting<std::vector<std::string>> Settings::*, MatchList>> lists_;
};

/// The programs that mail passes before a delivery agent gets it, each with its own parameters.
struct MailPath {
  Configuration* entry = nullptr;  ///< smtpd(8), pickup(8), or who else brings it in.
  Configuration* cleanup = nullptr;
  Configuration* queue_manager = nullptr;
  /// Why mail does not come this way: a program does not start, or master.cf does not have it.
  std::optional<Error> failure = {};
};

/// The configuration of the mail system, and those of the services with parameters of their own.
class ServiceConfigurations {
 public:
  /// Both referents must outlive these.
  ServiceConfigurations(const Settings& settings, World& world, TableUse use = TableUse::explain);

  Configuration& mail_system() { return system_; }
  const Configuration& mail_system() const { return system_; }
  /// That of the daemon behind a service, kept from the first time that it is asked for; the
  /// system's where its line in master.cf sets nothing.
  Configuration& of_service(const std::string& service);
  /// That of the daemon behind any other line of master.cf, with the trivial-rewrite(8) service
  /// that it asks. \param line  of the master.cf of these settings; null: main.cf as it is
  Configuration& of_line(const Service* line);
  /// The programs behind the one that brings mail in. \see postconf(5), cleanup_service_name
  MailPath path_behind(Configuration& entry);
  /// That of a trivial-rewrite(8) service for the probes of address verification.
  Configuration& of_probes(Configuration& rewriting);
  /// Configuration::release_tables() of all of them.
  void release_tables();

  /// What their tables did not have; empty, and stays so, unless names_lines().
  LookupRecord& lookups() { return record_; }

 private:
  /// Has a program ask the trivial-rewrite(8) service of its own settings.
  void join_rewriting(Configuration& configuration);

  LookupRecord record_;
  Configuration system_;
  World& world_;
  TableUse use_;
  std::map<std::string, std::unique_ptr<Configuration>, std::less<>> of_services_;
  /// By the place of their lines in master.cf.
  std::map<std::size_t, std::unique_ptr<const Settings>> settings_of_lines_;
  std::map<std::size_t, std::unique_ptr<Configuration>> of_lines_;
  /// By the configuration that they stand in for; null where that holds for probes as well.
  std::map<const Configuration*, std::unique_ptr<Configuration>> of_probes_;
  std::vector<std::shared_ptr<const Settings>> settings_of_probes_;
};

}  // namespace lastmile
