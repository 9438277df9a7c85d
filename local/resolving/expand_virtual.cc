// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "local/resolving/show_misses.h"
#include "transports/address_lookup.h"
#include "transports/canonical.h"
#include "transports/rewrite.h"

namespace lastmile {

namespace {

void add_rewrite(Pass& pass, NodeId parent, std::string cause, std::string value,
                 std::optional<SourcePos> source) {
  TraceNode node{.step = Step::rewrite,
                 .subject = std::move(cause),
                 .detail = std::move(value),
                 .source = std::move(source)};
  pass.run.trace.add(parent, node);
}

Result<Ok> canonicalise(Pass& pass, NodeId parent, Address& address) {
  auto canonical = canonical_address(*pass.path.cleanup, address, EnvelopeSide::recipient);
  if (!canonical) {
    return std::move(canonical).error();
  }
  add_changes(pass, parent, std::move(canonical->changes));
  address = std::move(canonical->address);
  return Ok{};
}

/// Rewriting: what every envelope recipient goes through first.
void rewrite(Pass& pass, NodeId parent, Address& address) {
  const Address given = address;
  const Settings& rewriting = pass.path.cleanup->rewriting().settings();
  address = rewrite_address(given, rewriting);
  if (address.is_null()) {
    address = rewrite_address(
        split_address(pass.path.cleanup->settings().empty_address_recipient.value), rewriting);
  }
  if (address != given) {
    add_rewrite(pass, parent, "rewritten", to_external(address), {});
  }
}

/// The breadth-first expansion of virtual_alias_maps. \see virtual(5); cleanup(8)
class VirtualExpansion {
 public:
  VirtualExpansion(Pass& pass, NodeId parent, const Address& start)
      : pass_(pass), parent_(parent), start_(start), list_{start} {}

  Result<std::vector<Address>> expand() && {
    const auto& settings = pass_.path.cleanup->settings();
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
    on_the_way_.clear();
    const long limit = pass_.path.cleanup->settings().virtual_alias_recursion_limit.value;
    for (long round = 0; !stands_for_itself(list_[index]); ++round) {
      if (round >= limit) {
        return unreasonable("map nesting");
      }
      auto found = find_address(*pass_.path.cleanup,
                                pass_.path.cleanup->tables(&Settings::virtual_alias_maps),
                                list_[index], PatternForms::external);
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
    auto results = mapped_addresses(*pass_.path.cleanup, list_[index], found, "virtual");
    if (results.empty()) {
      return no_address_in("virtual_alias_maps", found);
    }
    show(list_[index], found);
    const auto length_limit = static_cast<std::size_t>(
        pass_.path.cleanup->settings().virtual_alias_address_length_limit.value);
    const std::string query = folded(list_[index]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (const std::string result = to_internal(results[i]); result.size() > length_limit) {
        return unreasonable("result " + result.substr(0, 100) + "...");
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

  /// One node for each address that was looked up on the way, once for all of them, and one more
  /// where an element goes round.
  void show(const Address& query, const AddressHit& found) {
    const std::string address = to_external(query);
    const bool is_whole = fold_case(address) == fold_case(found.key);
    const std::string subject =
        "virtual alias " + (is_whole ? found.key : address + " by " + found.key);
    if (!on_the_way_.insert(found.key).second) {
      if (!std::exchange(goes_round_, true)) {
        pass_.run.trace.add(parent_,
                            {.step = Step::loop,
                             .subject = subject,
                             .detail = "asked before; Postfix goes round until a limit ends it",
                             .source = source_of(found.hit)});
      }
    } else if (shown_.insert(folded(query)).second) {
      pass_.run.trace.add(parent_, {.step = Step::virtual_alias,
                                    .subject = subject,
                                    .detail = found.hit.entry.value,
                                    .source = source_of(found.hit)});
    }
  }

  bool stands_for_itself(const Address& address) const {
    return !to_itself_.empty() && to_itself_.contains(folded(address));
  }

  std::string folded(const Address& address) const {
    return to_internal(fold_case(pass_.path.cleanup->settings(), address));
  }

  Error unreasonable(const std::string& what) const {
    return malformed("unreasonable virtual_alias_maps " + what + " for " + to_external(start_),
                     pass_.path.cleanup->settings().virtual_alias_maps.source);
  }

  Pass& pass_;
  NodeId parent_;
  Address start_;
  std::vector<Address> list_;
  std::set<std::string> to_itself_;
  std::set<std::string> shown_ = {};       ///< Addresses that have a node.
  std::set<std::string> on_the_way_ = {};  ///< Keys that gave the present element.
  bool goes_round_ = false;
};

MessageOrigin origin_of(const Pass& pass) {
  return pass.resubmissions > 0 ? MessageOrigin::mail_system : MessageOrigin::outside;
}

/// The same address twice, for the same original recipient, is one recipient.
void remove_duplicates(const Settings& settings, std::vector<Address>& addresses) {
  if (addresses.size() < 2) {
    return;
  }
  std::set<std::string> seen;
  std::erase_if(addresses, [&](const Address& address) {
    return !seen.insert(to_internal(fold_case(settings, address))).second;
  });
}

}  // namespace

void add_changes(Pass& pass, NodeId parent, std::vector<AddressChange> changes) {
  for (AddressChange& change : changes) {
    if (change.is_warning) {
      add_note(pass.run.trace, parent, std::move(change.cause), std::move(change.source));
    } else {
      add_rewrite(pass, parent, std::move(change.cause), std::move(change.value),
                  std::move(change.source));
    }
  }
}

void expand_virtual(Pass& pass, NodeId parent, const Recipient& recipient) {
  begin_misses(pass.run);
  Recipient current = recipient;
  const auto fail = [&](const Error& error) { add_cleanup_failure(pass, parent, current, error); };
  rewrite(pass, parent, current.address);
  std::vector<Address> addresses = {current.address};
  if (maps_addresses(pass.path.entry->settings(), origin_of(pass))) {
    if (auto mapped = canonicalise(pass, parent, current.address); !mapped) {
      fail(mapped.error());
      return;
    }
    if (auto copied = note_copies(pass, parent, current.address); !copied) {
      fail(copied.error());
      return;
    }
    auto expanded = VirtualExpansion(pass, parent, current.address).expand();
    if (!expanded) {
      fail(expanded.error());
      return;
    }
    addresses = *std::move(expanded);
  }
  remove_duplicates(pass.path.cleanup->settings(), addresses);
  const bool unchanged = addresses.size() == 1 && addresses.front() == recipient.address;
  for (Address& address : addresses) {
    Recipient result = current;
    result.address = std::move(address);
    NodeId node = parent;
    if (!unchanged) {
      TraceNode address_node{.step = Step::address, .subject = to_external(result.address)};
      node = pass.run.trace.add(parent, address_node);
    }
    route_recipient(pass, node, result);
  }
}

}  // namespace lastmile
