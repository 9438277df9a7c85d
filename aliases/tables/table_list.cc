// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_list.h"

#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/text.h"
#include "aliases/world/world.h"

namespace lastmile {

struct TableList::Slot {
  TableSpec spec = {};
  Shared<std::string> name = {};
  bool is_pattern = false;
  std::unique_ptr<Table> table = {};
  std::optional<Error> failure = {};  ///< Why it could not be opened; asked for once.
};

namespace {

Error lookup_failed(const TableSpec& spec, std::string_view key, Error error) {
  error.text =
      to_string(spec) + ": lookup of '" + printable(key) + "' failed: " + std::move(error.text);
  return error;
}

/// An empty value would read as "deliver nowhere". \see maps_find() in Postfix: it is refused
Error empty_result(const TableSpec& spec, std::string_view key, const TableEntry& entry) {
  return misconfigured(
      to_string(spec) + ": lookup of '" + printable(key) +
          "' returns an empty string result; it should return NO RESULT in case of NOT FOUND",
      entry.source);
}

}  // namespace

TableList::TableList(std::vector<TableSpec> specs, World& world, TablePolicy policy)
    : world_(&world), policy_(std::move(policy)) {
  slots_.reserve(specs.size());
  for (TableSpec& spec : specs) {
    const bool is_pattern = is_pattern_table(spec);
    std::string name = to_string(spec);
    slots_.push_back(Slot{std::move(spec), std::move(name), is_pattern, {}, {}});
  }
}

TableList::TableList(TableList&&) noexcept = default;
TableList& TableList::operator=(TableList&&) noexcept = default;
TableList::~TableList() = default;

bool TableList::empty() const {
  return slots_.empty();
}

Result<Table*> TableList::open(Slot& slot) {
  if (slot.failure) {
    return *slot.failure;
  }
  if (!slot.table) {
    auto table = world_->open_table(slot.spec, policy_);
    if (!table) {
      slot.failure = policy_.explained(*slot.name, std::move(table).error());
      return *slot.failure;
    }
    slot.table = *std::move(table);
  }
  return slot.table.get();
}

Result<std::optional<TableHit>> TableList::lookup_in(Slot& slot, std::string_view key) {
  auto table = open(slot);
  if (!table) {
    // Whatever is wrong with it: as in Postfix, a table that cannot be opened may be mended soon.
    Error error = std::move(table).error();
    if (error.kind != Error::Kind::unseen) {
      error.kind = Error::Kind::unavailable;
    }
    return lookup_failed(slot.spec, key, std::move(error));
  }
  auto entry = (*table)->lookup(key);
  if (!entry) {
    return lookup_failed(slot.spec, key, policy_.explained(*slot.name, std::move(entry).error()));
  }
  if (!*entry) {
    return std::nullopt;
  }
  if ((*entry)->value.empty() && !policy_.as_postmap) {
    return empty_result(slot.spec, key, **entry);
  }
  return std::optional(TableHit{**std::move(entry), slot.name, (*table)->owner()});
}

Result<std::optional<TableHit>> TableList::lookup(std::string_view key, KeyUse use) {
  if (key.empty() && !policy_.as_postmap) {
    return std::nullopt;
  }
  bool is_asked = false;
  for (Slot& slot : slots_) {
    if (use == KeyUse::partial && slot.is_pattern) {
      continue;
    }
    is_asked = true;
    auto hit = lookup_in(slot, key);
    if (!hit || *hit) {
      return hit;
    }
  }
  if (is_asked && note_miss_) {
    note_miss_(key);
  }
  return std::nullopt;
}

Result<std::optional<TableHit>> TableList::lookup_either(std::string_view key,
                                                         std::string_view other) {
  for (Slot& slot : slots_) {
    for (const std::string_view asked : {key, other}) {
      auto hit =
          asked.empty() ? Result<std::optional<TableHit>>(std::nullopt) : lookup_in(slot, asked);
      if (!hit || *hit) {
        return hit;
      }
    }
  }
  if (note_miss_ && !slots_.empty()) {
    note_miss_(key);
    note_miss_(other);
  }
  return std::nullopt;
}

Result<Listing> TableList::for_each(
    const std::function<bool(std::string_view, const TableEntry&)>& visit) {
  Listing overall = Listing::complete;
  for (Slot& slot : slots_) {
    auto table = open(slot);
    if (!table) {
      return std::move(table).error().during("listing " + to_string(slot.spec));
    }
    auto listing = (*table)->for_each(visit);
    if (!listing) {
      return std::move(listing).error().during("listing " + to_string(slot.spec));
    }
    if (*listing == Listing::stopped) {
      return Listing::stopped;
    }
    if (*listing == Listing::not_supported) {
      overall = Listing::not_supported;
    }
  }
  return overall;
}

std::string TableList::names() const {
  std::string names;
  for (const Slot& slot : slots_) {
    names += (names.empty() ? "" : ", ") + *slot.name;
  }
  return names;
}

void TableList::on_miss(std::function<void(std::string_view key)> note) {
  note_miss_ = std::move(note);
}

std::vector<NearMiss> TableList::near_misses(std::string_view key) {
  std::vector<NearMiss> all;
  for (Slot& slot : slots_) {
    if (slot.table) {
      if (auto near = slot.table->near_miss(key)) {
        all.push_back(*std::move(near));
      }
    }
  }
  return all;
}

void TableList::release() {
  for (Slot& slot : slots_) {
    if (slot.table) {
      slot.table->release();
    }
  }
}

std::vector<Error> TableList::warnings() {
  std::vector<Error> all;
  for (Slot& slot : slots_) {
    auto table = open(slot);
    if (!table) {
      all.push_back(std::move(table).error().during("opening " + to_string(slot.spec)));
      continue;
    }
    for (Error& warning : (*table)->warnings()) {
      all.push_back(std::move(warning));
    }
  }
  return all;
}

Result<std::vector<TableSpec>> parse_table_list(std::string_view text) {
  std::vector<TableSpec> specs;
  for (const std::string_view word : split_list(text, Braces::protect)) {
    auto spec = parse_table_spec(word);
    if (!spec) {
      return std::move(spec).error();
    }
    specs.push_back(*std::move(spec));
  }
  return specs;
}

}  // namespace lastmile
