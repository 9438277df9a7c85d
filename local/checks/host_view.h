// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/member.h"
#include "aliases/world/world.h"
#include "local/checks/loading.h"
#include "local/resolving/resolve.h"
#include "transports/address_class.h"
#include "transports/configuration.h"
#include "transports/transport_destination.h"

namespace lastmile {

/// A setting of main.cf or lastmile.cf as it is written.
struct WrittenParameter {
  std::string name = {};
  std::string value = {};  ///< Lines joined; not expanded.
  SourcePos source = {};
  /// The physical lines that continue it, each with its number.
  std::vector<std::pair<int, std::string>> continuations = {};
};

/// A table that something names.
struct TableInUse {
  std::string parameter = {};      ///< "alias_maps", "smtpd_sender_restrictions"
  const Parameter* row = nullptr;  ///< Of the catalogue; null: it is not asked for addresses.
  TableSpec spec = {};             ///< Without proxy:.
  bool behind_proxy = false;
  std::optional<SourcePos> source = {};  ///< The line that names it.
};

/// One line of the text of a table.
struct WrittenEntry {
  std::string key = {};  ///< Of a pattern table the pattern, with its delimiters.
  std::string value = {};
  std::string flags = {};  ///< Behind a pattern.
  std::optional<SourcePos> source = {};
  int block = 0;  ///< Of a pattern table: which `if` it stands in; 0: none.
};

/// What the text of a table, or the table itself where it has none, says.
struct TableContent {
  bool is_text = false;   ///< There is a text, and the entries are its lines.
  bool is_listed = true;  ///< False: nobody can say what is in it.
  std::vector<WrittenEntry> entries = {};
  std::vector<Error> warnings = {};  ///< Lines that are left out.
};

/// A transport that something names.
struct NamedTransport {
  std::string text = {};       ///< "lmtp:unix:/run/lmtp"
  std::string parameter = {};  ///< "mailbox_transport", "transport_maps"
  std::string key = {};        ///< Of the table; empty: the parameter itself.
  std::optional<SourcePos> source = {};
  bool is_local_agents = false;  ///< local(8) hands mail to it, not the queue manager.
};

/// What may be looked at beyond texts and tables.
struct Sight {
  bool is_live = false;      ///< The host itself: sockets and programs are there.
  bool knows_owners = true;  ///< False: a tree without owners.
};

/// A host as rules look at it: read only, each question asked once.
class HostView {
 public:
  /// `host` must outlive the view.
  HostView(LoadedHost& host, Sight sight);
  HostView(const HostView&) = delete;
  HostView& operator=(const HostView&) = delete;
  ~HostView() = default;

  World& world() { return *host_.world; }
  const Settings& settings() const { return host_.settings; }
  const std::vector<Error>& broken_lines() const { return host_.broken_lines; }
  const Sight& sight() const { return sight_; }
  Configuration& configuration() { return configurations_.mail_system(); }

  // main.cf and master.cf

  /// All settings of lastmile.cf and main.cf, those without effect among them.
  const std::vector<WrittenParameter>& written();
  bool is_set(std::string_view parameter) const;
  /// Its value, expanded; empty when it has none.
  std::string value(std::string_view parameter) const;
  /// The line that set it; the main.cf as a whole for a default.
  SourcePos place(std::string_view parameter) const;
  SourcePos main_cf() const;
  SourcePos master_cf() const;

  // Tables

  /// Every table that a parameter in effect names, in the order of the catalogue.
  const std::vector<TableInUse>& tables();
  /// Those of one parameter.
  std::vector<TableInUse> tables_of(std::string_view parameter);
  /// What it says; read once.
  const TableContent& content(const TableInUse& table);
  /// The text of a file as root sees it, broken lines and all; null when there is none.
  const std::string* text(const std::string& path);
  /// The files that were read by text(), and by content().
  const std::map<std::string, std::optional<std::string>, std::less<>>& texts() const {
    return texts_;
  }
  /// Where a table of this type keeps its text; empty for a type without one.
  static std::string text_path(const TableSpec& spec);
  /// What a table is opened as: hash: and btree: may stand for another type.
  TableSpec opened_as(const TableSpec& spec);
  /// The index file of a compiled table, of the type that it is opened as; empty for other types.
  std::string index_path(const TableSpec& spec);
  /// The index of another type that is there beside the text of a table; empty: there is none.
  std::string other_index(const TableSpec& spec);
  /// The attributes of a file as root sees them.
  std::optional<FileView> file(const std::string& path);
  /// Opens a table as the parameter that names it does.
  Result<std::unique_ptr<Table>> open(const TableInUse& table);
  /// One key in one table, as a daemon asks.
  Result<std::optional<TableEntry>> ask(const TableInUse& table, std::string_view key);

  // Names

  /// All accounts, by name.
  const std::map<std::string, Account, std::less<>>& accounts();
  /// The entries of alias_maps by their keys: of several the first.
  const std::map<std::string, WrittenEntry, std::less<>>& aliases();
  /// Whether an alias of that name is there, by whatever table.
  bool is_alias(const std::string& name);
  /// Whether mail for the address is delivered by local(8) or mydestination's transport.
  bool is_local(const Address& address);
  /// The class of a domain; default where a list cannot answer.
  AddressClass class_of(const std::string& domain);
  /// The domains that the lists name, without what only a table could tell.
  std::vector<std::string> domains_of(std::string_view list);

  // Where mail goes

  const std::vector<NamedTransport>& transports();
  /// Whether local(8) delivers what mydestination names.
  bool uses_local_agent() const;
  /// The trace of an address, made once.
  const Trace& trace(const Address& address);
  /// Why none of its mail lands; empty when some does, or when it is not known.
  std::string failure(const Address& address);

 private:
  void add_tables(const std::string& parameter, const Parameter* row,
                  const std::vector<TableSpec>& specs, const std::optional<SourcePos>& source,
                  bool behind_proxy);
  void add_catalogue_tables();
  void add_other_tables();
  void add_access_tables(std::string_view parameter);
  TableContent read_content(const TableInUse& table);
  void read_entries(const TableInUse& table, TableContent& content);

  LoadedHost& host_;
  Sight sight_;
  ServiceConfigurations configurations_;
  Resolver resolver_;
  std::optional<std::vector<WrittenParameter>> written_ = {};
  std::optional<std::vector<TableInUse>> tables_ = {};
  std::map<std::string, TableContent, std::less<>> contents_ = {};
  std::map<std::string, std::optional<std::string>, std::less<>> texts_ = {};
  std::optional<std::map<std::string, Account, std::less<>>> accounts_ = {};
  std::optional<std::map<std::string, WrittenEntry, std::less<>>> aliases_ = {};
  std::optional<std::vector<NamedTransport>> transports_ = {};
  std::map<std::string, std::unique_ptr<Trace>, std::less<>> traces_ = {};
};

/// Octets of a line of members, which a rule looks at up to there.
inline constexpr std::size_t kLongLine = std::size_t{1} << 20U;

/// Whether the keys of this type of table are regular expressions.
inline bool is_expression_type(std::string_view type) {
  return type == "regexp" || type == "pcre";
}

/// One line of a pattern table taken apart; nullopt for `if`, `endif` and what is no rule.
std::optional<WrittenEntry> parse_pattern_line(std::string_view line);

}  // namespace lastmile
