#include "aliases/tables/sql_template.h"

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

bool has_domain(const AddressParts& parts) {
  return parts.domain && !parts.domain->empty();
}
bool has_user(const AddressParts& parts) {
  return !parts.user.empty();
}

}  // namespace

AddressParts::AddressParts(std::string_view text) : whole(text), user(text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    return;
  }
  user = text.substr(0, at);
  domain = text.substr(at + 1);
  for (std::size_t begin = 0; begin < domain->size();) {
    const std::size_t end = std::min(domain->find('.', begin), domain->size());
    if (end > begin) {
      labels.push_back(domain->substr(begin, end - begin));
    }
    begin = end + 1;
  }
}

Result<SqlTemplate> SqlTemplate::parse(std::string_view text, Role role) {
  SqlTemplate result;
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
      result.pieces_.push_back(std::exchange(piece, {}));
    } else {
      return Error{Error::Kind::malformed,
                   std::string("invalid ") + (role == Role::query ? "query" : "result") +
                       " template: " + printable(text),
                   {},
                   {}};
    }
  }
  result.pieces_.push_back(std::move(piece));
  return result;
}

bool SqlTemplate::names(std::string_view escapes) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [escapes](const Piece& piece) {
    return piece.escape != '\0' && escapes.find(piece.escape) != std::string_view::npos;
  });
}

bool SqlTemplate::is_constant() const {
  return !names(kEscapes);
}

bool SqlTemplate::accepts_key(const AddressParts& key) const {
  const bool is_query = role_ == Role::query;
  if (names(is_query ? "dD123456789" : "D123456789") && !has_domain(key)) {
    return false;
  }
  if (names(is_query ? "uU" : "U") && !has_user(key)) {
    return false;
  }
  return std::all_of(pieces_.begin(), pieces_.end(), [&key](const Piece& piece) {
    return !is_label_number(piece.escape) ||
           static_cast<std::size_t>(piece.escape - '0') <= key.labels.size();
  });
}

bool SqlTemplate::accepts_value(const AddressParts& value) const {
  return (!names("d") || has_domain(value)) && (!names("u") || has_user(value));
}

void SqlTemplate::expand(const AddressParts& key, const AddressParts& value,
                         const std::function<std::string(std::string_view)>& quote,
                         std::string& out) const {
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (is_label_number(piece.escape)) {
      out += quote(key.labels[key.labels.size() - static_cast<std::size_t>(piece.escape - '0')]);
    } else if (piece.escape != '\0') {
      const bool of_key = piece.escape >= 'A' && piece.escape <= 'Z';
      out += quote(part(of_key ? key : value, piece.escape));
    }
  }
}

}  // namespace lastmile
