// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aliases/tables/ldap_connection.h"
#include "aliases/tables/ldap_settings.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/server_address.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// Groups that name each other would be searched without end long before `recursion_limit`.
constexpr int kMaxSearches = 10'000;

/// Whether an attribute is `wanted`, or that with options, as in "mail;lang-en".
/// \see RFC 4512, 2.5
bool is_kind_of(std::string_view attribute, std::string_view wanted) {
  return starts_with_ignoring_case(attribute, wanted) &&
         (attribute.size() == wanted.size() || attribute[wanted.size()] == ';');
}

bool has_values(const LdapEntry& entry, std::string_view name) {
  return std::any_of(entry.begin(), entry.end(), [name](const LdapAttribute& attribute) {
    return equal_ignoring_case(attribute.name, name) && !attribute.values.empty();
  });
}

Error problem(std::string text) {
  return unavailable("LDAP: " + std::move(text));
}

/// Collects the values that one key leads to, through the DNs and URLs of special attributes.
class Collector {
 public:
  Collector(const LdapSettings& settings, LdapConnection& connection, LookupFormat::Values& values)
      : settings_(settings), connection_(connection), values_(values) {}

  Result<Ok> collect(const std::vector<LdapEntry>& entries) {
    if (settings_.size_limit > 0 && std::cmp_greater(entries.size(), settings_.size_limit)) {
      return problem("query size limit (" + std::to_string(settings_.size_limit) + ") exceeded");
    }
    ++depth_;
    Kind kind;  // Not made anew for each entry: so it is in Postfix.
    for (const LdapEntry& entry : entries) {
      look_at(entry, kind);
      for (const LdapAttribute& attribute : entry) {
        if (attribute.values.empty()) {
          continue;
        }
        if (auto added = add(attribute, kind); !added) {
          return added;
        }
      }
    }
    --depth_;
    return Ok{};
  }

 private:
  /// What the attributes of an entry make it.
  struct Kind {
    bool is_terminal = false;  ///< Only its terminal attributes count.
    bool is_leaf = true;       ///< No special attribute: the leaf attributes count.
  };

  void look_at(const LdapEntry& entry, Kind& kind) const {
    const LdapAttributes& wanted = settings_.attributes;
    const auto begin = wanted.names.begin();
    const auto has = [&entry](const std::string& name) { return has_values(entry, name); };
    const auto values = begin + static_cast<std::ptrdiff_t>(wanted.value_count);
    if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(wanted.terminal_count), has)) {
      kind.is_terminal = true;
    }
    if (!kind.is_terminal && wanted.leaf_count > 0 &&
        std::any_of(values, wanted.names.end(), has)) {
      kind.is_leaf = false;
    }
  }

  Result<Ok> add(const LdapAttribute& attribute, const Kind& kind) {
    const LdapAttributes& wanted = settings_.attributes;
    const auto found = std::find_if(
        wanted.names.begin(), wanted.names.end(),
        [&attribute](const std::string& name) { return is_kind_of(attribute.name, name); });
    const auto index = static_cast<std::size_t>(found - wanted.names.begin());
    if (index < wanted.value_count || kind.is_terminal) {
      const bool is_skipped = (kind.is_terminal && index >= wanted.terminal_count) ||
                              (!kind.is_leaf && index < wanted.terminal_count + wanted.leaf_count);
      return is_skipped ? Result<Ok>(Ok{}) : add_values(attribute);
    }
    if (found == wanted.names.end()) {
      return Ok{};
    }
    if (depth_ >= settings_.recursion_limit) {
      return problem("recursion limit exceeded for special attribute " + attribute.name + "=" +
                     printable(attribute.values.front()));
    }
    return follow_all(attribute);
  }

  Result<Ok> add_values(const LdapAttribute& attribute) {
    for (const std::string& value : attribute.values) {
      if (auto added = values_.add(value); !added) {
        return added;
      }
    }
    return Ok{};
  }

  Result<Ok> follow_all(const LdapAttribute& attribute) {
    for (const std::string& value : attribute.values) {
      if (auto followed = follow(value); !followed) {
        return followed;
      }
    }
    return Ok{};
  }

  /// A DN or URL. One that leads nowhere has no values.
  Result<Ok> follow(const std::string& value) {
    if (++searches_ > kMaxSearches) {
      return problem("more than " + std::to_string(kMaxSearches) + " searches for one key");
    }
    auto url = connection_.parse_url(value);
    if (!url) {
      return std::move(url).error();
    }
    LdapSearch search{value, LdapScope::base, "objectclass=*", settings_.attributes.names,
                      settings_.size_limit};
    if (*url) {
      search = **std::move(url);
      search.size_limit = settings_.size_limit;
      if (!narrow(search.attributes)) {
        return Ok{};
      }
    }
    const auto found = connection_.search(search);
    if (!found) {
      return found.error();
    }
    return collect(found->entries);
  }

  /// Leaves those attributes of a URL that the table wants; all that it wants when the URL names
  /// none. \return false when there are none
  bool narrow(std::vector<std::string>& attributes) const {
    if (attributes.empty()) {
      attributes = settings_.attributes.names;
      return true;
    }
    std::vector<std::string> both;
    for (const std::string& name : attributes) {
      for (const std::string& wanted : settings_.attributes.names) {
        if (is_kind_of(wanted, name)) {
          both.push_back(wanted);
        } else if (is_kind_of(name, wanted)) {
          both.push_back(name);
        }
      }
    }
    attributes = std::move(both);
    return !attributes.empty();
  }

  const LdapSettings& settings_;
  LdapConnection& connection_;
  LookupFormat::Values& values_;
  long depth_ = 0;
  int searches_ = 0;
};

