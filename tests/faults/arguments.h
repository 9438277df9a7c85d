// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace lastmile::test {

/// Reads the command line of a program for a few people: `--tell`, and options with a value.
///
/// \param tells  is set by `--tell`
/// \param take  gets the name and the value of every other option; false for what is none
/// \return false when something makes no sense
bool read_arguments(const std::vector<std::string_view>& arguments, bool& tells,
                    const std::function<bool(std::string_view, std::string_view)>& take);

/// \return false for what is no number above 0
bool read_number(std::string_view text, int& number);

}  // namespace lastmile::test
