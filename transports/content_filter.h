// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "transports/configuration.h"
#include "transports/settings.h"

namespace lastmile {

/// A program that gets mail before it is delivered, and gives it back.
struct ContentFilter {
  enum class Kind : std::uint8_t {
    after_queue,   ///< A transport and a nexthop. \see FILTER_README
    before_queue,  ///< An SMTP server that smtpd(8) passes each command to. \see SMTPD_PROXY_README
  };
  Kind kind = Kind::after_queue;
  std::string target = {};     ///< "scan:localhost:10024", "127.0.0.1:10025".
  std::string parameter = {};  ///< What names it: "content_filter", "FILTER".
  std::optional<SourcePos> source = {};
};

/// The filter behind the queue, for what comes in by a program with these settings.
std::optional<ContentFilter> content_filter_of(const Settings& entry);

/// The filter before the queue.
std::optional<ContentFilter> proxy_filter_of(const Settings& entry);

/// Where the mail of a filter comes back.
struct Reinjection {
  const Service* entry = nullptr;  ///< Null: it is not known.
  std::string reason = {};         ///< Why it is that one, or why none is known.
};

/// Finds the service to which a filter gives mail back: the one that lastmile_reinjection_service
/// names; for a pipe(8) service whose command calls sendmail, pickup(8); else a smtpd(8) that has
/// another content_filter, or none, of its own. Of several of these, the one whose port follows
/// that of the filter, then the only one on a loopback address that no other filter has in this
/// way.
///
/// \param entry  where the mail came in: a filter does not give it back there
Reinjection find_reinjection(const ContentFilter& filter, const Service* entry,
                             ServiceConfigurations& configurations);

}  // namespace lastmile
