// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "local/questions/walk.h"

namespace lastmile {

/// For whom a site file shall have answers, besides the known addresses.
struct SiteQuestions {
  WalkOptions walk = {};
  std::vector<Address> senders = {};  ///< Who writes to them, besides the null sender.
};

/// Asks `world` all that a site file of it shall be able to answer: the way of every known address
/// from each of the senders, and the tables of every parameter by the keys of each address.
///
/// \param step   called for each address
/// \param notes  receives what could not be listed
/// \return unavailable when there is no room for sorting
Result<Ok> ask_for_site(const Settings& settings, World& world, const SiteQuestions& questions,
                        const std::function<void()>& step, std::vector<std::string>& notes);

}  // namespace lastmile
