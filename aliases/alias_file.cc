// SPDX-License-Identifier: Apache-2.0
#include "aliases/alias_file.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <unordered_set>
#include <utility>

#include "aliases/text.h"
#include "aliases/tokens.h"

namespace lastmile {
namespace {

bool has_sign(std::span<const Token> tokens, std::string_view signs) {
  return std::any_of(tokens.begin(), tokens.end(), [signs](const Token& token) {
    return token.kind == Token::Kind::operator_sign &&
           signs.find(token.sign) != std::string_view::npos;
  });
}

/// The index of the first colon; tokens.size() when there is none.
std::size_t find_colon(std::span<const Token> tokens) {
  std::size_t index = 0;
  while (index < tokens.size() && !has_sign(tokens.subspan(index, 1), ":")) {
    ++index;
  }
  return index;
}

}  // namespace

Result<AliasEntry> parse_alias_line(std::string_view line, AliasNames names) {
  const std::vector<Token> tokens = scan_tokens(line);
  const std::size_t colon = find_colon(tokens);
  if (colon == 0 || colon + 1 >= tokens.size()) {
    return malformed("need name:value pair");
  }
  const auto name = std::span(tokens).first(colon);
  const auto value = std::span(tokens).subspan(colon + 1);
  if (has_sign(name, ",")) {
    return malformed("need name:value pair");
  }
  // '%' was an operator of old-style routing.
  if (has_sign(name, "@%")) {
    return malformed("name must be local and have no domain");
  }
  return AliasEntry{
      names == AliasNames::plain ? internal_list(line, name) : external_list(line, name),
      external_list(line, value),
      {}};
}

AliasNames names_of(const TablePolicy& policy) {
  return policy.has(TableRule::aliases_keep_quotes) ? AliasNames::as_written : AliasNames::plain;
}

AliasReader::AliasReader(std::string_view content, std::string file, const TablePolicy& policy)
    : lines_(content),
      file_(std::move(file)),
      fold_key_(policy.fold_key),
      utf8_(policy.utf8),
      names_(names_of(policy)) {}

std::optional<Result<AliasEntry>> AliasReader::next() {
  const auto line = lines_.next();
  if (!line) {
    return std::nullopt;
  }
  return read(*line);
}

Result<AliasEntry> AliasReader::read(const LineReader::Line& line) const {
  if (line.is_stray) {
    return line_warning(*file_, line.number, stray_line_text(line.text));
  }
  if (utf8_ && !is_valid_utf8(line.text)) {
    return line_warning(*file_, line.number,
                        "non-UTF-8 input \"" + printable(line.text) + "\" -- ignoring this line");
  }
  auto entry = parse_alias_line(line.text, names_);
  if (!entry) {
    return line_warning(*file_, line.number, entry.error().text);
  }
  if (fold_key_) {
    entry->key = utf8_ ? fold_case(entry->key) : fold_ascii(entry->key);
  }
  entry->source = SourcePos{file_, line.number};
  return entry;
}

AliasFile parse_alias_file(std::string_view content, const std::string& file,
                           const TablePolicy& policy) {
  AliasFile result;
  std::unordered_set<std::string> keys;
  AliasReader reader(content, file, policy);
  while (auto entry = reader.next()) {
    if (!*entry) {
      result.warnings.push_back(std::move(*entry).error());
    } else if (!keys.insert((*entry)->key).second) {
      result.warnings.push_back(line_warning(
          file, (*entry)->source.line, "duplicate entry: \"" + printable((*entry)->key) + "\""));
    } else {
      result.entries.push_back(std::move(**entry));
    }
  }
  return result;
}

}  // namespace lastmile
