// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_schema.h"

#include <array>

namespace lastmile {
namespace {

/// What makes each version out of the one before. Steps are added, never changed: files of every
/// version are about. docs/site.md describes the result.
constexpr std::array<const char*, kSiteVersion> kMigrations = {
    // 0 to 1
    R"sql(
CREATE TABLE host (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE interface_address (
  position INTEGER PRIMARY KEY,
  address  TEXT NOT NULL
);

CREATE TABLE account (
  position INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  uid      INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967294),
  gid      INTEGER NOT NULL CHECK (gid BETWEEN 0 AND 4294967294),
  gecos    TEXT NOT NULL DEFAULT '',
  home     TEXT NOT NULL,
  shell    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX account_uid ON account (uid, position);

CREATE TABLE file (
  path     TEXT NOT NULL UNIQUE CHECK (substr(path, 1, 1) = '/'),
  type     TEXT NOT NULL DEFAULT 'file'
           CHECK (type IN ('file', 'directory', 'link', 'other', 'unknown')),
  owner    INTEGER NOT NULL DEFAULT 0 CHECK (owner BETWEEN 0 AND 4294967295),
  group_id INTEGER NOT NULL DEFAULT 0 CHECK (group_id BETWEEN 0 AND 4294967295),
  mode     TEXT NOT NULL DEFAULT '0644' CHECK (mode GLOB '[0-7][0-7][0-7][0-7]'),
  target   TEXT,
  content  BLOB
);

CREATE TABLE lookup_table (
  id         INTEGER PRIMARY KEY,
  type       TEXT NOT NULL,
  name       TEXT NOT NULL,
  owner      INTEGER,
  complete   INTEGER NOT NULL DEFAULT 1 CHECK (complete IN (0, 1)),
  error      TEXT,
  error_kind TEXT CHECK (error_kind IN ('unavailable', 'misconfigured', 'malformed', 'denied')),
  UNIQUE (type, name)
);

CREATE TABLE entry (
  table_id INTEGER NOT NULL REFERENCES lookup_table (id) ON DELETE CASCADE,
  key      TEXT NOT NULL,
  value    TEXT,
  file     TEXT,
  line     INTEGER,
  stale    INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),
  PRIMARY KEY (table_id, key)
) WITHOUT ROWID;
)sql"};

}  // namespace

Result<Ok> migrate_site(sqlite3* database, int from_version) {
  for (int version = from_version; version < kSiteVersion; ++version) {
    auto step = execute(database, kMigrations.at(static_cast<std::size_t>(version)));
    if (!step) {
      return step;
    }
  }
  return execute(database, "PRAGMA application_id = " + std::to_string(kSiteApplicationId) +
                               "; PRAGMA user_version = " + std::to_string(kSiteVersion));
}

}  // namespace lastmile
