#pragma once

#include <ctime>
#include <string>

namespace lastmile {

/// "Sat Nov 21 02:56:11 2026": the date of a `From ` line. \see asctime(3)
std::string envelope_date(const std::tm& local_time);

/// "Sat, 21 Nov 2026 02:56:11 +0000 (UTC)". \see RFC 5322 section 3.3
std::string header_date(const std::tm& local_time);

}  // namespace lastmile
