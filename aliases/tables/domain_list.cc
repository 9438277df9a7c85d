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
  if (auto added = list.add(text, false, world, policy, 0); !added) {
    return std::move(added).error().during("reading the domain list");
  }
  return list;
}

Result<Ok> DomainList::add(std::string_view text, bool is_negated, World& world,
                           const TablePolicy& policy, int depth) {
  for (std::string_view word : split_list(text, Braces::protect)) {
    const bool negated = is_negated != take_negation(word);
    if (word.starts_with('/')) {
      const auto file = read_table_text(world, std::string(word), OpenWords::open);
      if (!file || depth == kMaxFileDepth) {
        return file ? Error{Error::Kind::misconfigured, "files name files without end", {}, {}}
                    : file.error();
      }
      LineReader lines(file->content);
      while (const auto line = lines.next()) {
        if (auto added = add(line->text, negated, world, policy, depth + 1); !added) {
          return added;
        }
      }
    } else if (word.find(':') != std::string_view::npos && !word.starts_with('[')) {
      auto spec = parse_table_spec(word);
      if (!spec) {
        return std::move(spec).error();
      }
      auto table = world.open_table(*spec, policy);
      if (!table) {
        return std::move(table).error();
      }
      items_.push_back(Item{{}, *std::move(table), negated});
    } else if (!word.empty()) {
      items_.push_back(Item{std::string(word), {}, negated});
    }
  }
  return Ok{};
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
