#include <set>
#include <span>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "aliases/tokens.h"
#include "local/expansion.h"
#include "transports/address_lookup.h"

namespace lastmile {

namespace {

/// Rounds of a canonical map. \see canonical(5); cleanup(8) accepts the address that it has then
constexpr int kMaxCanonicalRounds = 10;

/// The addresses of a value. What would be a command, file or include in an alias is an odd address
/// here.
std::vector<Address> parse_address_list(std::string_view text) {
  const auto tokens = scan_tokens(text);
  std::vector<Address> addresses;
  for (const auto& [first, last] : group_addresses(tokens)) {
    addresses.push_back(
        split_address(internal_form(text, std::span(tokens).subspan(first, last - first))));
  }
  return addresses;
}

/// Whether the unmatched extension is kept on the results of a kind of map.
bool propagates(const Resolution& run, std::string_view kind) {
  return run.mail_system().settings().propagate_unmatched_extensions.value.contains(kind);
}

/// The addresses of a value; one that begins with '@' is put behind the local part of the query, and
/// the whole is one address, even where the value seems to name more.
std::vector<Address> addresses_in(const AddressHit& found, const Address& query) {
  const std::string& value = found.hit.entry.value;
  if (value.starts_with('@')) {
    return {split_address(found.kept_local_part(query) + value)};
  }
  return parse_address_list(value);
}

/// The addresses that a value names, in canonical form, with the unmatched extension where that is
/// asked for.
std::vector<Address> result_addresses(const Resolution& run, const Address& query,
                                      const AddressHit& found, std::string_view kind) {
  std::vector<Address> results;
  for (Address result : addresses_in(found, query)) {
    result = rewrite_address(result, run.mail_system().settings());
    if (found.unmatched_extension && propagates(run, kind)) {
      result.local_part += found.delimiter + *found.unmatched_extension;
    }
    results.push_back(std::move(result));
  }
  return results;
}

bool same_address(const Address& left, const Address& right) {
  return fold_case(to_internal(left)) == fold_case(to_internal(right));
}

void add_map_node(Resolution& run, NodeId parent, Step step, std::string_view map,
                  const AddressHit& found) {
  TraceNode node;
  node.step = step;
  node.subject = std::string(map) + ' ' + found.key;
  node.detail = found.hit.entry.value;
  node.source =
      found.hit.entry.source ? found.hit.entry.source : SourcePos{to_string(found.hit.table), 0};
  run.trace.add(parent, std::move(node));
}

/// Follows one canonical map to its end.
Result<Ok> map_canonical(Resolution& run, NodeId parent, TableList& table, std::string_view name,
                         Address& address) {
  for (int round = 0; round < kMaxCanonicalRounds; ++round) {
    auto found = find_address(run.mail_system(), table, address);
    if (!found) {
      return std::move(found).error().during("looking in " + std::string(name));
    }
    if (!*found) {
      return Ok{};
    }
    auto results = result_addresses(run, address, **found, "canonical");
    if (results.empty()) {
      return Error{Error::Kind::misconfigured,
                   std::string(name) + " lookup of " + (*found)->key +
                       " returns non-address result \"" + (*found)->hit.entry.value + '"',
                   (*found)->hit.entry.source,
                   {}};
    }
    add_map_node(run, parent, Step::rewrite, name, **found);
    if (same_address(results.front(), address)) {
      return Ok{};
    }
    address = std::move(results.front());
  }
  add_note(run, parent,
           "unreasonable " + std::string(name) + " map nesting for " + to_external(address));
  return Ok{};
}

Result<Ok> canonicalise(Resolution& run, NodeId parent, Address& address) {
  const Settings& settings = run.mail_system().settings();
  constexpr std::string_view kClass = "envelope_recipient";
  if (settings.recipient_canonical_classes.value.contains(kClass)) {
    auto mapped = map_canonical(run, parent, run.mail_system().recipient_canonical_maps,
                                "recipient_canonical_maps", address);
    if (!mapped) {
      return mapped;
    }
  }
  if (settings.canonical_classes.value.contains(kClass)) {
    return map_canonical(run, parent, run.mail_system().canonical_maps, "canonical_maps", address);
  }
  return Ok{};
}

/// The breadth-first expansion of virtual_alias_maps. \see virtual(5); cleanup(8)
class VirtualExpansion {
 public:
  VirtualExpansion(Resolution& run, NodeId parent, const Address& start)
      : run_(run), parent_(parent), start_(start), list_{start} {}

  Result<std::vector<Address>> expand() && {
    const auto& settings = run_.mail_system().settings();
    for (std::size_t index = 0; index < list_.size(); ++index) {
      if (list_.size() > static_cast<std::size_t>(settings.virtual_alias_expansion_limit.value)) {
        return unreasonable("expansion size");
      }
      if (auto expanded = expand_element(index); !expanded) {
        return std::move(expanded).error();
      }
    }
    return std::move(list_);
  }

