#include <memory>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/map_types.h"
#include "aliases/world/world.h"

namespace lastmile {
namespace {

/// There is no proxymap(8) to ask, so the table behind it is asked directly, as local(8) does for
/// alias_maps. It keeps its name `proxy:...` in messages.
class ProxyTable final : public Table {
 public:
  ProxyTable(TableSpec spec, std::unique_ptr<Table> inner)
      : Table(std::move(spec), inner->owner()), inner_(std::move(inner)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    return inner_->lookup(key);
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return inner_->for_each(visit);
  }
  std::vector<Error> warnings() const override { return inner_->warnings(); }
  void release() override { inner_->release(); }

 private:
  std::unique_ptr<Table> inner_;
};

Result<std::unique_ptr<Table>> open_proxy(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  auto inner_spec = parse_table_spec(spec.name);
  if (!inner_spec) {
    Error error = std::move(inner_spec).error();
    error.kind = Error::Kind::misconfigured;
    return error;
  }
  TablePolicy inner_policy = policy;
  inner_policy.as_postmap = false;
  auto inner = world.open_table(*inner_spec, inner_policy);
  if (!inner) {
    return inner;
  }
  return std::unique_ptr<Table>(std::make_unique<ProxyTable>(spec, *std::move(inner)));
}

}  // namespace

const MapType kProxyMap = {"proxy", false, open_proxy, nullptr};

}  // namespace lastmile