/// \see ldap_table(5)
class LdapTable final : public Table {
 public:
  LdapTable(TableSpec spec, World& world, LdapSettings settings)
      : Table(std::move(spec), settings.owner), world_(world), settings_(std::move(settings)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const AddressParts parts(key);
    if (!is_valid_utf8(key) || !settings_.search_base.accepts_key(parts) ||
        !settings_.query_filter.accepts_key(parts)) {
      return std::nullopt;
    }
    const auto wanted = settings_.format.accepts(parts);
    if (!wanted) {
      return wanted.error();
    }
    if (*wanted == LookupFormat::Match::no) {
      return std::nullopt;
    }
    LdapSearch search;
    search.scope = settings_.scope;
    search.attributes = settings_.attributes.names;
    search.size_limit = settings_.size_limit;
    settings_.search_base.expand(parts, parts, append_for_dn, search.base);
    settings_.query_filter.expand(parts, parts, append_for_filter, search.filter);
    auto entry = look_up(search, parts);
    if (!entry) {
      connection_.reset();  // Whatever state it is in.
    }
    return entry;
  }

  // Each key is looked up by the query itself: a list may miss keys, and never invents one. What
  // the server cuts off at its own limit is an error.
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    if (!settings_.list || settings_.base_depends_on_key) {
      return Listing::not_supported;
    }
    LdapSearch search;
    search.scope = settings_.scope;
    search.attributes = {settings_.list->attribute};
    search.filter = settings_.list->filter;
    settings_.search_base.expand(AddressParts(""), AddressParts(""), append_for_dn, search.base);
    const auto found = ask(search);
    if (!found) {
      connection_.reset();  // Whatever state it is in.
      return found.error();
    }
    for (const LdapEntry& entry : found->entries) {
      for (const LdapAttribute& attribute : entry) {
        auto visited = visit_keys(attribute.values, visit);
        if (!visited || *visited == Listing::stopped) {
          return visited;
        }
      }
    }
    return Listing::complete;
  }

 private:
  Result<Listing> visit_keys(
      const std::vector<std::string>& keys,
      const std::function<bool(std::string_view, const TableEntry&)>& visit) {
    for (const std::string& key : keys) {
      const auto entry = lookup(key);
      if (!entry) {
        return entry.error();
      }
      if (*entry && !visit(key, **entry)) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }

  Result<std::optional<TableEntry>> look_up(const LdapSearch& search, const AddressParts& key) {
    const bool is_old = connection_ != nullptr;
    auto found = ask(search);
    if (!found && is_old && connection_ && connection_->is_server_down()) {
      connection_.reset();
      found = ask(search);
    }
    if (!found) {
      return std::move(found).error();
    }
    if (!found->base_exists && !settings_.base_depends_on_key) {
      return problem("search base '" + printable(search.base) + "' not found");
    }
    LookupFormat::Values values(settings_.format, key);
    Collector collector(settings_, *connection_, values);
    if (auto collected = collector.collect(found->entries); !collected) {
      return std::move(collected).error();
    }
    return values.take();
  }

  Result<LdapFound> ask(const LdapSearch& search) {
    if (auto connected = connect(); !connected) {
      return std::move(connected).error();
    }
    return connection_->search(search);
  }

  Result<Ok> connect() {
    if (connection_) {
      return Ok{};
    }
    if (!world_.is_on_network()) {
      return not_on_network();
    }
    auto connection = LdapConnection::open(settings_.servers);
    if (!connection) {
      return std::move(connection).error();
    }
    connection_ = *std::move(connection);
    return Ok{};
  }

  World& world_;
  LdapSettings settings_;
  std::unique_ptr<LdapConnection> connection_ = {};
};

Result<std::unique_ptr<Table>> open_ldap(const TableSpec& spec, World& world,
                                         const TablePolicy& policy) {
  const auto from = TableSettings::load(spec, world, policy);
  if (!from) {
    return from.error();
  }
  auto settings = LdapSettings::read(*from, world, policy);
  if (!settings) {
    return std::move(settings).error();
  }
  return std::unique_ptr<Table>(std::make_unique<LdapTable>(spec, world, *std::move(settings)));
}

}  // namespace

const MapType kLdapMap = {.name = "ldap", .open = open_ldap, .asks_server = true};

}  // namespace lastmile
