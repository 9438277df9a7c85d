// SPDX-License-Identifier: Apache-2.0
#include "local/questions/address_sorter.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lastmile {

namespace {

using Bits = std::uint16_t;

std::string octets_of(Marks marks) {
  const Bits bits = marks.bits();
  return {reinterpret_cast<const char*>(&bits), sizeof bits};
}

Marks marks_of(std::string_view octets) {
  Bits bits = 0;
  std::memcpy(&bits, octets.data(), sizeof bits);
  return Marks::from_bits(bits);
}

KnownAddress known_address(std::string_view text, Marks marks) {
  const std::size_t end = text.find('\0');
  return {{std::string(text.substr(end + 1)), std::string(text.substr(0, end))}, marks};
}

}  // namespace

Result<Ok> AddressSorter::add(const Address& address, Marks marks) {
  if (address.domain.find('\0') != std::string::npos ||
      address.local_part.find('\0') != std::string::npos) {
    return Ok{};
  }
  return records_.add(address.domain + '\0' + address.local_part, octets_of(marks));
}

Result<Ok> AddressSorter::for_each(const std::function<bool(const KnownAddress&)>& visit) {
  using Walk = RecordSorter::Walk;
  // One that was added several times is one address.
  std::string text;
  Marks marks;
  bool is_stopped = false;
  auto read = records_.for_each([&](std::string_view key, std::string_view value) -> Result<Walk> {
    if (key != text && !text.empty() && !visit(known_address(text, marks))) {
      is_stopped = true;
      return Walk::stop;
    }
    if (key != text) {
      text = key;
      marks = Marks();
    }
    marks.add(marks_of(value));
    return Walk::go_on;
  });
  if (read && !is_stopped && !text.empty()) {
    visit(known_address(text, marks));
  }
  return read;
}

}  // namespace lastmile
