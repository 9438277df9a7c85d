#include "aliases/world/site_export.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/tables/sql_query.h"
#include "aliases/tables/table_list.h"
#include "aliases/tables/table_settings.h"
#include "aliases/world/database_extract.h"
#include "aliases/world/export_files.h"
#include "aliases/world/site_writer.h"

namespace lastmile {
namespace {

const Rights kRoot = {0, 0, {}, "root"};

/// One export under way.
class Export {
 public:
  Export(World& from, const SiteContents& contents, SiteWriter& writer)
      : from_(from), contents_(contents), writer_(writer), files_(from, writer, summary_.notes) {}

  Result<SiteSummary> run() {
    using Part = Result<Ok> (Export::*)();
    for (const Part part :
         {&Export::add_host, &Export::add_accounts, &Export::add_named_files, &Export::add_tables,
          &Export::add_forward_files, &Export::add_include_files}) {
      if (auto added = (this->*part)(); !added) {
        return std::move(added).error();
      }
    }
    summary_.files = static_cast<std::int64_t>(files_.count());
    auto& notes = summary_.notes;
    std::sort(notes.begin(), notes.end());
    notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
    return summary_;
  }

 private:
  /// A table, and the parameters that ask it.
  struct TableUses {
    TableSpec spec = {};
    std::set<std::size_t> parameters = {};
  };

  /// An SQLite database, and who asks it for what.
  struct Database {
    std::vector<std::string> queries = {};
    std::vector<TableSpec> tables = {};
  };

  void note(std::string text) { summary_.notes.push_back(std::move(text)); }

  Result<Ok> add_host() {
    HostFacts facts = from_.host();
    facts.config_directory = contents_.config_directory;
    if (auto added = writer_.add_host(facts); !added) {
      return added;
    }
    const auto addresses = from_.interface_addresses();
    if (!addresses) {
      note(addresses.error().message());
      return Ok{};
    }
    for (const std::string& address : *addresses) {
      if (auto added = writer_.add_interface_address(address); !added) {
        return added;
      }
    }
    return Ok{};
  }

  Result<Ok> add_accounts() {
    const auto listing = from_.for_each_account([this](const Account& account) {
      accounts_.push_back(account);
      return true;
    });
    if (!listing) {
      return Error(listing.error()).during("listing the accounts");
    }
    if (*listing == Listing::not_supported) {
      note("not every account can be listed: the others are unknown users in the site file");
    }
    for (const Account& account : accounts_) {
      if (auto added = writer_.add_account(account); !added) {
        return added;
      }
      keys_.emplace(account.name, nullptr);
    }
    summary_.accounts = static_cast<std::int64_t>(accounts_.size());
    return Ok{};
  }

  Result<Ok> add_named_files() {
    for (const std::string& path : contents_.files) {
      if (auto added = files_.add_file(path, kRoot, Symlinks::follow); !added) {
        return added;
      }
    }
    for (const std::string& path : contents_.attributes_only) {
      if (auto place = files_.add_attributes(path, kRoot, Symlinks::follow); !place) {
        return std::move(place).error();
      }
    }
    return Ok{};
  }

  Result<Ok> add_forward_files() {
    for (const Account& account : accounts_) {
      if (!account.home.starts_with('/')) {
        continue;
      }
      if (auto added = files_.add_forward_files(account); !added) {
        return added;
      }
    }
    for (const ReaderFile& file : contents_.reader_files) {
      if (auto added = files_.add_file(file.path, rights_of(file.reader), Symlinks::refuse,
                                       FileExport::Lines::members);
          !added) {
        return added;
      }
    }
    return Ok{};
  }

  Result<Ok> add_include_files() { return files_.add_include_files(); }

  // Tables

  Result<Ok> add_tables() {
    for (const std::string& key : contents_.keys) {
      keys_.emplace(key, nullptr);
    }
    for (const TableToExport& table : contents_.tables) {
      find_tables(table.spec, table.parameter);
    }
    for (const std::string& name : order_) {
      const TableSpec& spec = tables_.at(name).spec;
      if (auto added = add_table(spec); !added) {
        return std::move(added).error().during("exporting " + name);
      }
    }
    if (auto added = add_databases(); !added) {
      return added;
    }
    for (const TableSpec& spec : to_be_asked_) {
      if (auto added = add_answers(spec); !added) {
        return std::move(added).error().during("exporting " + to_string(spec));
      }
    }
    return Ok{};
  }

