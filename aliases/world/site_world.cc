// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_world.h"

#include <utility>

#include "aliases/tables/key_rules.h"
#include "aliases/tables/map_types.h"

namespace lastmile {
namespace {

/// Recorded entries as a table.
class RecordedTable final : public Table {
 public:
  RecordedTable(std::shared_ptr<SiteFile> file, SiteTable table)
      : Table(table.spec, table.owner), file_(std::move(file)), table_(std::move(table)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    return file_->lookup(table_, key);
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return file_->for_each_entry(table_, visit);
  }
  Result<Listing> for_each_answer(
      const std::function<bool(std::string_view, const TableEntry*)>& visit) override {
    return file_->for_each_answer(table_, visit);
  }

 private:
  std::shared_ptr<SiteFile> file_;
  SiteTable table_;
};

}  // namespace

SiteWorld::SiteWorld(std::unique_ptr<SiteFile> file) : file_(std::move(file)) {}

Result<std::unique_ptr<SiteWorld>> SiteWorld::open(const std::string& path) {
  auto file = SiteFile::open(path);
  if (!file) {
    return std::move(file).error();
  }
  auto host = (*file)->host();
  if (!host) {
    return std::move(host).error();
  }
  std::unique_ptr<SiteWorld> world(new SiteWorld(std::move(*file)));
  world->host_ = *std::move(host);
  return world;
}

std::optional<std::string> SiteWorld::postconf_default(const std::string& /*postconf*/,
                                                       const std::string& name) {
  const auto said = host_.postfix_defaults.find(name);
  return said == host_.postfix_defaults.end() ? std::nullopt : std::optional(said->second);
}

Result<std::optional<RecordedNode>> SiteWorld::node_at(const std::string& place) const {
  return file_->node(place);
}

Result<std::optional<std::string>> SiteWorld::content_at(const std::string& place,
                                                         const std::string& /*path*/,
                                                         const Rights& /*as*/,
                                                         std::size_t max_bytes) {
  return file_->content(place, max_bytes);
}

Result<std::vector<std::string>> SiteWorld::names_in(const std::string& place,
                                                     const std::string& /*path*/,
                                                     const Rights& /*as*/) {
  return file_->names_in(place);
}

Result<std::optional<Account>> SiteWorld::account_by_name(std::string_view name) {
  return file_->account_by_name(name);
}

Result<std::optional<Account>> SiteWorld::account_by_uid(uid_t uid) {
  return file_->account_by_uid(uid);
}

Result<Listing> SiteWorld::for_each_account(const std::function<bool(const Account&)>& visit) {
  return file_->for_each_account(visit);
}

Result<std::unique_ptr<Table>> open_recorded_table(const std::shared_ptr<SiteFile>& file,
                                                   const TableSpec& spec,
                                                   const TablePolicy& policy) {
  auto recorded = file->find_table(spec);
  if (!recorded) {
    return std::move(recorded).error();
  }
  if (!*recorded) {
    return std::unique_ptr<Table>();
  }
  if ((*recorded)->error) {
    return *std::move((*recorded)->error);
  }
  return with_key_rules(std::make_unique<RecordedTable>(file, **std::move(recorded)), policy,
                        is_pattern_table(spec));
}

Result<std::unique_ptr<Table>> SiteWorld::open_table(const TableSpec& spec,
                                                     const TablePolicy& policy) {
  auto recorded = open_recorded_table(file_, spec, policy);
  if (!recorded || *recorded) {
    return recorded;
  }
  // A type that nobody knows is said to be one.
  const MapType* const type = find_map_type(spec.type);
  if (type == nullptr || type->recorded != TableRecord::entries) {
    return open_map(spec, *this, policy);
  }
  return misconfigured(to_string(spec) + " is not in the site file " + file_->path(), std::nullopt);
}

Result<std::vector<std::string>> SiteWorld::interface_addresses() {
  return file_->interface_addresses();
}

Result<std::vector<std::string>> SiteWorld::host_addresses(std::string_view name) {
  return unavailable(std::string(name) + ": a site file has no DNS to ask", std::nullopt);
}

Result<std::unique_ptr<World>> open_site_world(const std::string& path) {
  auto world = SiteWorld::open(path);
  if (!world) {
    return std::move(world).error();
  }
  return std::unique_ptr<World>(std::move(*world));
}

}  // namespace lastmile
