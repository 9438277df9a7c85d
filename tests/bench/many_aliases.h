// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/table_servers.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::bench {

/// One table of virtual aliases: `user1@example.org` stands for `user1@example.net`, which is on
/// another host, and so on: what the look-up of local accounts costs is the C library's business.
struct AliasTable {
  std::string type = {};
  std::string name = {};         ///< "cdb:/path", as main.cf has it.
  std::string opened = {};       ///< The file or socket behind it.
  std::string directory = {};    ///< A configuration whose virtual_alias_maps it is.
  std::string unavailable = {};  ///< Why there is no such table here; empty: there is one.
};

/// The same virtual aliases in tables of several types, and addresses to ask them for.
class ManyAliases {
 public:
  /// \param count  entries of each table
  /// \param asked  addresses, all of which are in the tables, spread over them
  ManyAliases(int count, int asked);

  int count() const { return count_; }
  int asked() const { return asked_; }
  /// A file with one address in each line.
  std::string addresses() const { return directory_.path("addresses"); }
  /// A file for what the contestants print.
  std::string output() const { return directory_.path("output"); }

  /// Makes the tables of one type: lmdb, cdb, sqlite, pgsql.
  AliasTable make(const std::string& type);

 private:
  void write_configuration(const AliasTable& table) const;
  // Each says why it cannot; empty when it could.
  std::string make_index(AliasTable& table) const;
  std::string make_sqlite(AliasTable& table) const;
  std::string make_pgsql(AliasTable& table);

  int count_;
  int asked_;
  test::TemporaryDirectory directory_;
  std::unique_ptr<test::PostgresServer> postgres_;
};

}  // namespace lastmile::bench
