// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_export.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/sql_query.h"
#include "aliases/tables/table_settings.h"
#include "aliases/world/database_extract.h"
#include "aliases/world/export_files.h"
#include "aliases/world/recording_world.h"
#include "aliases/world/site_writer.h"

namespace lastmile {
namespace {

const Rights kRoot = {0, 0, {}, "root"};

/// One export under way.
class Export {
 public:
  Export(World& from, const SiteContents& contents, SiteWriter& writer)
      : from_(from),
        contents_(contents),
        writer_(writer),
        recording_(from, writer),
        files_(from, writer, summary_.notes) {}

  Result<SiteSummary> run() {
    using Part = Result<Ok> (Export::*)();
    for (const Part part :
         {&Export::add_host, &Export::add_accounts, &Export::add_named_files, &Export::add_tables,
          &Export::add_answers, &Export::add_forward_files, &Export::add_include_files}) {
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
  /// An SQLite database, and who asks it for what.
  struct Database {
    std::vector<std::string> queries = {};
    std::vector<TableSpec> tables = {};
  };

  void note(std::string text) { summary_.notes.push_back(std::move(text)); }

  Result<Ok> add_host() {
    HostFacts facts = from_.host();
    facts.config_directory = contents_.config_directory;
    for (const char* const name :
         {"mail_version", "default_database_type", "default_cache_db_type"}) {
      if (auto value = from_.postconf_default(contents_.postconf, name)) {
        facts.postfix_defaults[name] = *std::move(value);
      }
    }
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
    std::set<std::string, std::less<>> names;
    for (const Account& account : accounts_) {
      if (auto added = writer_.add_account(account); !added) {
        return added;
      }
      names.insert(account.name);
    }
    recording_.set_listed_accounts(std::move(names));
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
    for (const TableToExport& table : contents_.tables) {
      find_tables(table.spec);
    }
    for (const TableSpec& spec : tables_) {
      if (auto added = add_table(spec); !added) {
        return std::move(added).error().during("exporting " + to_string(spec));
      }
    }
    return add_databases();
  }

  /// Notes a table and those in its name.
  void find_tables(const TableSpec& spec) {
    if (!known_tables_.insert(to_string(spec)).second) {
      return;
    }
    tables_.push_back(spec);
    const auto inner = inner_tables(spec);
    if (!inner) {
      note(to_string(spec) + ": " + inner.error().message());
      return;
    }
    for (const TableSpec& member : *inner) {
      find_tables(member);
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

  /// The text itself is recorded. Patterns cannot be listed: their lines are looked at instead,
  /// where what is no list of members does no harm.
  Result<Ok> add_text_table(const TableSpec& spec) {
    const auto table = from_.open_table(spec, contents_.policy);
    const Rights reader = table ? rights_of_owner((*table)->owner()) : kRoot;
    auto listing = table ? (*table)->for_each([&](std::string_view, const TableEntry& entry) {
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
    collect_includes_of(spec);
    Database& database = databases_[*path];
    database.queries.push_back(query->text_for(AddressParts("user@example.com")));
    database.tables.push_back(spec);
    return Ok{};
  }

  /// Of a table that is recorded in another form than its entries.
  void collect_includes_of(const TableSpec& spec) {
    const auto table = from_.open_table(spec, contents_.policy);
    if (!table) {
      return;  // It is noted where its database is recorded, or its lookups fail in the site, too.
    }
    const Rights reader = rights_of_owner((*table)->owner());
    const auto listing = (*table)->for_each([&](std::string_view, const TableEntry& entry) {
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
        for (const TableSpec& spec : database.tables) {
          if (auto added = add_asked_table(spec); !added) {
            return added;
          }
        }
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
    const auto id = writer_.add_table({0, spec, (*table)->owner(), true, std::nullopt});
    if (!id) {
      return id.error();
    }
    const MapType* const type = find_map_type(spec.type);
    const bool asks_server = type != nullptr && type->asks_server;
    const Rights reader = rights_of_owner((*table)->owner());
    Result<Ok> added = Ok{};
    std::string folded;
    const auto listing = (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
      contents_.step();
      files_.collect_includes(entry.value, reader);
      // A server may find a key whatever its case is; it is asked for a folded one.
      added = writer_.add_entry(*id, asks_server ? stored_key(key, contents_.policy, folded) : key,
                                &entry);
      return added.ok();
    });
    if (!listing) {
      note(to_string(spec) + ": " + listing.error().message());
      ++summary_.tables;
      return writer_.change_table(*id, true, listing.error());
    }
    ++summary_.tables;
    if (*listing == Listing::not_supported) {
      return add_known_answers(spec, **table, *id);
    }
    if (asks_server) {
      // What the list has missed.
      record_answers(spec, reader, {.id = *id, .is_complete = true, .has_answered = true});
    }
    return added;
  }

  Result<Ok> add_failed_table(const TableSpec& spec, const Error& error) {
    note(to_string(spec) + ": " + error.message());
    ++summary_.tables;
    const auto id = writer_.add_table({0, spec, {}, true, error});
    return id ? Result<Ok>(Ok{}) : id.error();
  }

  /// A table that could not be recorded otherwise.
  Result<Ok> add_asked_table(const TableSpec& spec) {
    auto table = from_.open_table(spec, contents_.policy);
    if (!table) {
      return add_failed_table(spec, table.error());
    }
    const auto id = writer_.add_table({0, spec, (*table)->owner(), false, std::nullopt});
    ++summary_.tables;
    return id ? add_known_answers(spec, **table, *id) : id.error();
  }

  /// A table that cannot be listed: what it answers for the keys that it is asked for later, or
  /// what it was asked for when it was recorded itself.
  Result<Ok> add_known_answers(const TableSpec& spec, Table& table, std::int64_t id) {
    note(to_string(spec) + " cannot be listed: only the answers for known names are recorded");
    if (auto changed = writer_.change_table(id, false, std::nullopt); !changed) {
      return changed;
    }
    const Rights reader = rights_of_owner(table.owner());
    Result<Ok> added = Ok{};
    const auto listing = table.for_each_answer([&](std::string_view key, const TableEntry* entry) {
      if (entry != nullptr) {
        files_.collect_includes(entry->value, reader);
      }
      added = writer_.add_entry(id, key, entry);
      return added.ok();
    });
    if (!listing) {
      return listing.error();
    }
    if (*listing == Listing::not_supported) {
      record_answers(spec, reader, {.id = id});
    }
    return added;
  }

  void record_answers(const TableSpec& spec, const Rights& reader,
                      RecordingWorld::Recorded recorded) {
    recorded.visit = [this, reader](const TableEntry& entry) {
      files_.collect_includes(entry.value, reader);
    };
    recording_.record(spec, std::move(recorded));
  }

  Result<Ok> add_answers() {
    if (!recording_.records_anything() || !contents_.ask) {
      return Ok{};
    }
    if (auto asked = contents_.ask(recording_, summary_.notes); !asked) {
      return asked;
    }
    if (!recording_.result()) {
      return recording_.result().error();
    }
    for (const auto& [name, table] : recording_.tables()) {
      if (!table.failure) {
        continue;
      }
      note(name + ": " + table.failure->message());
      if (!table.has_answered) {
        if (auto added = writer_.change_table(table.id, true, *table.failure); !added) {
          return added;
        }
      }
    }
    for (const Account& account : recording_.found_accounts()) {
      if (auto added = writer_.add_account(account); !added) {
        return added;
      }
      accounts_.push_back(account);
      ++summary_.accounts;
    }
    return Ok{};
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
  std::vector<TableSpec> tables_;  ///< As the parameters come.
  std::set<std::string> known_tables_;
  std::map<std::string, Database> databases_;
  RecordingWorld recording_;
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
  const auto entries = (*writer)->commit();
  if (!entries) {
    return entries.error();
  }
  summary->entries = *entries;
  return summary;
}

}  // namespace lastmile
