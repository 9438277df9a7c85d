// SPDX-License-Identifier: Apache-2.0
#include "local/formats/tsv.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "local/formats/leaf_text.h"
#include "local/formats/recipient_reply.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace {

std::string hexadecimal(std::string_view octets) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    text += "\\x";
    text += kDigits[octet >> 4U];
    text += kDigits[octet & 0xFU];
  }
  return text;
}

std::string escaped(std::string_view character, const Utf8Character& decoded) {
  switch (decoded.code_point) {
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  const bool is_control =
      decoded.code_point < 0x20 || (decoded.code_point >= 0x7F && decoded.code_point < 0xA0);
  return !decoded.valid || is_control ? hexadecimal(character) : std::string(character);
}

bool is_plain(char octet) {
  return octet >= ' ' && octet <= '~' && octet != '\\';
}

}  // namespace

void print_tsv_row(std::ostream& out, std::initializer_list<std::string_view> columns) {
  std::string line;
  std::string_view separator;
  for (const std::string_view column : columns) {
    line.append(std::exchange(separator, "\t"));
    for (std::string_view rest = column; !rest.empty();) {
      const auto plain = static_cast<std::size_t>(
          std::find_if_not(rest.begin(), rest.end(), is_plain) - rest.begin());
      line += rest.substr(0, plain);
      rest.remove_prefix(plain);
      if (!rest.empty()) {
        const Utf8Character next = first_character(rest);
        line += escaped(rest.substr(0, next.size), next);
        rest.remove_prefix(next.size);
      }
    }
  }
  line += '\n';
  out.write(line.data(), static_cast<std::streamsize>(line.size()));
}

void print_tsv_header(std::ostream& out) {
  print_tsv_row(out, {"address", "kind", "target", "recipient", "sender", "user", "dsn", "text",
                      "rcpt", "via"});
}

void print_tsv(std::ostream& out, const Trace& trace) {
  const std::string& address = trace.node(trace.root()).subject;
  const auto leaves = trace.leaves();
  const auto reply = recipient_reply(trace);
  const std::string codes = reply ? reply->codes() : "";
  if (leaves.empty()) {
    print_tsv_row(out, {address, {}, {}, {}, {}, {}, {}, {}, codes, {}});
  }
  for (const NodeId id : leaves) {
    const LeafText words = describe(trace.leaf(id));
    print_tsv_row(out, {address, words.kind, words.target, words.recipient, words.sender,
                        words.user, words.dsn, words.text, codes, words.via});
  }
}

}  // namespace lastmile
