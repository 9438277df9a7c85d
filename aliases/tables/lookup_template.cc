// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/lookup_template.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::string_view kEscapes = "sudSUD123456789";

bool is_label_number(char escape) {
  return escape >= '1' && escape <= '9';
}

std::string_view part(const AddressParts& parts, char escape) {
  switch (escape) {
    case 's':
    case 'S':
      return parts.whole;
    case 'u':
    case 'U':
      return parts.user;
    default:
      return parts.domain.value_or(std::string_view());
  }
}

}  // namespace

AddressParts::AddressParts(std::string_view text) : whole(text), user(text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    return;
  }
  user = text.substr(0, at);
  domain = text.substr(at + 1);
}

std::vector<std::string_view> AddressParts::labels() const {
  std::vector<std::string_view> labels;
  const std::string_view text = domain.value_or(std::string_view());
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (end > begin) {
      labels.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return labels;
}

void append_as_is(std::string_view part, std::string& out) {
  out += part;
}

bool LookupTemplate::Needs::are_met_by(const AddressParts& parts) const {
  return (!user || !parts.user.empty()) && (!domain || (parts.domain && !parts.domain->empty())) &&
         (labels == 0 || parts.labels().size() >= labels);
}

/// \see sqlite_table(5): a key or value without a part that is named is not used
void LookupTemplate::need(char escape) {
  const bool upper = escape >= 'A' && escape <= 'Z';
  Needs& needs = role_ == Role::query || upper ? of_key_ : of_value_;
  needs.user = needs.user || escape == 'u' || escape == 'U';
  needs.domain = needs.domain || escape == 'd' || escape == 'D';
  if (is_label_number(escape)) {
    of_key_.domain = true;
    of_key_.labels = std::max(of_key_.labels, static_cast<std::size_t>(escape - '0'));
  }
}

Result<LookupTemplate> LookupTemplate::parse(std::string_view text, Role role) {
  LookupTemplate result;
  result.role_ = role;
  Piece piece;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      piece.literal += text[i];
      continue;
    }
    const std::string_view escape = text.substr(++i, 1);
    if (escape == "%") {
      piece.literal += '%';
    } else if (!escape.empty() && kEscapes.find(escape.front()) != std::string_view::npos) {
      piece.escape = escape.front();
      result.need(piece.escape);
      result.pieces_.push_back(std::exchange(piece, {}));
    } else {
      return malformed(std::string("invalid ") + (role == Role::query ? "query" : "result") +
                       " template: " + printable(text));
    }
  }
  result.pieces_.push_back(std::move(piece));
  return result;
}

void LookupTemplate::expand(const AddressParts& key, const AddressParts& value,
                            const AppendPart& append, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (is_label_number(piece.escape)) {
      const auto labels = key.labels();
      append(labels[labels.size() - static_cast<std::size_t>(piece.escape - '0')], out);
    } else if (piece.escape != '\0') {
      const bool of_key = piece.escape >= 'A' && piece.escape <= 'Z';
      append(part(of_key ? key : value, piece.escape), out);
    }
  }
}

}  // namespace lastmile
