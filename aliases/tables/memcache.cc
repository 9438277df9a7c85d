// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "aliases/sha256.h"
#include "aliases/tables/domain_list.h"
#include "aliases/tables/lookup_template.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/server_stream.h"
#include "aliases/tables/table_settings.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {
namespace {

/// \see memcache_table(5)
struct MemcacheSettings {
  LookupTemplate key_format = {};
  DomainList domains = {};
  long max_tries = 0;
  std::size_t max_line = 0;
  std::size_t max_data = 0;
  bool has_digest = false;       ///< The server has the SHA-256 digests of the keys.
  bool refuses_control = false;  ///< No key has control characters.
};

bool is_control(char octet) {
  const auto value = static_cast<unsigned char>(octet);
  return value < ' ' || value == 0x7F;
}

/// Asks a memcached server and, where that has no answer, a backup table. Nothing is written to
/// the server: Postfix would, what it found in the backup.
class MemcacheTable final : public Table {
 public:
  MemcacheTable(TableSpec spec, MemcacheSettings settings, std::unique_ptr<ServerStream> stream,
                std::optional<Result<std::unique_ptr<Table>>> backup)
      : Table(std::move(spec), {TableOwner::Trust::unknown, 0}),
        settings_(std::move(settings)),
        stream_(std::move(stream)),
        backup_(std::move(backup)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const AddressParts parts(key);
    if (key.empty() || !settings_.key_format.accepts_key(parts)) {
      return std::nullopt;
    }
    const auto wanted = settings_.domains.accepts(parts);
    if (!wanted) {
      return wanted.error();
    }
    std::string server_key;
    settings_.key_format.expand(parts, parts, append_as_is, server_key);
    if (settings_.has_digest) {
      Sha256 digest;
      digest.add(server_key);
      server_key = digest.hex();
    }
    // The protocol has no way to quote white space.
    const bool is_one_word = std::none_of(server_key.begin(), server_key.end(), [this](char octet) {
      return is_space(octet) || (settings_.refuses_control && is_control(octet));
    });
    if (*wanted == DomainList::Match::no || server_key.empty() || !is_one_word) {
      return std::nullopt;
    }
    auto entry = ask_server(server_key);
    if (!backup_ || (entry && *entry)) {
      return entry;
    }
    return *backup_ ? (**backup_)->lookup(key) : backup_->error();
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    if (!backup_) {
      return Listing::not_supported;
    }
    return *backup_ ? (**backup_)->for_each(visit) : backup_->error();
  }

 private:
  Result<std::optional<TableEntry>> ask_server(const std::string& key) {
    Result<std::optional<TableEntry>> entry = std::nullopt;
    for (long tries = 0; tries < settings_.max_tries; ++tries) {
      if (auto opened = stream_->open(); !opened) {
        return std::move(opened).error();
      }
      entry = ask_once(key);
      if (entry) {
        break;
      }
      stream_->close();
    }
    return entry;
  }

  Result<std::optional<TableEntry>> ask_once(const std::string& key) {
    if (auto sent = stream_->send("get " + key + "\r\n"); !sent) {
      return std::move(sent).error();
    }
    const auto line = stream_->read_line(settings_.max_line);
    if (!line) {
      return line.error();
    }
    if (*line == "END") {
      return std::nullopt;
    }
    const auto size = size_of_value(*line);
    if (!size) {
      return unexpected(*line);
    }
    auto value = stream_->read_exactly(*size + 2);
    if (!value) {
      return std::move(value).error();
    }
    if (!value->ends_with("\r\n")) {
      return unexpected(*line);
    }
    value->resize(*size);
    if (const auto end = stream_->read_line(settings_.max_line); !end || *end != "END") {
      stream_->close();
    }
    return std::optional(TableEntry{*std::move(value)});
  }

  /// Of "VALUE key flags size".
  std::optional<std::size_t> size_of_value(std::string_view line) const {
    constexpr std::string_view kValue = "VALUE ";
    const std::size_t after_key = line.find(' ', std::min(line.size(), kValue.size()));
    const std::size_t last = line.find(' ', std::min(line.size(), after_key) + 1);
    if (!line.starts_with(kValue) || after_key == std::string_view::npos ||
        last == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view rest = line.substr(last + 1);
    const auto size = whole_number<std::size_t>(rest.substr(0, rest.find(' ')));
    return size && *size <= settings_.max_data ? size : std::nullopt;
  }

  Error unexpected(std::string_view line) const {
    return unavailable(to_string(stream_->address()) +
                       ": unexpected memcache server reply: " + printable(line.substr(0, 30)));
  }

  MemcacheSettings settings_;
  std::unique_ptr<ServerStream> stream_;
  std::optional<Result<std::unique_ptr<Table>>> backup_;
};

Result<MemcacheSettings> read_settings(const TableSettings& from, World& world,
                                       const TablePolicy& policy) {
  MemcacheSettings settings;
  auto format =
      LookupTemplate::parse(from.find("key_format").value_or("%s"), LookupTemplate::Role::query);
  if (!format) {
    return from.bad_setting("key_format", format.error().text);
  }
  settings.key_format = *std::move(format);
  auto domains = DomainList::parse(from.find("domain").value_or(""), world, policy);
  if (!domains) {
    return std::move(domains).error();
  }
  settings.domains = *std::move(domains);
  const auto tries = from.number("max_try", 2, 1);
  const auto line = from.number("line_size_limit", 1024, 1);
  const auto data = from.number("data_size_limit", 10240, 1);
  for (const auto* number : {&tries, &line, &data}) {
    if (!*number) {
      return number->error();
    }
  }
  settings.refuses_control = policy.has(TableRule::memcache_no_control);
  if (const auto digest = from.find("key_digest");
      digest && policy.has(TableRule::memcache_key_digest)) {
    if (!equal_ignoring_case(*digest, "sha256")) {
      return from.bad_setting("key_digest",
                              "key digest " + *digest + " is not available here: sha256 is");
    }
    settings.has_digest = true;
  }
  settings.max_tries = *tries;
  settings.max_line = static_cast<std::size_t>(*line);
  settings.max_data = static_cast<std::size_t>(*data);
  return settings;
}

Result<std::unique_ptr<Table>> open_memcache(const TableSpec& spec, World& world,
                                             const TablePolicy& policy) {
  const auto from = TableSettings::load(spec, world, policy);
  if (!from) {
    return from.error();
  }
  auto settings = read_settings(*from, world, policy);
  if (!settings) {
    return std::move(settings).error();
  }
  const auto timeout = from->number("timeout", 2, 1);
  if (!timeout) {
    return timeout.error();
  }
  auto address = parse_server_address(from->find("memcache").value_or("inet:localhost:11211"));
  if (!address) {
    return from->bad_setting("memcache", address.error().text);
  }
  std::optional<Result<std::unique_ptr<Table>>> backup;
  if (const auto text = from->find("backup")) {
    const auto backup_spec = parse_table_spec(*text);
    if (!backup_spec) {
      return from->bad_setting("backup", backup_spec.error().text);
    }
    backup = world.open_table(*backup_spec, policy);
  }
  auto stream = std::make_unique<ServerStream>(world, policy, *std::move(address),
                                               std::chrono::seconds(*timeout));
  return std::unique_ptr<Table>(std::make_unique<MemcacheTable>(
      spec, *std::move(settings), std::move(stream), std::move(backup)));
}

}  // namespace

const MapType kMemcacheMap = {
    .name = "memcache", .open = open_memcache, .asks_server = true, .is_authenticated = false};

}  // namespace lastmile
