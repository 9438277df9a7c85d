#include "transports/virtual_rules.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "aliases/text.h"
#include "transports/address_lookup.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

void check_limit(const Settings& settings, const VirtualSettings& own, ParameterReader& reader) {
  const auto& limit = own.virtual_mailbox_limit;
  const auto& message = settings.message_size_limit;
  if (limit.value > 0 && (message.value == 0 || limit.value < message.value)) {
    reader.reject(
        "virtual_mailbox_limit", std::to_string(limit.value),
        limit.source ? limit.source : message.source,
        "configuration error: virtual_mailbox_limit is smaller than message_size_limit (" +
            (message.value == 0 ? "unlimited" : std::to_string(message.value)) + ")");
  }
}

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

Result<VirtualSettings> load_virtual_settings(const Settings& settings) {
  VirtualSettings own;
  ParameterReader reader(settings.main_cf);
  reader.some_text("virtual_mailbox_base", own.virtual_mailbox_base);
  reader.tables("virtual_uid_maps", own.virtual_uid_maps);
  reader.tables("virtual_gid_maps", own.virtual_gid_maps);
  reader.integer("virtual_minimum_uid", own.virtual_minimum_uid, 1);
  reader.octets("virtual_mailbox_limit", own.virtual_mailbox_limit);
  reader.names("virtual_mailbox_lock", own.virtual_mailbox_lock, {"flock", "fcntl", "dotlock"});
  if (own.virtual_mailbox_lock.value.empty()) {
    reader.reject("virtual_mailbox_lock", "", own.virtual_mailbox_lock.source,
                  "no applicable mailbox locking method (flock, fcntl, dotlock)");
  }
  const Setting<std::string>& base = own.virtual_mailbox_base;
  if (!base.value.starts_with('/')) {
    reader.reject("virtual_mailbox_base", base.value, base.source, "must be an absolute path");
  }
  check_limit(settings, own, reader);
  if (reader.failure()) {
    return *reader.failure();
  }
  return own;
}

VirtualTables::VirtualTables(Configuration& configuration, const VirtualSettings& settings)
    : configuration_(configuration),
      settings_(settings),
      mailboxes_(configuration.settings().virtual_mailbox_maps.value, configuration.world(),
                 configuration.policy_for_rights()),
      uids_(settings.virtual_uid_maps.value, configuration.world(),
            configuration.policy_for_rights()),
      gids_(settings.virtual_gid_maps.value, configuration.world(),
            configuration.policy_for_rights()) {}

Result<std::uint32_t> VirtualTables::find_number(TableList& table, const char* parameter,
                                                 const char* kind, long minimum,
                                                 const Address& address) {
  auto found = find_address(configuration_, table, address);
  if (!found) {
    return std::move(found).error().during("looking in " + std::string(parameter));
  }
  const auto refuse = [&](const std::string& problem, std::optional<SourcePos> source) {
    return misconfigured("recipient " + to_internal(address) + ": " + problem, std::move(source));
  };
  if (!*found) {
    return refuse("not found in " + std::string(parameter), std::nullopt);
  }
  const TableEntry& entry = (*found)->hit.entry;
  const auto id = owner_id(leading_number(entry.value), minimum);
  if (!id) {
    return refuse("bad " + std::string(kind) + " " + printable(entry.value) + " in " + parameter +
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
  const auto uid =
      find_number(uids_, "virtual_uid_maps", "uid", settings_.virtual_minimum_uid.value, folded);
  if (!uid) {
    return uid.error();
  }
  const auto gid = find_number(gids_, "virtual_gid_maps", "gid", 1, folded);
  if (!gid) {
    return gid.error();
  }
  const TableHit& hit = (*found)->hit;
  VirtualMailbox mailbox;
  mailbox.key = (*found)->key;
  mailbox.value = hit.entry.value;
  mailbox.source = source_of(hit);
  std::string path = settings_.virtual_mailbox_base.value + '/' + hit.entry.value;
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
  uids_.release();
  gids_.release();
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
    auto settings = load_virtual_settings(configuration.settings());
    if (!settings) {
      return std::move(settings).error();
    }
    return std::make_shared<VirtualTables>(configuration, *settings);
  };
  return tables_.emplace(service, read()).first->second;
}

}  // namespace lastmile
