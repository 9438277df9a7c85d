#pragma once

#include <map>
#include <memory>
#include <string>

#include "aliases/tables/table_list.h"
#include "aliases/world/world.h"
#include "transports/match_list.h"
#include "transports/settings.h"

namespace lastmile {

/// What tables are asked for. \see TablePolicy
enum class TableUse {
  explain,  ///< A few addresses: an answer names the line of the table's source that gave it.
  deliver,  ///< One message: no lines, and each answer is the newest.
  survey,   ///< Many addresses: no lines, and one state of each table up to release_tables().
};

/// The settings together with the tables that they name. A table is opened when a rule first asks
/// it, so that starting costs nothing for what a message does not need.
class Configuration {
 public:
  /// Both referents must outlive the Configuration.
  Configuration(const Settings& settings, World& world, TableUse use = TableUse::explain);

  const Settings& settings() const { return settings_; }
  World& world() { return world_; }
  /// Whether a reader will want to know where each answer comes from: a trace, not a delivery.
  bool wants_sources() const { return use_ == TableUse::explain; }
  /// For a table whose values say where mail is stored, and with whose rights; virtual(8) folds the
  /// key, and does not ask the table to.
  TablePolicy policy_for_rights() const;
  /// Lets go of what TableUse::survey has kept: the next lookup in each table sees its newest
  /// state.
  void release_tables();

  // Named as the parameters. What commands, files and transports come from allows no `$1`, and no
  // table that anybody on the network could answer for.
  TableList alias_maps;
  TableList mailbox_transport_maps;
  TableList mailbox_command_maps;
  TableList fallback_transport_maps;
  TableList local_recipient_maps;
  TableList virtual_mailbox_maps;
  TableList relay_recipient_maps;
  TableList canonical_maps;
  TableList recipient_canonical_maps;
  TableList sender_canonical_maps;
  TableList sender_bcc_maps;
  TableList recipient_bcc_maps;
  TableList virtual_alias_maps;
  TableList transport_maps;
  TableList relocated_maps;
  TableList sender_dependent_relayhost_maps;
  TableList sender_dependent_default_transport_maps;
  MatchList mydestination;
  MatchList virtual_alias_domains;
  MatchList virtual_mailbox_domains;
  MatchList relay_domains;
  MatchList masquerade_exceptions;

 private:
  const Settings& settings_;
  World& world_;
  TableUse use_;
};

/// The configuration of the mail system, and those of the services with parameters of their own.
class Configurations {
 public:
  /// Both referents must outlive the Configurations.
  Configurations(const Settings& settings, World& world, TableUse use = TableUse::explain);

  Configuration& mail_system() { return system_; }
  const Configuration& mail_system() const { return system_; }
  /// That of the daemon behind a service, kept from the first time that it is asked for; the
  /// system's where its line in master.cf sets nothing.
  Configuration& of_service(const std::string& service);
  /// Configuration::release_tables() of all of them.
  void release_tables();

 private:
  Configuration system_;
  World& world_;
  TableUse use_;
  std::map<std::string, std::unique_ptr<Configuration>, std::less<>> of_services_;
};

}  // namespace lastmile
