// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/index_table.h"

#include <optional>
#include <utility>

#include "aliases/alias_file.h"
#include "aliases/tables/source_lines.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

void drop_trailing_nul(std::string_view& octets) {
  if (!octets.empty() && octets.back() == '\0') {
    octets.remove_suffix(1);
  }
}

class IndexTable final : public Table {
 public:
  IndexTable(TableSpec spec, World& world, const TablePolicy& policy, TableOwner owner,
             std::unique_ptr<IndexReader> reader)
      : Table(std::move(spec), owner), reader_(std::move(reader)) {
    if (policy.want_source) {
      source_.emplace(world, this->spec().name, policy);
    }
  }

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    Result<std::optional<TableEntry>> result = std::optional<TableEntry>(std::in_place);
    TableEntry& entry = **result;
    auto found = find(key, entry.value);
    if (!found) {
      result = std::move(found).error();
    } else if (*found == IndexReader::Found::no) {
      *result = std::nullopt;
    } else {
      if (!entry.value.empty() && entry.value.back() == '\0') {
        entry.value.pop_back();
      }
      annotate(key, entry);
    }
    return result;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return reader_->for_each([&](std::string_view key, std::string_view value) {
      drop_trailing_nul(key);
      drop_trailing_nul(value);
      TableEntry entry{std::string(value)};
      annotate(key, entry);
      return visit(key, entry);
    });
  }

  std::optional<NearMiss> near_miss(std::string_view key) override {
    if (!source_) {
      return std::nullopt;
    }
    load_source();
    if (const auto line = source_->find_key(key)) {
      return NearMiss{reason_of(key, *line), line->place};
    }
    std::string value;
    const std::string with_colon = std::string(key) + ':';
    if (found_or_no(with_colon, value) == IndexReader::Found::yes) {
      return NearMiss{"the index has \"" + printable(with_colon) + "\": the text is one for " +
                          "postalias, and postmap has compiled it",
                      std::nullopt};
    }
    return std::nullopt;
  }

  void release() override {
    reader_->release();
    if (source_) {
      source_->release();
    }
  }

 private:
  Result<IndexReader::Found> find(std::string_view key, std::string& value) {
    if (try_with_nul_) {
      key_.assign(key).push_back('\0');
      auto found = reader_->get(key_, value);
      if (!found || *found == IndexReader::Found::yes) {
        try_without_nul_ = try_without_nul_ && !found;
        return found;
      }
    }
    if (try_without_nul_) {
      auto found = reader_->get(key, value);
      if (!found || *found == IndexReader::Found::yes) {
        try_with_nul_ = try_with_nul_ && !found;
      }
      return found;
    }
    return IndexReader::Found::no;
  }

  void annotate(std::string_view key, TableEntry& entry) {
    // The mark that postalias puts there stands in no text.
    const bool is_mark = key == kMarkOfAliases && entry.value == kMarkOfAliases;
    if (source_ && !is_mark) {
      load_source();
      source_->annotate(key, entry);
    }
  }

  void load_source() {
    if (source_->is_loaded()) {
      return;
    }
    std::string value;
    const bool aliases = found_or_no(kMarkOfAliases, value) == IndexReader::Found::yes;
    source_->load(aliases ? SourceSyntax::aliases : SourceSyntax::key_value);
  }

  /// Why the index does not have what its text has.
  std::string reason_of(std::string_view key, const SourceLines::KeyLine& line) {
    std::string value;
    const auto as_written = line.key == key ? IndexReader::Found::no : found_or_no(line.key, value);
    if (as_written == IndexReader::Found::yes) {
      return "the index has \"" + printable(line.key) + "\" as it is written, and is asked for \"" +
             printable(key) + "\": make it without -f";
    }
    const bool is_aliases = source_->syntax() == SourceSyntax::aliases;
    return '"' + printable(key) + "\" stands here, but not in the index of " + to_string(spec()) +
           ": run " + (is_aliases ? "newaliases, or postalias " : "postmap ") + to_string(spec());
  }

  IndexReader::Found found_or_no(std::string_view key, std::string& value) {
    const auto found = find(key, value);
    return found ? *found : IndexReader::Found::no;
  }

  std::unique_ptr<IndexReader> reader_;
  std::optional<SourceLines> source_ = {};
  std::string key_ = {};
  bool try_with_nul_ = true;
  bool try_without_nul_ = true;
};

}  // namespace

std::unique_ptr<Table> make_index_table(TableSpec spec, World& world, const TablePolicy& policy,
                                        TableOwner owner, std::unique_ptr<IndexReader> reader) {
  return std::make_unique<IndexTable>(std::move(spec), world, policy, owner, std::move(reader));
}

}  // namespace lastmile
