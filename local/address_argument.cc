// SPDX-License-Identifier: Apache-2.0
#include "local/address_argument.h"

#include <algorithm>
#include <string>
#include <vector>

#include "aliases/text.h"

namespace lastmile {

namespace {

/// The pieces of a text between the separators that are not quoted; empty ones are dropped.
std::vector<std::string_view> unquoted_pieces(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') {
      quoted = !quoted;
    }
    const bool ends =
        i == text.size() || (!quoted && separators.find(text[i]) != std::string_view::npos);
    if (ends) {
      if (const auto piece = trim(text.substr(begin, i - begin)); !piece.empty()) {
        pieces.push_back(piece);
      }
      begin = i + 1;
    }
  }
  return pieces;
}

/// Whether it is a list: an address may have a comma or a blank in its local part, but hardly an
/// '@' in each piece, or none at all between commas.
bool is_list(const std::vector<std::string_view>& pieces, bool bare_names) {
  const auto with_domain = std::count_if(pieces.begin(), pieces.end(), [](std::string_view piece) {
    return piece.find('@') != piece.npos;
  });
  return pieces.size() > 1 && (with_domain == static_cast<std::ptrdiff_t>(pieces.size()) ||
                               (bare_names && with_domain == 0));
}

Error several(const std::vector<std::string_view>& pieces) {
  std::string text = std::to_string(pieces.size()) + " addresses in one argument: ";
  constexpr std::size_t kMaxNamed = 3;
  for (std::size_t i = 0; i < std::min(pieces.size(), kMaxNamed); ++i) {
    text.append(i == 0 ? "\"" : ", \"").append(pieces[i]).append("\"");
  }
  text += pieces.size() > kMaxNamed ? ", ..." : "";
  return malformed(text + "; each wants to be an argument (or a line) of its own");
}

}  // namespace

Result<Address> parse_address_argument(std::string_view text) {
  auto address = parse_address(text);
  if (address || text.size() > kLongestAddress || text.find('\0') != std::string_view::npos) {
    return address;
  }
  const auto listed = unquoted_pieces(text, ",;");
  if (is_list(listed, true)) {
    return several(listed);
  }
  const auto words = unquoted_pieces(text, " \t\r\n");
  return is_list(words, false) ? Result<Address>(several(words)) : split_address(text);
}

}  // namespace lastmile
