// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/server_stream.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::size_t kMaxReply = 4096;              // \see tcp_table(5), REPLY FORMAT
constexpr std::chrono::seconds kUsualTcpLimit{100};  // The same, PROTOCOL DESCRIPTION

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

/// `%XX` for '%' and for all that is not printable ASCII.
std::string encode(std::string_view text) {
  std::string encoded;
  for (const char letter : text) {
    const auto octet = static_cast<unsigned char>(letter);
    if (octet > 0x20 && octet < 0x7F && letter != '%') {
      encoded += letter;
    } else {
      encoded += {'%', kHexDigits[octet >> 4], kHexDigits[octet & 0xF]};
    }
  }
  return encoded;
}

int hex_value(char digit) {
  const char upper = digit >= 'a' && digit <= 'f' ? static_cast<char>(digit - 'a' + 'A') : digit;
  const std::size_t value = kHexDigits.find(upper);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

/// \return nullopt when a '%' is not followed by two hexadecimal digits
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    if (digits.size() < 2 || hex_value(digits[0]) < 0 || hex_value(digits[1]) < 0) {
      return std::nullopt;
    }
    decoded += static_cast<char>(hex_value(digits[0]) * 16 + hex_value(digits[1]));
    i += 2;
  }
  return decoded;
}

/// \see tcp_table(5)
class TcpTable final : public Table {
 public:
  TcpTable(TableSpec spec, World& world, const TablePolicy& policy, HostAndPort server,
           std::chrono::seconds limit)
      : Table(std::move(spec), {TableOwner::Trust::unknown, 0}),
        stream_(world, policy, std::move(server), limit) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const auto reply = stream_.ask("get " + encode(key) + "\n", [](ServerStream& stream) {
      return stream.read_line(kMaxReply);
    });
    if (!reply) {
      return reply.error();
    }
    const std::string_view text =
        std::string_view(*reply).substr(std::min<std::size_t>(reply->size(), 4));
    const auto value = decode(text);
    const bool has_code = reply->size() >= 4 && is_space((*reply)[3]) &&
                          std::all_of(reply->begin(), reply->begin() + 3, is_digit);
    if (!has_code || !value) {
      return bad_reply("malformed reply", *reply);
    }
    switch (reply->front()) {
      case '2':
        return std::optional(TableEntry{*value});
      case '5':
        return std::nullopt;
      case '4':
        return bad_reply("temporary error", text);
      default:
        return bad_reply("bad status code", *reply);
    }
  }

 private:
  Error bad_reply(std::string_view what, std::string_view text) {
    stream_.close();
    return unavailable("TCP map server: " + std::string(what) + ": " +
                       printable(text.substr(0, 100)));
  }

  ServerStream stream_;
};

Result<std::unique_ptr<Table>> open_tcp(const TableSpec& spec, World& world,
                                        const TablePolicy& policy) {
  auto server = parse_host_and_port(spec.name);
  if (!server) {
    return std::move(server).error();
  }
  const auto limit = table_timeout(policy, kUsualTcpLimit);
  if (!limit) {
    return limit.error();
  }
  return std::unique_ptr<Table>(
      std::make_unique<TcpTable>(spec, world, policy, *std::move(server), *limit));
}

}  // namespace

const MapType kTcpMap = {.name = "tcp",
                         .is_pattern = true,
                         .open = open_tcp,
                         .asks_server = true,
                         .is_authenticated = false};

}  // namespace lastmile
