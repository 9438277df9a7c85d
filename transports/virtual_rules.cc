// SPDX-License-Identifier: Apache-2.0
#include "transports/virtual_rules.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "transports/address_lookup.h"
#include "transports/parameter_catalogue.h"

namespace lastmile {
namespace {

/// As atol(3) reads a number: a sign and the digits at the beginning, 0 when there are none.
long leading_number(std::string_view text) {
  std::string_view number = trim(text);
  if (number.starts_with('+')) {
    number.remove_prefix(1);
  }
  long value = 0;
  // What is no number, or too large for one, is 0: no valid id.
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
  return parsed.ec == std::errc() ? value : 0;
}

/// The id that a number stands for. Postfix keeps its low bits, and asks for the minimum before
/// that: a number above 32 bits may then be root. Here the minimum is asked of both.
///
/// \return nullopt for a number that is no id, or too low
std::optional<std::uint32_t> owner_id(long number, long minimum) {
  constexpr std::uint32_t kNone = 0xFFFF'FFFFU;  // To the kernel.
  const auto id = static_cast<std::uint32_t>(number);
  return number < minimum || id < minimum || id == kNone ? std::nullopt : std::optional(id);
}

}  // namespace

VirtualTables::VirtualTables(Configuration& configuration)
    : configuration_(configuration),
      mailboxes_(configuration.settings().virtual_mailbox_maps.value, configuration.world(),
                 configuration.policy_for_rights()) {
  configuration_.record_misses_of(mailboxes_, &Settings::virtual_mailbox_maps);
}

Result<std::uint32_t> VirtualTables::find_number(
    Setting<std::vector<TableSpec>> Settings::*parameter, const char* kind, long minimum,
    const Address& address) {
  const std::string name(parameter_of(parameter).name);
  auto found = find_address(configuration_, configuration_.tables(parameter), address);
  if (!found) {
    return std::move(found).error().during("looking in " + name);
  }
  const auto refuse = [&](const std::string& problem, std::optional<SourcePos> source) {
    return misconfigured("recipient " + to_internal(address) + ": " + problem, std::move(source));
  };
  if (!*found) {
    return refuse("not found in " + name, std::nullopt);
  }
  const TableEntry& entry = (*found)->hit.entry;
  const auto id = owner_id(leading_number(entry.value), minimum);
  const std::string_view digits =
      std::string_view(entry.value).substr(entry.value.starts_with('+'));
  const bool is_whole = id && whole_number<std::uint32_t>(digits);
  // Only what is no plain number depends on the release.
  if (!id ||
      (!is_whole && configuration_.settings().postfix->has(VersionRule::virtual_strict_ids))) {
    return refuse("bad " + std::string(kind) + " " + printable(entry.value) + " in " + name +
                      " (a number of at least " + std::to_string(minimum) + ")",
                  entry.source);
  }
  return *id;
}

Result<std::optional<VirtualMailbox>> VirtualTables::find(const Address& address) {
  const Address folded = fold_case(configuration_.settings(), address);
  auto found = find_address(configuration_, mailboxes_, folded);
  if (!found) {
    return std::move(found).error().during("looking in virtual_mailbox_maps");
  }
  if (!*found) {
    return std::optional<VirtualMailbox>();
  }
  const Settings& settings = configuration_.settings();
  const auto uid =
      find_number(&Settings::virtual_uid_maps, "uid", settings.virtual_minimum_uid.value, folded);
  if (!uid) {
    return uid.error();
  }
  const auto gid = find_number(&Settings::virtual_gid_maps, "gid", 1, folded);
  if (!gid) {
    return gid.error();
  }
  const TableHit& hit = (*found)->hit;
  const bool leads_out = ('/' + hit.entry.value).find("/../") != std::string::npos;
  if (leads_out && settings.postfix->has(VersionRule::virtual_refuses_dots)) {
    return misconfigured("recipient " + to_internal(address) + ": " + printable(hit.entry.value) +
                             " leads out of virtual_mailbox_base by \"/../\"",
                         source_of(hit));
  }
  VirtualMailbox mailbox;
  mailbox.key = (*found)->key;
  mailbox.value = hit.entry.value;
  mailbox.source = source_of(hit);
  std::string path = settings.virtual_mailbox_base.value + '/' + hit.entry.value;
  if (path.ends_with('/')) {
    mailbox.destination = Maildir{std::move(path), StoredBy::virtual_mailbox};
  } else {
    mailbox.destination = Mailbox{std::move(path), false, StoredBy::virtual_mailbox};
  }
  mailbox.rights = {static_cast<uid_t>(*uid),
                    static_cast<gid_t>(*gid),
                    {},
                    std::to_string(*uid) + ':' + std::to_string(*gid)};
  return std::optional(std::move(mailbox));
}

void VirtualTables::release() {
  mailboxes_.release();
}

void VirtualServices::release_tables() {
  for (const auto& [service, tables] : tables_) {
    if (tables) {
      (*tables)->release();
    }
  }
}

Result<std::shared_ptr<VirtualTables>> VirtualServices::tables_of(const std::string& service) {
  if (const auto known = tables_.find(service); known != tables_.end()) {
    return known->second;
  }
  const auto read = [&]() -> Result<std::shared_ptr<VirtualTables>> {
    Configuration& configuration = configurations_.of_service(service);
    if (auto failure = configurations_.mail_system().settings().failure_of_service(service)) {
      return *std::move(failure);
    }
    return std::make_shared<VirtualTables>(configuration);
  };
  return tables_.emplace(service, read()).first->second;
}

}  // namespace lastmile
