#include "transports/mail_date.h"

#include <array>

namespace lastmile {

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
