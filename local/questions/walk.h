// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aliases/result.h"
#include "local/questions/address_sorter.h"
#include "local/questions/coverage.h"
#include "local/questions/own_domains.h"
#include "transports/configuration.h"

namespace lastmile {

/// What a walk knows besides the configuration.
struct WalkOptions {
  /// Names are walked at every domain of local(8), also at those where they land alike.
  bool all_domains = false;
  std::vector<Address> given = {};   ///< By whoever asks.
  std::vector<Address> logged = {};  ///< Out of a log. Those at other hosts' domains are left out.
};

/// Every known address: what tables, accounts and files name, and what those lead to.
///
/// Nothing is asked of the tables but their keys, and whether they answer a sample; where an
/// address lands is for the resolver to say.
class Walk {
 public:
  /// Lists all sources. What cannot be listed is in the coverage.
  /// \return unavailable when there is no room for sorting
  static Result<Walk> make(const Settings& settings, World& world, const WalkOptions& options);

  /// Calls `visit` for each address in order (by domain, then by local part), until it returns
  /// false. May be called again.
  Result<Ok> for_each(const std::function<bool(const KnownAddress&)>& visit);

  /// Without the counts of addresses: who goes through them adds those that were asked for.
  const Coverage& coverage() const { return coverage_; }
  const OwnDomains& own_domains() const { return domains_; }

 private:
  friend class AddressSources;
  std::unique_ptr<AddressSorter> addresses_ = std::make_unique<AddressSorter>();
  Coverage coverage_ = {};
  OwnDomains domains_ = {};
};

/// The recipients of a mail log: the addresses of `to=<>` and `orig_to=<>`.
std::vector<Address> addresses_in_log_line(std::string_view line);

}  // namespace lastmile
