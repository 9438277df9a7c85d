// SPDX-License-Identifier: Apache-2.0
#include "transports/table_release.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aliases/tables/table_list.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

VersionRule rule_of(TableRule rule) {
  switch (rule) {
    case TableRule::debug_type:
      return VersionRule::debug_tables;
    case TableRule::pgsql_utf8:
      return VersionRule::pgsql_utf8;
    case TableRule::pgsql_any_uri:
      return VersionRule::pgsql_any_uri;
    case TableRule::mysql_utf8mb4:
      return VersionRule::mysql_utf8mb4;
    case TableRule::memcache_key_digest:
      return VersionRule::memcache_key_digest;
    case TableRule::memcache_no_control:
      return VersionRule::memcache_no_control;
    case TableRule::aliases_keep_quotes:
      return VersionRule::alias_keeps_quotes;
    case TableRule::files_continue_lines:
      break;
  }
  return VersionRule::match_file_continuations;
}

bool is_berkeley_type(std::string_view type) {
  return type == "hash" || type == "btree";
}

/// What non_bdb_custom_mapping says of a table: by its whole name, else by its type.
Result<std::optional<std::string>> custom_type(const TableSpec& spec, const MainCf& main_cf,
                                               World& world) {
  const auto written = main_cf.expand("non_bdb_custom_mapping");
  if (!written) {
    return written.error();
  }
  const std::string text(trim(written->value_or("")));
  if (text.empty()) {
    return std::optional<std::string>();
  }
  auto specs = parse_table_list(text);
  if (!specs) {
    return std::move(specs).error();
  }
  if (specs->size() != 1 || is_berkeley_type(specs->front().type)) {
    return misconfigured("non_bdb_custom_mapping: \"" + printable(text) +
                         "\": one table, which is not of a type that it maps");
  }
  TableList mapping(*std::move(specs), world, TablePolicy{});
  for (const std::string& key : {to_string(spec), spec.type}) {
    auto hit = mapping.lookup(key);
    if (!hit) {
      return std::move(hit).error().during("non_bdb_custom_mapping");
    }
    if (*hit) {
      return std::optional(std::move((*hit)->entry.value));
    }
  }
  return std::optional<std::string>();
}

/// The type that a hash: or btree: table is opened as.
Result<std::string> redirected_type(const TableSpec& spec, const MainCf& main_cf, World& world) {
  if (!is_berkeley_type(spec.type) || !main_cf.release()->has(VersionRule::hash_redirect)) {
    return spec.type;
  }
  auto custom = custom_type(spec, main_cf, world);
  if (!custom) {
    return std::move(custom).error();
  }
  const auto usual =
      main_cf.expand(spec.type == "hash" ? "default_database_type" : "default_cache_db_type");
  if (!usual) {
    return usual.error();
  }
  std::string type = custom->value_or(usual->value_or(""));
  if (is_berkeley_type(type)) {
    return unavailable("non_bdb migration mapping lookup error for '" + spec.type +
                       "': mapping from '" + spec.type + "' to legacy type '" + type + "'");
  }
  return type;
}

/// Whether tables of Berkeley DB are opened as others. It asks for the release only where
/// somebody has set the level.
bool redirects(const MainCf& main_cf) {
  if (!main_cf.is_set("non_bdb_migration_level")) {
    return false;
  }
  const auto level = main_cf.expand("non_bdb_migration_level");
  return level && *level && (**level == "enable-redirect" || **level == "enable-reindex");
}

}  // namespace

void follow_release(TablePolicy& policy, const MainCf& main_cf, World& world) {
  if (main_cf.release() == nullptr) {
    return;
  }
  policy.has_rule = [release = main_cf.release()](TableRule rule) {
    return release->has(rule_of(rule));
  };
  if (main_cf.is_set("lastmile_compile_aliases")) {
    const auto value = main_cf.expand("lastmile_compile_aliases");
    policy.compiles_aliases = value && *value && equal_ignoring_case(**value, "yes");
  }
  if (redirects(main_cf)) {
    policy.redirect = [&main_cf, &world](const TableSpec& spec) {
      return redirected_type(spec, main_cf, world);
    };
  }
}

}  // namespace lastmile
