// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/address_keys.h"
#include "lmtpclient/enhanced_status.h"
#include "transports/configuration.h"
#include "transports/smtp_session.h"

namespace lastmile {

/// What an access table has, and for which key.
struct AccessHit {
  TableHit hit = {};
  std::string key = {};
};

/// The keys by which an access table is asked for a host name: itself and its parents.
/// \see access(5), HOST NAME/ADDRESS PATTERNS
std::vector<AddressKey> host_name_keys(const std::string& name, ParentKeys parents);

/// Those of an address: itself and the networks that it begins with.
std::vector<AddressKey> host_address_keys(const std::string& address);

/// Those of a mail address, as trivial-rewrite(8) has resolved it. \see access(5), EMAIL ADDRESS
/// PATTERNS
std::vector<AddressKey> mail_address_keys(const Address& address, const ExtensionRules& rules,
                                          ParentKeys parents);

/// The first of some keys that a table has.
Result<std::optional<AccessHit>> find_access(TableList& table, const std::vector<AddressKey>& keys);

/// What the value of an access table wants. \see access(5), ACCEPT ACTIONS to OTHER ACTIONS
struct AccessAction {
  enum class Kind {
    permit,           ///< OK, RELAY, a number that is no reply code.
    nothing,          ///< DUNNO, and what only logs or adds a header.
    refuse,           ///< 4NN, 5NN, with the code in `code`.
    reject,           ///< REJECT: access_map_reject_code.
    defer,            ///< DEFER: access_map_defer_code.
    defer_if_reject,  ///< The same for the conditional ones.
    defer_if_permit,
    discard,
    hold,
    redirect,
    copy,  ///< BCC
    filter,
    restrictions,  ///< A list of restrictions to be read in this place.
  };
  Kind kind = Kind::nothing;
  int code = 0;
  std::optional<EnhancedStatus> status = {};  ///< That stands before the text.
  std::string text = {};                      ///< Or the argument.
};
AccessAction parse_access_action(std::string_view value);

}  // namespace lastmile
