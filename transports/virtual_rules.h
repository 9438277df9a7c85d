// SPDX-License-Identifier: Apache-2.0
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
  explicit VirtualTables(Configuration& configuration);

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
  Result<std::uint32_t> find_number(Setting<std::vector<TableSpec>> Settings::*parameter,
                                    const char* kind, long minimum, const Address& address);

  Configuration& configuration_;
  /// virtual_mailbox_maps, as virtual(8) asks: other daemons forbid less.
  TableList mailboxes_;
};

/// The virtual(8) services of master.cf, each read and opened when it first gets mail.
class VirtualServices {
 public:
  /// `configurations` must outlive the services.
  explicit VirtualServices(ServiceConfigurations& configurations)
      : configurations_(configurations) {}

  /// \return an Error when the service would not start with what main.cf and master.cf say
  Result<std::shared_ptr<VirtualTables>> tables_of(const std::string& service);

  /// VirtualTables::release() of all that were opened.
  void release_tables();

 private:
  ServiceConfigurations& configurations_;
  std::map<std::string, Result<std::shared_ptr<VirtualTables>>, std::less<>> tables_;
};

}  // namespace lastmile