  /// Notes a table and those in its name, with the parameter that asks them.
  void find_tables(const TableSpec& spec, std::optional<std::size_t> parameter) {
    const auto [known, is_new] = tables_.try_emplace(to_string(spec), TableUses{spec, {}});
    if (is_new) {
      order_.push_back(known->first);
    }
    if (parameter) {
      known->second.parameters.insert(*parameter);
    }
    const auto inner = inner_tables(spec);
    if (!inner) {
      note(to_string(spec) + ": " + inner.error().message());
      return;
    }
    for (const TableSpec& member : *inner) {
      find_tables(member, parameter);
    }
  }

  Result<Ok> add_table(const TableSpec& spec) {
    const MapType* const type = find_map_type(spec.type);
    switch (type == nullptr ? TableRecord::entries : type->recorded) {
      case TableRecord::nothing:
        return Ok{};
      case TableRecord::text:
        return spec.name.starts_with('{') ? Result<Ok>(Ok{}) : add_text_table(spec);
      case TableRecord::database:
        return add_sqlite_table(spec);
      case TableRecord::entries:
        break;
    }
    return add_indexed_table(spec);
  }

  void add_key(const TableSpec& spec, std::string_view key) {
    keys_.emplace(key, &tables_.at(to_string(spec)));
  }

  /// The text itself is recorded. Patterns cannot be listed: their lines are looked at instead,
  /// where what is no list of members does no harm.
  Result<Ok> add_text_table(const TableSpec& spec) {
    const auto table = from_.open_table(spec, contents_.policy);
    const Rights reader = table ? rights_of_owner((*table)->owner()) : kRoot;
    auto listing = table ? (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
      add_key(spec, key);
      files_.collect_includes(entry.value, reader);
      return true;
    })
                         : Result<Listing>(table.error());
    if (!listing) {
      note(to_string(spec) + ": " + listing.error().message());
    }
    const bool patterns = listing && *listing == Listing::not_supported;
    return files_.add_file(spec.name, kRoot, Symlinks::follow,
                           patterns ? FileExport::Lines::members : FileExport::Lines::text);
  }

  /// The settings now; the database when all queries that read it are known.
  Result<Ok> add_sqlite_table(const TableSpec& spec) {
    if (spec.name.starts_with('/')) {
      if (auto added = files_.add_file(spec.name, kRoot, Symlinks::follow); !added) {
        return added;
      }
    }
    const auto settings = TableSettings::load(spec, from_, contents_.policy);
    const auto path = settings ? settings->require("dbpath") : settings.error();
    const auto text = settings ? settings->query() : settings.error();
    const auto query = text ? SqlQuery::parse(*text) : text.error();
    if (!path || !query) {
      // Opening it fails in the same way from the site file.
      note(to_string(spec) + ": " + (path ? query.error() : path.error()).message());
      return Ok{};
    }
    list_keys(spec);
    Database& database = databases_[*path];
    database.queries.push_back(query->text_for(AddressParts("user@example.com")));
    database.tables.push_back(spec);
    return Ok{};
  }

  /// The keys of a table that is recorded in another form than its entries.
  void list_keys(const TableSpec& spec) {
    const auto table = from_.open_table(spec, contents_.policy);
    if (!table) {
      return;  // It is noted where its database is recorded, or its lookups fail in the site, too.
    }
    const Rights reader = rights_of_owner((*table)->owner());
    const auto listing = (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
      add_key(spec, key);
      files_.collect_includes(entry.value, reader);
      return true;
    });
    if (!listing) {
      note(to_string(spec) + ": " + listing.error().message());
    }
  }

  Result<Ok> add_databases() {
    for (const auto& [path, database] : databases_) {
      const auto place = files_.add_attributes(path, kRoot, Symlinks::follow);
      if (!place) {
        return place.error();
      }
      const auto host_path = from_.host_path(path);
      if (!*place || !host_path) {
        // Not there; or kept in a site file, which has only what the queries read.
        if (auto added = files_.add_file(path, kRoot, Symlinks::follow); !added) {
          return added;
        }
        continue;
      }
      const auto image = extract_database(*host_path, database.queries);
      if (!image) {
        note(image.error().message());
        to_be_asked_.insert(to_be_asked_.end(), database.tables.begin(), database.tables.end());
        continue;
      }
      const FileView& view = (*place)->view;
      const RecordedNode node{view.type, view.owner, view.group, view.mode, {}};
      if (auto added = writer_.add_file((*place)->path, node, *image); !added) {
        return added;
      }
    }
    return Ok{};
  }

