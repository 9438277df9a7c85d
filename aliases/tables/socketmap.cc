// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/server_stream.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {
namespace {

constexpr std::size_t kUsualMaxReply = 100'000;            // \see socketmap_table(5), REPLY FORMAT
constexpr std::chrono::seconds kUsualSocketmapLimit{100};  // As Postfix has it.
constexpr std::size_t kMaxLengthDigits = 10;

Error not_a_netstring() {
  return unavailable("socketmap server: the reply is no netstring");
}

Result<std::string> read_netstring(ServerStream& stream, std::size_t max_bytes) {
  const auto digits = stream.read_until(':', kMaxLengthDigits);
  if (!digits) {
    return digits.error();
  }
  const auto length = whole_number<std::size_t>(*digits);
  if (!length) {
    return not_a_netstring();
  }
  if (*length > max_bytes) {
    return unavailable("socketmap server: a reply of " + *digits + " octets, where " +
                       std::to_string(max_bytes) + " are allowed");
  }
  auto text = stream.read_exactly(*length + 1);
  if (text && !text->ends_with(',')) {
    return not_a_netstring();
  }
  if (text) {
    text->pop_back();
  }
  return text;
}

/// In octets.
struct SocketmapLimits {
  std::size_t max_query = 0;  ///< A longer key is not found; 0: no limit.
  std::size_t max_reply = 0;
};

/// \see socketmap_table(5)
class SocketmapTable final : public Table {
 public:
  SocketmapTable(TableSpec spec, std::string name, const SocketmapLimits& limits,
                 std::unique_ptr<ServerStream> stream)
      : Table(std::move(spec), {TableOwner::Trust::unknown, 0}),
        name_(std::move(name)),
        limits_(limits),
        stream_(std::move(stream)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    if (limits_.max_query > 0 && key.size() > limits_.max_query) {
      return std::nullopt;
    }
    const std::string request = name_ + " " + std::string(key);
    const auto reply = stream_->ask(
        std::to_string(request.size()) + ":" + request + ",",
        [this](ServerStream& stream) { return read_netstring(stream, limits_.max_reply); });
    if (!reply) {
      stream_->close();
      return reply.error();
    }
    const std::size_t space = reply->find(' ');
    const std::string_view word = std::string_view(*reply).substr(0, space);
    if (word == "NOTFOUND" || *reply == "OK") {
      return std::nullopt;
    }
    const std::string text = space == std::string::npos ? "" : reply->substr(space + 1);
    if (word == "OK") {
      return std::optional(TableEntry{text});
    }
    const bool is_mistake = word == "PERM";
    return Error{
        is_mistake ? Error::Kind::misconfigured : Error::Kind::unavailable,
        "socketmap server " + class_of(word) + " error: " + printable(trim(text).substr(0, 200)),
        {},
        {}};
  }

 private:
  static std::string class_of(std::string_view word) {
    if (word == "TEMP") {
      return "temporary";
    }
    if (word == "TIMEOUT") {
      return "timeout";
    }
    return word == "PERM" ? "permanent" : "unknown";
  }

  std::string name_;
  SocketmapLimits limits_;
  std::unique_ptr<ServerStream> stream_;
};

/// A limit that later releases can set: the query from Postfix 3.12 on, the reply from 3.10 on.
Result<std::size_t> size_limit(const TablePolicy& policy, const char* name, std::size_t usual) {
  const auto text = policy.parameter ? policy.parameter(name) : std::optional<std::string>();
  if (!text || text->empty()) {
    return usual;
  }
  const auto size = whole_number<std::size_t>(*text);
  if (!size || *size == 0) {
    return misconfigured("bad numerical configuration: " + std::string(name) + " = " +
                         printable(*text));
  }
  return *size;
}

Result<std::unique_ptr<Table>> open_socketmap(const TableSpec& spec, World& world,
                                              const TablePolicy& policy) {
  const std::size_t colon = spec.name.rfind(':');
  if (colon == std::string::npos) {
    return misconfigured("socketmap requires server:socketmap argument, not \"" +
                         printable(spec.name) + "\"");
  }
  auto address = parse_server_address(std::string_view(spec.name).substr(0, colon));
  if (!address) {
    return std::move(address).error();
  }
  const auto limit = table_timeout(policy, kUsualSocketmapLimit);
  if (!limit) {
    return limit.error();
  }
  const auto max_reply = size_limit(policy, "socketmap_max_reply_size", kUsualMaxReply);
  if (!max_reply) {
    return max_reply.error();
  }
  const auto max_query = size_limit(policy, "socketmap_max_query_size", 0);
  if (!max_query) {
    return max_query.error();
  }
  auto stream = std::make_unique<ServerStream>(world, policy, *std::move(address), *limit);
  return std::unique_ptr<Table>(
      std::make_unique<SocketmapTable>(spec, spec.name.substr(colon + 1),
                                       SocketmapLimits{*max_query, *max_reply}, std::move(stream)));
}

}  // namespace

const MapType kSocketmapMap = {.name = "socketmap",
                               .is_pattern = true,
                               .open = open_socketmap,
                               .asks_server = true,
                               .is_authenticated = false};

}  // namespace lastmile
