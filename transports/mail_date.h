// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace lastmile {

/// "Sat Nov 21 02:56:11 2026": the date of a `From ` line. \see asctime(3)
std::string envelope_date(const std::tm& local_time);

/// "Sat, 21 Nov 2026 02:56:11 +0000 (UTC)". \see RFC 5322 section 3.3
std::string header_date(const std::tm& local_time);

/// Reads a date as a header has it, in seconds since 1970; what stands behind the zone is passed
/// over. \return nullopt for what is no date. \see RFC 5322 section 3.3
std::optional<std::int64_t> parse_header_date(std::string_view text);

}  // namespace lastmile