 private:
  /// Replaces one element until it stands for itself; further results go to the end of the list.
  Result<Ok> expand_element(std::size_t index) {
    const long limit = run_.mail_system().settings().virtual_alias_recursion_limit.value;
    for (long round = 0; to_itself_.count(folded(list_[index])) == 0; ++round) {
      if (round >= limit) {
        return unreasonable("map nesting");
      }
      auto found =
          find_address(run_.mail_system(), run_.mail_system().virtual_alias_maps, list_[index]);
      if (!found) {
        return std::move(found).error().during("looking in virtual_alias_maps");
      }
      if (!*found) {
        return Ok{};
      }
      if (auto taken = take_results(index, **found); !taken) {
        return taken;
      }
    }
    return Ok{};
  }

  Result<Ok> take_results(std::size_t index, const AddressHit& found) {
    auto results = result_addresses(run_, list_[index], found, "virtual");
    if (results.empty()) {
      return Error{Error::Kind::misconfigured,
                   "virtual_alias_maps lookup of " + found.key + " returns non-address result \"" +
                       found.hit.entry.value + '"',
                   found.hit.entry.source,
                   {}};
    }
    add_map_node(run_, parent_, Step::virtual_alias, "virtual alias", found);
    const auto length_limit = static_cast<std::size_t>(
        run_.mail_system().settings().virtual_alias_address_length_limit.value);
    const std::string query = folded(list_[index]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (to_external(results[i]).size() > length_limit) {
        return unreasonable("result " + to_external(results[i]).substr(0, 100) + "...");
      }
      if (folded(results[i]) == query) {
        to_itself_.insert(query);
      }
      if (i == 0) {
        list_[index] = std::move(results[i]);
      } else {
        list_.push_back(std::move(results[i]));
      }
    }
    return Ok{};
  }

  static std::string folded(const Address& address) { return fold_case(to_internal(address)); }

  Error unreasonable(const std::string& what) const {
    return Error{Error::Kind::misconfigured,
                 "unreasonable virtual_alias_maps " + what + " for " + to_external(start_),
                 run_.mail_system().settings().virtual_alias_maps.source,
                 {}};
  }

  Resolution& run_;
  NodeId parent_;
  Address start_;
  std::vector<Address> list_;
  std::set<std::string> to_itself_;
};

/// Whether canonical maps and virtual aliases are asked. What is submitted again always is.
/// \see postconf(5), receive_override_options
bool maps_addresses(const Resolution& run) {
  return run.resubmissions > 0 ||
         !run.mail_system().settings().receive_override_options.value.contains(
             "no_address_mappings");
}

/// The same address twice, for the same original recipient, is one recipient.
void remove_duplicates(std::vector<Address>& addresses) {
  std::set<std::string> seen;
  std::erase_if(addresses, [&](const Address& address) {
    return !seen.insert(fold_case(to_internal(address))).second;
  });
}

}  // namespace

void expand_virtual(Resolution& run, NodeId parent, const Recipient& recipient) {
  Recipient current = recipient;
  const auto fail = [&](const Error& error) {
    Expansion expansion;
    expansion.recipient = current;
    expansion.sender = run.sender;
    add_leaf_of(run, parent, expansion, "cleanup", status_of(error, Failure::virtual_alias),
                error.source, error.message());
  };
  current.address = rewrite_address(recipient.address, run.mail_system().settings());
  if (current.address.is_null()) {
    current.address =
        rewrite_address(split_address(run.mail_system().settings().empty_address_recipient.value),
                        run.mail_system().settings());
  }
  if (current.address != recipient.address) {
    TraceNode node;
    node.step = Step::rewrite;
    node.subject = "rewritten";
    node.detail = to_external(current.address);
    run.trace.add(parent, std::move(node));
  }
  Result<std::vector<Address>> addresses = std::vector<Address>{current.address};
  if (maps_addresses(run)) {
    if (auto mapped = canonicalise(run, parent, current.address); !mapped) {
      fail(mapped.error());
      return;
    }
    addresses = VirtualExpansion(run, parent, current.address).expand();
  }
  if (!addresses) {
    fail(addresses.error());
    return;
  }
  remove_duplicates(*addresses);
  const bool unchanged = addresses->size() == 1 && addresses->front() == recipient.address;
  for (Address& address : *addresses) {
    Recipient result = current;
    result.address = std::move(address);
    NodeId node = parent;
    if (!unchanged) {
      TraceNode address_node;
      address_node.step = Step::address;
      address_node.subject = to_external(result.address);
      node = run.trace.add(parent, std::move(address_node));
    }
    route_recipient(run, node, result);
  }
}

}  // namespace lastmile
