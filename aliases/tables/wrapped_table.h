// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/tables/table.h"

namespace lastmile {

/// A table that is another one by a longer name, `proxy:...` or `debug:...`, which its messages
/// keep. There is no proxymap(8) to ask, so the table behind it is asked directly, as local(8) does
/// for alias_maps.
class WrappedTable final : public Table {
 public:
  WrappedTable(TableSpec spec, std::unique_ptr<Table> inner)
      : Table(std::move(spec), inner->owner()), inner_(std::move(inner)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    return inner_->lookup(key);
  }
  Result<Listing> for_each(
      const std::function<bool(std::string_view, const TableEntry&)>& visit) override {
    return inner_->for_each(visit);
  }
  std::vector<Error> warnings() const override { return inner_->warnings(); }
  std::optional<NearMiss> near_miss(std::string_view key) override {
    return inner_->near_miss(key);
  }
  void release() override { inner_->release(); }

 private:
  std::unique_ptr<Table> inner_;
};

}  // namespace lastmile