  Result<Ok> add_indexed_table(const TableSpec& spec) {
    auto table = from_.open_table(spec, contents_.policy);
    if (!table) {
      return add_failed_table(spec, table.error());
    }
    const Rights reader = rights_of_owner((*table)->owner());
    std::map<std::string, TableEntry> entries;
    const auto listing = (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
      entries.emplace(key, entry);
      return true;
    });
    if (!listing) {
      return add_failed_table(spec, listing.error());
    }
    if (*listing == Listing::not_supported) {
      to_be_asked_.push_back(spec);
      return Ok{};
    }
    const auto id = writer_.add_table({0, spec, (*table)->owner(), true, std::nullopt});
    if (!id) {
      return id.error();
    }
    ++summary_.tables;
    for (const auto& [key, entry] : entries) {
      add_key(spec, key);
      files_.collect_includes(entry.value, reader);
      if (auto added = writer_.add_entry(*id, key, &entry); !added) {
        return added;
      }
    }
    summary_.entries += static_cast<std::int64_t>(entries.size());
    return Ok{};
  }

  Result<Ok> add_failed_table(const TableSpec& spec, const Error& error) {
    note(to_string(spec) + ": " + error.message());
    ++summary_.tables;
    const auto id = writer_.add_table({0, spec, {}, true, error});
    return id ? Result<Ok>(Ok{}) : id.error();
  }

  /// A table that cannot be listed: what it answers for the keys that are known.
  Result<Ok> add_answers(const TableSpec& spec) {
    auto table = from_.open_table(spec, contents_.policy);
    if (!table) {
      return add_failed_table(spec, table.error());
    }
    note(to_string(spec) + " cannot be listed: only the answers for known names are recorded");
    const auto id = writer_.add_table({0, spec, (*table)->owner(), false, std::nullopt});
    if (!id) {
      return id.error();
    }
    ++summary_.tables;
    const Rights reader = rights_of_owner((*table)->owner());
    for (const std::string& key : keys_for(spec)) {
      const auto entry = (*table)->lookup(key);
      if (!entry) {
        note(to_string(spec) + ": " + entry.error().message());
        return Ok{};
      }
      if (*entry) {
        files_.collect_includes((*entry)->value, reader);
      }
      if (auto added = writer_.add_entry(*id, key, *entry ? &**entry : nullptr); !added) {
        return added;
      }
      ++summary_.entries;
    }
    return Ok{};
  }

  /// What a table is asked: each key that is known, and the keys by which it would be asked for
  /// each address that is.
  std::set<std::string> keys_for(const TableSpec& spec) const {
    std::set<std::string> keys;
    const auto add_keys_of = [&](const Address& address) {
      for (const std::size_t parameter : tables_.at(to_string(spec)).parameters) {
        for (std::string& key : contents_.table_keys[parameter].keys_for(address)) {
          keys.insert(std::move(key));
        }
      }
    };
    for (const Address& address : contents_.addresses) {
      add_keys_of(address);
    }
    for (const auto& [key, table] : keys_) {
      keys.insert(key);
      if (table == nullptr) {
        continue;
      }
      for (const std::size_t parameter : table->parameters) {
        for (const Address& address : contents_.table_keys[parameter].addresses_asked_with(key)) {
          add_keys_of(address);
        }
      }
    }
    return keys;
  }

  Rights rights_of_owner(const TableOwner& owner) const {
    if (owner.trust != TableOwner::Trust::account) {
      return kRoot;
    }
    const auto account =
        std::find_if(accounts_.begin(), accounts_.end(),
                     [&owner](const Account& candidate) { return candidate.uid == owner.uid; });
    return account == accounts_.end() ? Rights{owner.uid, owner.uid, {}, {}} : rights_of(*account);
  }

  World& from_;
  const SiteContents& contents_;
  SiteWriter& writer_;
  SiteSummary summary_;
  std::vector<Account> accounts_;
  /// For tables that cannot be listed: each key that is known, and the table that it is of.
  std::set<std::pair<std::string, const TableUses*>> keys_;
  std::map<std::string, TableUses> tables_;
  std::vector<std::string> order_;  ///< The names in tables_, as the parameters come.
  std::map<std::string, Database> databases_;
  std::vector<TableSpec> to_be_asked_;
  FileExport files_;
};

}  // namespace

Result<SiteSummary> export_site(World& from, const SiteContents& contents,
                                const std::string& path) {
  auto writer = SiteWriter::create(path);
  if (!writer) {
    return std::move(writer).error();
  }
  auto summary = Export(from, contents, **writer).run();
  if (!summary) {
    return std::move(summary).error().during("writing " + path);
  }
  if (auto committed = (*writer)->commit(); !committed) {
    return std::move(committed).error();
  }
  return summary;
}

}  // namespace lastmile
