// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/tables/wrapped_table.h"
#include "aliases/text.h"
#include "aliases/world/world.h"

namespace lastmile {
namespace {

constexpr std::string_view kProxy = "proxy:";

/// Whether a list of tables names one behind "proxy:", also as a member of another:
/// `unionmap:{proxy:texthash:/etc/a, ...}`, `{proxy:hash:/etc/b, timeout=3}`.
bool names_proxied(std::string_view list, const std::string& table) {
  return std::ranges::any_of(split_list(list, Braces::protect), [&](std::string_view item) {
    const bool is_proxied = item.starts_with(kProxy);
    while (item.starts_with(kProxy)) {
      item.remove_prefix(kProxy.size());
    }
    if (is_proxied) {
      return item == table;
    }
    const auto members = inside_braces(item.substr(std::min(item.find('{'), item.size())));
    return members.ok() && names_proxied(*members, table);
  });
}

/// Whether proxy_read_maps names a table, as proxymap(8) reads it. Without main.cf nothing is known
/// of it.
bool is_approved(const TableSpec& inner, const TablePolicy& policy) {
  const auto approved =
      policy.parameter ? policy.parameter("proxy_read_maps") : std::optional<std::string>();
  return !approved || names_proxied(*approved, to_string(inner));
}

Result<std::unique_ptr<Table>> open_proxy(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  auto inner_spec = parse_table_spec(spec.name);
  if (!inner_spec) {
    Error error = std::move(inner_spec).error();
    error.kind = Error::Kind::misconfigured;
    return error;
  }
  // For data that decides over rights local(8) and virtual(8) open the table themselves.
  if (!policy.security_sensitive && !is_approved(*inner_spec, policy)) {
    return unavailable("proxymap service is not configured for table \"" + to_string(*inner_spec) +
                       "\": proxy_read_maps does not list proxy:" + to_string(*inner_spec));
  }
  TablePolicy inner_policy = policy;
  inner_policy.as_postmap = false;
  auto inner = world.open_table(*inner_spec, inner_policy);
  if (!inner) {
    return inner;
  }
  return std::unique_ptr<Table>(std::make_unique<WrappedTable>(spec, *std::move(inner)));
}

}  // namespace

const MapType kProxyMap = {.name = "proxy",
                           .open = open_proxy,
                           .recorded = TableRecord::nothing,
                           .inner = InnerTables::one};

}  // namespace lastmile
