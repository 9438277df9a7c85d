// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lastmile {

/// The SHA-256 digest of octets that come in pieces. Pure.
/// \see FIPS 180-4
class Sha256 {
 public:
  void add(std::string_view octets);

  /// Adds the length of `field` before it, so that two fields are never taken for two others whose
  /// octets in a row are the same.
  void add_field(std::string_view field);

  /// The digest of all that was added, as 64 hexadecimal digits. Nothing can be added afterwards.
  std::string hex();

 private:
  static constexpr std::size_t kBlock = 64;

  void compress(const unsigned char* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kBlock> pending_ = {};  ///< The beginning of the next block.
  std::uint64_t size_ = 0;                          ///< Octets, all together.
};

}  // namespace lastmile
