// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/replacement.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

/// No library numbers groups as high as this.
constexpr std::size_t kTooManyGroups = 65536;

Error bad_syntax(std::string_view what, std::string_view text) {
  return malformed(std::string(what) + " \"" + printable(text) + "\": bad replacement syntax");
}

/// The name behind a '$' at the beginning of `text`, and what it takes up with its braces.
struct Reference {
  std::string_view name = {};
  std::size_t size = 0;
};

Result<Reference> read_reference(std::string_view text) {
  if (text.size() < 2 || (text[1] != '{' && text[1] != '(')) {
    const auto end = std::find_if_not(text.begin() + 1, text.end(), is_name_char);
    const auto size = static_cast<std::size_t>(end - text.begin());
    return Reference{text.substr(1, size - 1), size};
  }
  const char close = text[1] == '{' ? '}' : ')';
  int level = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    level += text[i] == text[1] ? 1 : 0;
    level -= text[i] == close ? 1 : 0;
    if (level == 0) {
      return Reference{text.substr(2, i - 2), i + 1};
    }
  }
  return bad_syntax("truncated macro reference", text);
}

Result<std::size_t> group_number(std::string_view name, std::string_view text) {
  if (name.empty()) {
    return bad_syntax("empty macro name", text);
  }
  if (!std::all_of(name.begin(), name.end(), is_digit)) {
    return bad_syntax("non-numeric replacement index", name);
  }
  std::size_t number = kTooManyGroups;
  std::from_chars(name.data(), name.data() + name.size(), number);
  if (number == 0) {
    return bad_syntax("out-of-range replacement index", name);
  }
  return std::min(number, kTooManyGroups);
}

}  // namespace

Result<Replacement> Replacement::parse(std::string_view text) {
  Replacement replacement;
  Piece piece;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      piece.literal += text[i++];
      continue;
    }
    if (text.substr(i).starts_with("$$")) {
      piece.literal += '$';
      i += 2;
      continue;
    }
    const auto reference = read_reference(text.substr(i));
    if (!reference) {
      return reference.error();
    }
    const auto group = group_number(reference->name, text);
    if (!group) {
      return group.error();
    }
    piece.group = *group;
    replacement.max_group_ = std::max(replacement.max_group_, *group);
    replacement.pieces_.push_back(std::exchange(piece, {}));
    i += reference->size;
  }
  replacement.pieces_.push_back(std::move(piece));
  return replacement;
}

std::string Replacement::expand(const std::vector<std::string_view>& groups) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.literal;
    if (piece.group > 0) {
      LM_CHECK(piece.group < groups.size());
      text += groups[piece.group];
    }
  }
  return text;
}

}  // namespace lastmile
