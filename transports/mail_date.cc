// SPDX-License-Identifier: Apache-2.0
#include "transports/mail_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <vector>

#include "aliases/text.h"

namespace lastmile {

namespace {

/// All of `text` as a number.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && value >= 0 ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n,";
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) {
      return words;
    }
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
}

/// "13:04:05" or "13:04" as seconds of the day.
std::optional<int> time_of_day(std::string_view text) {
  const auto part = [&text]() -> std::optional<int> {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto value = number(text.substr(0, colon));
    text.remove_prefix(std::min(colon + 1, text.size()));
    return value;
  };
  const auto hour = part();
  const auto minute = part();
  const auto second = text.empty() ? std::optional(0) : part();
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return *hour * 3600 + *minute * 60 + *second;
}

/// "+0200" as seconds; a zone that has a name is taken for UTC, as RFC 5322 section 4.3 wants it.
int zone_offset(std::string_view text) {
  const bool is_number = text.size() == 5 && (text[0] == '+' || text[0] == '-');
  const auto digits = is_number ? number(text.substr(1)) : std::nullopt;
  const int seconds = digits ? *digits / 100 * 3600 + *digits % 100 * 60 : 0;
  return text.starts_with('-') ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> parse_header_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::vector<std::string_view> words = words_of(text);
  if (!words.empty() && !number(words.front())) {
    words.erase(words.begin());  // the day of the week
  }
  if (words.size() < 4) {
    return std::nullopt;
  }
  const auto day = number(words[0]);
  const auto month = std::ranges::find_if(
      kMonths, [&](std::string_view name) { return equal_ignoring_case(name, words[1]); });
  const auto year = number(words[2]);
  const auto time = time_of_day(words[3]);
  if (!day || month == kMonths.end() || !year || *year < 1970 || *year > 9999 || !time) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *time - (words.size() > 4 ? zone_offset(words[4]) : 0);
}

std::string envelope_date(const std::tm& local_time) {
  std::array<char, 64> text = {};
  // In the "C" locale, which this program never leaves: English names, as in asctime(3).
  const auto length = std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &local_time);
  return {text.data(), length};
}

std::string header_date(const std::tm& local_time) {
  std::array<char, 64> text = {};
  const auto length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S %z (%Z)", &local_time);
  return {text.data(), length};
}

}  // namespace lastmile
