// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// Sorted, so that a listing does not depend on how strings are hashed.
using Entries = std::map<std::string, std::string, std::less<>>;

class InlineTable final : public Table {
 public:
  InlineTable(TableSpec spec, Entries entries)
      : Table(std::move(spec), {TableOwner::Trust::root, 0}), entries_(std::move(entries)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional(TableEntry{found->second});
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    for (const auto& entry : entries_) {
      if (!visit(entry.first, TableEntry{entry.second})) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }
  bool keeps_spelling() const override { return true; }

 private:
  Entries entries_;
};

Error bad_table(const TableSpec& spec, std::string_view what) {
  return misconfigured(std::string(what) + ": \"" + to_string(spec) +
                       "\"; need \"inline:{name=value...}\"");
}

struct NameValue {
  std::string_view name = {};
  std::string_view value = {};
};

/// Where the name of `name = value` ends: at white space or '=' outside of double quotes.
std::size_t end_of_name(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[i] == '=' || is_space(text[i]))) {
      return i;
    }
  }
  return quoted ? std::string_view::npos : text.size();
}

Error bad_pair(std::string_view what) {
  return malformed(std::string(what));
}

Result<NameValue> split_name_value(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) {
    return bad_pair("no key found; expected format: key = value");
  }
  const std::size_t end = end_of_name(trimmed);
  if (end == std::string_view::npos) {
    return bad_pair("unbalanced '\"'");
  }
  const std::string_view rest = trim(trimmed.substr(end));
  if (rest.empty() || rest.front() != '=') {
    return bad_pair("missing '=' after attribute name");
  }
  return NameValue{trimmed.substr(0, end), trim(rest.substr(1))};
}

Result<Ok> add_pair(std::string_view word, const TablePolicy& policy, Entries& entries) {
  std::string_view text = word;
  if (word.starts_with('{')) {
    const auto inside = inside_braces(word);
    if (!inside) {
      return inside.error();
    }
    text = *inside;
  }
  const auto pair = split_name_value(text);
  if (!pair) {
    return pair.error();
  }
  std::string buffer;
  entries[std::string(stored_key(pair->name, policy, buffer))] = pair->value;
  return Ok{};
}

Result<std::unique_ptr<Table>> open_inline(const TableSpec& spec, World& /*world*/,
                                           const TablePolicy& policy) {
  if (policy.utf8 && !is_valid_utf8(spec.name)) {
    return bad_table(spec, "bad UTF-8 syntax");
  }
  const auto inside = inside_braces(spec.name);
  if (!inside || inside->empty()) {
    return bad_table(spec, "bad syntax");
  }
  Entries entries;
  for (const std::string_view word : split_list(*inside, Braces::protect)) {
    if (const auto added = add_pair(word, policy, entries); !added) {
      return bad_table(spec, added.error().text);
    }
  }
  if (entries.empty()) {
    return bad_table(spec, "empty table");
  }
  return std::unique_ptr<Table>(std::make_unique<InlineTable>(spec, std::move(entries)));
}

}  // namespace

const MapType kInlineMap = {
    .name = "inline", .open = open_inline, .recorded = TableRecord::nothing};

}  // namespace lastmile
