// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/address.h"
#include "aliases/result.h"

namespace lastmile {

/// What stands in the place of an address outside of this host; nullopt: nothing does.
/// \return an Error when a table could not answer or names no address
using GenericMap = std::function<Result<std::optional<Address>>(const Address& address)>;

/// Whether a header is one of the message with addresses of senders or recipients in it.
/// \see postconf(5), smtp_generic_maps
bool has_addresses(std::string_view header_name);

/// A header with its addresses mapped: written anew where one has been found, with several
/// addresses on a line as far as they have room, else nullopt.
///
/// \param header  with its name, without the last newline
/// \return the error of `map`
/// \see generic(5)
Result<std::optional<std::string>> generic_header(std::string_view header, const GenericMap& map);

}  // namespace lastmile
