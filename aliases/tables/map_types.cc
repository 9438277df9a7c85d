// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/map_types.h"

#include <algorithm>
#include <array>
#include <vector>

#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/remembered_answers.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/tables/uncompiled_table.h"
#include "aliases/text.h"
#include "aliases/world/world.h"

namespace lastmile {
namespace {

#ifdef LASTMILE_HAVE_CDB
constexpr const MapType* kCdb = &kCdbMap;
#else
constexpr const MapType* kCdb = nullptr;
#endif
#ifdef LASTMILE_HAVE_DB
constexpr const MapType* kBtree = &kBtreeMap;
constexpr const MapType* kHash = &kHashMap;
#else
constexpr const MapType* kBtree = nullptr;
constexpr const MapType* kHash = nullptr;
#endif
#ifdef LASTMILE_HAVE_LDAP
constexpr const MapType* kLdap = &kLdapMap;
#else
constexpr const MapType* kLdap = nullptr;
#endif
#ifdef LASTMILE_HAVE_LMDB
constexpr const MapType* kLmdb = &kLmdbMap;
#else
constexpr const MapType* kLmdb = nullptr;
#endif
#ifdef LASTMILE_HAVE_MYSQL
constexpr const MapType* kMysql = &kMysqlMap;
#else
constexpr const MapType* kMysql = nullptr;
#endif
#ifdef LASTMILE_HAVE_PGSQL
constexpr const MapType* kPgsql = &kPgsqlMap;
#else
constexpr const MapType* kPgsql = nullptr;
#endif

/// A type that Postfix has; `type` is null when this build has not.
struct KnownType {
  std::string_view name = {};
  const MapType* type = nullptr;
  /// What was not there when this program was built; empty: lastmile does not have the type at all.
  std::string_view needs = {};
};

constexpr std::array kKnownTypes = {
    KnownType{"btree", kBtree, "libdb-dev"},
    KnownType{"cdb", kCdb, "libcdb-dev"},
    KnownType{"cidr", &kCidrMap},
    KnownType{"dbm", nullptr},
    KnownType{"debug", &kDebugMap},
    KnownType{"environ", &kEnvironMap},
    KnownType{"fail", &kFailMap},
    KnownType{"hash", kHash, "libdb-dev"},
    KnownType{"inline", &kInlineMap},
    KnownType{"internal", nullptr},
    KnownType{"ldap", kLdap, "libldap-dev"},
    KnownType{"lmdb", kLmdb, "liblmdb-dev"},
    KnownType{"memcache", &kMemcacheMap},
    KnownType{"mongodb", nullptr},
    KnownType{"mysql", kMysql, "libmariadb-dev"},
    KnownType{"netinfo", nullptr},
    KnownType{"nis", nullptr},
    KnownType{"nisplus", nullptr},
    KnownType{"pcre", &kPcreMap},
    KnownType{"pgsql", kPgsql, "libpq-dev"},
    KnownType{"pipemap", &kPipeMap},
    KnownType{"proxy", &kProxyMap},
    KnownType{"randmap", &kRandMap},
    KnownType{"regexp", &kRegexpMap},
    KnownType{"sdbm", nullptr},
    KnownType{"socketmap", &kSocketmapMap},
    KnownType{"sqlite", &kSqliteMap},
    KnownType{"static", &kStaticMap},
    KnownType{"tcp", &kTcpMap},
    KnownType{"texthash", &kTexthashMap},
    KnownType{"unionmap", &kUnionMap},
    KnownType{"unix", &kUnixMap},
};

constexpr bool name_less(const KnownType& left, const KnownType& right) {
  return left.name < right.name;
}
static_assert(std::is_sorted(kKnownTypes.begin(), kKnownTypes.end(), name_less));

const KnownType* find_known_type(std::string_view name) {
  const auto found =
      std::lower_bound(kKnownTypes.begin(), kKnownTypes.end(), KnownType{name}, name_less);
  return found != kKnownTypes.end() && found->name == name ? &*found : nullptr;
}

Error refused(const TableSpec& spec) {
  return unavailable(to_string(spec) + " map is not allowed for security" +
                     (spec.type == "tcp" ? " " : "-") + "sensitive data");
}

constexpr std::array kComponents = {
#ifdef LASTMILE_HAVE_CDB
    std::string_view("cdb"),
#endif
#ifdef LASTMILE_HAVE_DB
    std::string_view("db"),
#endif
#ifdef LASTMILE_HAVE_LDAP
    std::string_view("ldap"),
#endif
#ifdef LASTMILE_HAVE_LMDB
    std::string_view("lmdb"),
#endif
#ifdef LASTMILE_HAVE_MYSQL
    std::string_view("mysql"),
#endif
    std::string_view("pcre"),
#ifdef LASTMILE_HAVE_PGSQL
    std::string_view("pgsql"),
#endif
    std::string_view("sqlite"),
};

}  // namespace

std::span<const MapType* const> map_types() {
  static const std::vector<const MapType*> kTypes = [] {
    std::vector<const MapType*> types;
    for (const KnownType& known : kKnownTypes) {
      if (known.type != nullptr) {
        types.push_back(known.type);
      }
    }
    return types;
  }();
  return kTypes;
}

const MapType* find_map_type(std::string_view name) {
  const KnownType* known = find_known_type(name);
  return known == nullptr ? nullptr : known->type;
}

Error unusable_map_type(std::string_view name) {
  Error error = misconfigured("");
  if (const KnownType* known = find_known_type(name); known != nullptr) {
    error.text = "dictionary type \"" + std::string(name) + "\" is not built in";
    if (!known->needs.empty()) {
      error.text += ": build lastmile with Debian's package " + std::string(known->needs);
    }
    return error;
  }
  error.text = "unsupported dictionary type: " + printable(name);
  std::vector<std::string_view> names;
  for (const MapType* type : map_types()) {
    names.push_back(type->name);
  }
  error.text += did_you_mean(name, names);
  return error;
}

Result<std::vector<TableSpec>> inner_tables(const TableSpec& spec) {
  const MapType* const type = find_map_type(spec.type);
  std::vector<std::string_view> words;
  if (type != nullptr && type->inner == InnerTables::one) {
    words.push_back(spec.name);
  } else if (type != nullptr && type->inner == InnerTables::group) {
    const auto inside = inside_braces(spec.name);
    if (!inside) {
      return inside.error();
    }
    words = split_list(*inside, Braces::protect);
  }
  std::vector<TableSpec> specs;
  for (const std::string_view word : words) {
    auto inner = parse_table_spec(word);
    if (!inner) {
      return std::move(inner).error();
    }
    specs.push_back(*std::move(inner));
  }
  return specs;
}

bool is_pattern_table(const TableSpec& spec) {
  const MapType* const type = find_map_type(spec.type);
  if (type == nullptr || type->inner == InnerTables::none) {
    return type != nullptr && type->is_pattern;
  }
  const auto inner = inner_tables(spec);
  return inner && !inner->empty() && is_pattern_table(inner->front());
}

std::span<const std::string_view> built_in_components() {
  return kComponents;
}

Result<std::unique_ptr<Table>> open_map(const TableSpec& spec, World& world,
                                        const TablePolicy& policy) {
  if (policy.redirect) {
    auto type = policy.redirect(spec);
    if (!type) {
      return std::move(type).error();
    }
    if (*type != spec.type) {
      return open_map({*std::move(type), spec.name}, world, policy);
    }
  }
  const MapType* type = find_map_type(spec.type);
  if (type == nullptr) {
    return unusable_map_type(spec.type);
  }
  if (auto refusal = policy.host_refuses ? policy.host_refuses(spec.type) : std::nullopt) {
    return *std::move(refusal);
  }
  if (policy.security_sensitive && !type->is_authenticated) {
    return refused(spec);
  }
  auto table = is_taken_from_text(spec, world, policy) ? open_uncompiled(spec, world, policy)
                                                       : type->open(spec, world, policy);
  if (!table) {
    return table;
  }
  if (policy.keep_snapshot && type->asks_server) {
    table = with_remembered_answers(*std::move(table));
  }
  return with_key_rules(*std::move(table), policy, is_pattern_table(spec));
}

}  // namespace lastmile
