#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transports/configuration.h"
#include "transports/destination.h"

namespace lastmile {

/// The parameters that virtual(8) alone reads. A mistake in one of them stops that service and
/// nothing else, which is why they are not among the Settings.
struct VirtualSettings {
  Setting<std::string> virtual_mailbox_base = {};
  Setting<std::vector<TableSpec>> virtual_uid_maps = {};
  Setting<std::vector<TableSpec>> virtual_gid_maps = {};
  Setting<long> virtual_minimum_uid = {};
  Setting<std::int64_t> virtual_mailbox_limit = {};  ///< Octets; 0: no limit.
  Setting<NameSet> virtual_mailbox_lock = {};
};

/// \param settings  those of the service. \see Settings::of_service()
/// \return misconfigured, as virtual(8) refuses to start
Result<VirtualSettings> load_virtual_settings(const Settings& settings);

/// Where virtual(8) stores mail for an address, and with whose rights.
struct VirtualMailbox {
  Destination destination = {};  ///< Mailbox or Maildir.
  Rights rights = {};            ///< Its name is "UID:GID".
  std::string key = {};          ///< The key of virtual_mailbox_maps.
  std::string value = {};
  std::optional<SourcePos> source = {};  ///< The line of virtual_mailbox_maps, or the table.
};

/// The tables of one virtual(8) service, opened when first asked.
class VirtualTables {
 public:
  /// `configuration` must outlive the tables.
  VirtualTables(Configuration& configuration, const VirtualSettings& settings);

  /// Asks virtual_mailbox_maps by all keys of the address, then the maps of uids and gids.
  ///
  /// \return nullopt: an unknown user, which bounces. An Error (a table that cannot answer, no uid,
  ///         a uid below virtual_minimum_uid, a gid that is not above 0) is a deferral with the
  ///         text "mail system configuration error".
  /// \see virtual(8), MAILBOX LOCATION and MAILBOX OWNERSHIP
  Result<std::optional<VirtualMailbox>> find(const Address& address);

  /// Table::release() for every table that is open.
  void release();

 private:
  Result<std::uint32_t> find_number(TableList& table, const char* parameter, const char* kind,
                                    long minimum, const Address& address);

  Configuration& configuration_;
  VirtualSettings settings_;
  TableList mailboxes_;
  TableList uids_;
  TableList gids_;
};

/// The virtual(8) services of master.cf, each read and opened when it first gets mail.
class VirtualServices {
 public:
  /// `configurations` must outlive the services.
  explicit VirtualServices(Configurations& configurations) : configurations_(configurations) {}

  /// \return an Error when the service would not start with what main.cf and master.cf say
  Result<std::shared_ptr<VirtualTables>> tables_of(const std::string& service);

  /// VirtualTables::release() of all that were opened.
  void release_tables();

 private:
  Configurations& configurations_;
  std::map<std::string, Result<std::shared_ptr<VirtualTables>>, std::less<>> tables_;
};

}  // namespace lastmile
