// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "local/resolving/trace.h"

namespace lastmile {

/// A destination as words, the same in every output format. Nothing is escaped; what does not apply
/// is empty.
struct LeafText {
  std::string kind = {};       ///< "mailbox", "lmtp", ...
  std::string target = {};     ///< What stands behind the kind: a path, an endpoint, an address.
  std::string recipient = {};  ///< External form.
  std::string sender = {};     ///< External form; empty for the null sender.
  std::string user = {};       ///< With whose rights it is done.
  std::string dsn = {};        ///< Of a bounce or deferral: "5.1.1".
  std::string text = {};       ///< Of a bounce, deferral or discard.
  std::string via = {};  ///< Of a remote address: the service and the nexthop that take it on.
};

LeafText describe(const Leaf& leaf);

/// The recipient is part of what is expected of the destination: the server gets it, and it is not
/// part of the target.
bool needs_recipient(const Destination& destination);

/// The way people write it: `lmtp:unix:/run/lmtp alice@example.com`,
/// `remote:bob@example.net via smtp:[10.0.0.5]`, `bounce:5.1.1 unknown user: "nosuch"`.
std::string written_form(const Leaf& leaf);

/// The same out of its words.
/// \param with_recipient  needs_recipient()
std::string written_form(const LeafText& words, bool with_recipient);

}  // namespace lastmile
