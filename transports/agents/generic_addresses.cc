// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/generic_addresses.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "aliases/tokens.h"
#include "lmtpclient/mime_header.h"

namespace lastmile {
namespace {

/// Octets of a line to which another address is put.
constexpr std::size_t kFoldedLine = 70;
/// Octets of comments and names around an address that old programs have room for.
constexpr std::size_t kMaxNonAddress = 250;

/// What is written of a header: a token, or an address in external form.
struct Item {
  std::string text = {};
  char sign = '\0';  ///< Of an operator.
  bool is_address = false;
};

std::string_view text_of(std::string_view text, const Token& token) {
  return text.substr(token.begin, token.end - token.begin);
}

std::vector<Item> items_of(std::string_view text, std::span<const Token> tokens,
                           std::span<const AddressTokens> addresses,
                           std::span<const std::string> written) {
  std::vector<Item> items;
  std::size_t next = 0;
  for (std::size_t i = 0; i < tokens.size();) {
    if (next < addresses.size() && addresses[next].first == i) {
      items.push_back({written[next], '\0', true});
      const std::size_t last = std::max(addresses[next++].last, i + 1);
      // Comments in it stand behind it then.
      for (; i < last; ++i) {
        if (tokens[i].kind == Token::Kind::comment) {
          items.push_back({std::string(text_of(text, tokens[i]))});
        }
      }
      continue;
    }
    const Token& token = tokens[i++];
    items.push_back({std::string(text_of(text, token)), token.sign});
  }
  return items;
}

bool is_spaced(const Item& item, const Item* next) {
  return next != nullptr && (next->sign == '<' || (item.sign == '\0' && next->sign == '\0'));
}

/// Writes an address expression after the other, each on a line of its own.
class ListWriter {
 public:
  void add(const Item& item, const Item* next) {
    if (item.sign == ',') {
      end_expression();
      text_ += ",\n";
      start_ = text_.size();
      return;
    }
    if (item.is_address) {
      address_ = item.text;
    }
    text_ += item.text;
    // The colon of a group, too.
    text_ += is_spaced(item, next) || (item.sign == ':' && next != nullptr) ? " " : "";
  }

  std::string take() && {
    end_expression();
    return std::move(text_);
  }

 private:
  void end_expression() {
    if (address_ && text_.size() - address_->size() > start_ + kMaxNonAddress) {
      text_.resize(start_);
      text_ += '<' + *address_ + '>';
    }
    address_.reset();
  }

  std::string text_ = {};
  std::size_t start_ = 0;  ///< Where the expression begins.
  std::optional<std::string> address_ = {};
};

/// Joins lines as long as they have room; what stays apart begins with a tab.
std::string folded_lines(std::string_view text) {
  std::string result;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view piece = text.substr(0, end);
    if (!result.empty() && result.size() + 1 + piece.size() - line < kFoldedLine) {
      result.append(" ").append(piece);
    } else {
      const bool is_first = result.empty();
      line = is_first ? 0 : result.size() + 1;
      const bool has_blank = !piece.empty() && lmtp::is_blank(piece.front());
      result.append(is_first ? "" : has_blank ? "\n" : "\n\t").append(piece);
      line += is_first || has_blank ? 0 : 1;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace

bool has_addresses(std::string_view header_name) {
  constexpr std::array<std::string_view, 18> kNames = {"apparently-to",
                                                       "disposition-notification-to",
                                                       "errors-to",
                                                       "from",
                                                       "mail-followup-to",
                                                       "reply-to",
                                                       "resent-from",
                                                       "resent-reply-to",
                                                       "resent-sender",
                                                       "return-path",
                                                       "return-receipt-to",
                                                       "sender",
                                                       "bcc",
                                                       "cc",
                                                       "to",
                                                       "resent-bcc",
                                                       "resent-cc",
                                                       "resent-to"};
  return std::ranges::find(kNames, header_name) != kNames.end();
}

Result<std::optional<std::string>> generic_header(std::string_view header, const GenericMap& map) {
  const std::size_t colon = header.find(':');
  const std::string_view text = header.substr(std::min(colon + 1, header.size()));
  const std::vector<Token> tokens = scan_tokens(text);
  const std::vector<AddressTokens> addresses = group_addresses(tokens);
  std::vector<std::string> written;
  bool is_changed = false;
  for (const AddressTokens& range : addresses) {
    const auto own = std::span(tokens).subspan(range.first, range.last - range.first);
    Address address = split_address(internal_form(text, own));
    auto mapped = map(address);
    if (!mapped) {
      return std::move(mapped).error();
    }
    is_changed = is_changed || mapped->has_value();
    written.push_back(to_external(std::move(*mapped).value_or(std::move(address))));
  }
  if (!is_changed) {
    return std::nullopt;
  }
  const std::vector<Item> items = items_of(text, tokens, addresses, written);
  ListWriter writer;
  for (std::size_t i = 0; i < items.size(); ++i) {
    writer.add(items[i], i + 1 < items.size() ? &items[i + 1] : nullptr);
  }
  return std::optional(
      folded_lines(std::string(header.substr(0, colon)) + ": " + std::move(writer).take()));
}

}  // namespace lastmile
