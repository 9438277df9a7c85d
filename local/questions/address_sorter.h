// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "aliases/result.h"
#include "aliases/world/record_sorter.h"
#include "local/questions/known_address.h"

namespace lastmile {

/// Gives addresses back in order, each once, without holding more of them in memory than one run:
/// what is more is sorted and written to temporary files, which are merged when they are read.
class AddressSorter {
 public:
  static constexpr std::size_t kRunOctets = std::size_t{32} * 1024 * 1024;

  explicit AddressSorter(std::size_t run_octets = kRunOctets) : records_(run_octets) {}

  /// What has a NUL octet in it is no address, and is left out.
  /// \return unavailable when there is no room for a temporary file
  Result<Ok> add(const Address& address, Marks marks);

  /// Calls `visit` for each address, with all marks that it was added with, until it returns false:
  /// by domain, then by local part, octet by octet. May be called again; nothing may be added
  /// afterwards.
  /// \return unavailable when a temporary file cannot be read
  Result<Ok> for_each(const std::function<bool(const KnownAddress&)>& visit);

 private:
  RecordSorter records_;  ///< Domain, NUL, local part; the marks.
};

}  // namespace lastmile
