// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/domain_list.h"

#include <utility>

#include "aliases/tables/table_file.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr int kMaxFileDepth = 10;  // Files that name files.

}  // namespace

Result<DomainList> DomainList::parse(std::string_view text, World& world,
                                     const TablePolicy& policy) {
  DomainList list;
  if (auto added = list.add(text, false, {world, policy}); !added) {
    return std::move(added).error().during("reading the domain list");
  }
  return list;
}

Result<Ok> DomainList::add(std::string_view text, bool is_negated, const Reading& reading) {
  for (std::string_view word : split_list(text, Braces::protect)) {
    const bool negated = is_negated != take_negation(word);
    Result<Ok> added = Ok{};
    if (word.starts_with('/')) {
      added = add_file(std::string(word), negated, reading);
    } else if (word.find(':') != std::string_view::npos && !word.starts_with('[')) {
      added = add_table(word, negated, reading);
    } else if (!word.empty()) {
      items_.push_back(Item{std::string(word), {}, negated});
    }
    if (!added) {
      return added;
    }
  }
  return Ok{};
}

Result<Ok> DomainList::add_file(const std::string& path, bool is_negated, const Reading& reading) {
  if (reading.depth == kMaxFileDepth) {
    return misconfigured("files name files without end");
  }
  const auto file = read_table_text(reading.world, path, OpenWords::open);
  if (!file) {
    return file.error();
  }
  LineReader lines(file->content);
  while (const auto line = lines.next()) {
    const Reading deeper{reading.world, reading.policy, reading.depth + 1};
    if (auto added = add(line->text, is_negated, deeper); !added) {
      return added;
    }
  }
  return Ok{};
}

Result<Ok> DomainList::add_table(std::string_view text, bool is_negated, const Reading& reading) {
  const auto spec = parse_table_spec(text);
  if (!spec) {
    return spec.error();
  }
  auto table = reading.world.open_table(*spec, reading.policy);
  if (!table) {
    return std::move(table).error();
  }
  items_.push_back(Item{{}, *std::move(table), is_negated});
  return Ok{};
}

Result<DomainList::Match> DomainList::accepts(const AddressParts& key) {
  if (items_.empty()) {
    return Match::yes;
  }
  if (key.user.empty() || !key.domain || key.domain->empty()) {
    return Match::no;
  }
  return contains(*key.domain);
}

Result<DomainList::Match> DomainList::contains(std::string_view domain) {
  for (Item& item : items_) {
    bool matches = false;
    if (item.table) {
      const auto entry = item.table->lookup(domain);
      if (!entry) {
        return entry.error();
      }
      matches = entry->has_value();
    } else {
      matches = equal_ignoring_case(item.name, domain);
    }
    if (matches) {
      return item.is_negated ? Match::no : Match::yes;
    }
  }
  return Match::no;
}

}  // namespace lastmile
