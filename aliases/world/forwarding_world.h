// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/world/world.h"

namespace lastmile {

/// Another world, as it is: a base for those that answer some questions themselves.
class ForwardingWorld : public World {
 public:
  /// `base` must outlive this world.
  explicit ForwardingWorld(World& base) : base_(base) {}

  Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes) override {
    return base_.read_file(path, as, symlinks, max_bytes);
  }
  Result<std::optional<FileView>> file_attributes(const std::string& path, const Rights& as,
                                                  Symlinks symlinks) override {
    return base_.file_attributes(path, as, symlinks);
  }
  Result<std::optional<std::vector<std::string>>> list_directory(const std::string& path,
                                                                 const Rights& as) override {
    return base_.list_directory(path, as);
  }
  bool sees_as(const Rights& as) const override { return base_.sees_as(as); }
  Result<Access> may_enter(const std::string& path, const Rights& as) override {
    return base_.may_enter(path, as);
  }
  Result<std::optional<Account>> account_by_name(std::string_view name) override {
    return base_.account_by_name(name);
  }
  Result<std::optional<Account>> account_by_uid(uid_t uid) override {
    return base_.account_by_uid(uid);
  }
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override {
    return base_.for_each_account(visit);
  }
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override {
    return base_.open_table(spec, policy);
  }
  std::optional<std::string> host_path(const std::string& path) const override {
    return base_.host_path(path);
  }
  bool is_on_network() const override { return base_.is_on_network(); }
  bool reads_texts_of_missing_indexes() const override {
    return base_.reads_texts_of_missing_indexes();
  }
  const HostFacts& host() const override { return base_.host(); }
  std::optional<std::string> postconf_default(const std::string& postconf,
                                              const std::string& name) override {
    return base_.postconf_default(postconf, name);
  }
  Result<std::vector<InterfaceNetwork>> interface_networks() override {
    return base_.interface_networks();
  }
  Result<std::vector<std::string>> interface_addresses() override {
    return base_.interface_addresses();
  }
  Result<std::vector<std::string>> host_addresses(std::string_view name) override {
    return base_.host_addresses(name);
  }

 protected:
  World& base() const { return base_; }

 private:
  World& base_;
};

}  // namespace lastmile
