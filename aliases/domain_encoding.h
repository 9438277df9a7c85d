// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// A domain whose labels beyond ASCII are written in ASCII: `xn--bcher-kva.example`. Letters are
/// folded; characters that could be composed otherwise are taken as they are.
/// \return nullopt for what is no UTF-8, and for a label that becomes too long
/// \see RFC 3492, RFC 5891
std::optional<std::string> domain_to_ascii(std::string_view domain);

/// The reverse: labels that begin with `xn--` are written in UTF-8.
/// \return nullopt for a label that makes no sense
std::optional<std::string> domain_to_utf8(std::string_view domain);

}  // namespace lastmile
