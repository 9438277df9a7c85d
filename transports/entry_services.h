// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "transports/master_cf.h"

namespace lastmile {

/// What brings mail into the queue.
enum class EntryKind : std::uint8_t {
  smtpd,   ///< It answers each RCPT.
  pickup,  ///< What sendmail(1) left: nobody is answered.
  other,   ///< qmqpd(8) and the like.
};
EntryKind entry_kind(const Service& service);

/// Where an inet service listens: the host, empty for every address, and the port in digits where
/// its name is one that mail goes by.
struct Listener {
  std::string host = {};
  std::string port = {};
  bool is_loopback() const;
};
/// \param name  "smtp", "587", "127.0.0.1:10025", "[::1]:submission"
Listener listener_of(std::string_view name);

/// The smtpd(8) that serves port 25; where postscreen(8) does, the one behind it.
/// \return null when master.cf has none
const Service* default_entry(const MasterCf& master_cf);

/// The service that a user names as the one where mail comes in: by its name in master.cf, by its
/// port, or by host and port; of several of one name the one that takes mail in.
/// \return an Error that names those that there are
Result<const Service*> find_entry(const MasterCf& master_cf, std::string_view name);

}  // namespace lastmile
