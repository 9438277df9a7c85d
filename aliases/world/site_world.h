// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/world/recorded_world.h"
#include "aliases/world/site_file.h"
#include "aliases/world/world.h"

namespace lastmile {

/// What a site file (`--site FILE`) has recorded, as if it were a host. Who may read what is judged
/// by the recorded owners and modes. A table whose entries are recorded is served from them, with
/// one indexed lookup; a text table from its recorded text; every other one is not there, which is
/// an error and not "no such key".
class SiteWorld final : public RecordedWorld {
 public:
  /// \return misconfigured, in one line, for what is no site file, is damaged or is of a newer
  ///         version
  static Result<std::unique_ptr<SiteWorld>> open(const std::string& path);

  Result<std::optional<Account>> account_by_name(std::string_view name) override;
  Result<std::optional<Account>> account_by_uid(uid_t uid) override;
  Result<Listing> for_each_account(const std::function<bool(const Account&)>& visit) override;
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  const HostFacts& host() const override { return host_; }
  std::optional<std::string> postconf_default(const std::string& postconf,
                                              const std::string& name) override;
  Result<std::vector<std::string>> interface_addresses() override;
  Result<std::vector<std::string>> host_addresses(std::string_view name) override;

 private:
  explicit SiteWorld(std::unique_ptr<SiteFile> file);

  Result<std::optional<RecordedNode>> node_at(const std::string& place) const override;
  Result<std::optional<std::string>> content_at(const std::string& place, const std::string& path,
                                                const Rights& as, std::size_t max_bytes) override;
  Result<std::vector<std::string>> names_in(const std::string& place, const std::string& path,
                                            const Rights& as) override;

  std::shared_ptr<SiteFile> file_;  ///< Shared with the tables that are served from it.
  HostFacts host_;
};

/// SiteWorld::open() for those who need no more than a World.
Result<std::unique_ptr<World>> open_site_world(const std::string& path);

/// A table of which a site file has the entries, or the answers.
/// \return null when it has none of this table; the Error that it records; an Error of the file
Result<std::unique_ptr<Table>> open_recorded_table(const std::shared_ptr<SiteFile>& file,
                                                   const TableSpec& spec,
                                                   const TablePolicy& policy);

}  // namespace lastmile
