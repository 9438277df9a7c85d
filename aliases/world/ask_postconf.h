// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace lastmile {

/// What the Postfix of this host says is the default of a parameter: `postconf -dh NAME`.
///
/// It is run without a shell, with an empty environment and the rights of the caller, for five
/// seconds at most.
///
/// \param program  the path of postconf(1)
/// \return without the end of the line; nullopt when there is no such program, when it fails, or
///         when it does not know the name
std::optional<std::string> ask_postconf(const std::string& program, const std::string& name);

}  // namespace lastmile
