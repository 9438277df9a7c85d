#pragma once

#include <optional>
#include <string>

namespace lastmile {

/// What the Postfix of this host says its version is: `postconf -dh mail_version`.
///
/// It is run without a shell, with an empty environment and the rights of the caller, for five
/// seconds at most.
///
/// \param program  the path of postconf(1)
/// \return without the end of the line; nullopt when there is no such program or it fails
std::optional<std::string> ask_mail_version(const std::string& program);

}  // namespace lastmile
