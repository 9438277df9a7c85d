// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace lastmile {

/// Very many short texts in little memory: they lie one behind the other, and one that was kept
/// lately is not kept again. What is kept stays where it is, also when the store is moved.
class TextStore {
 public:
  /// Stands for a kept text; Id{0} for the empty one.
  enum class Id : std::uint32_t {};

  TextStore() = default;
  TextStore(const TextStore&) = delete;
  TextStore& operator=(const TextStore&) = delete;
  TextStore(TextStore&&) = default;
  TextStore& operator=(TextStore&&) = default;
  ~TextStore() = default;

  /// \throws std::bad_alloc when there is no room left, which is so after 4 GiB at the latest
  Id keep(std::string_view text);

  /// \return valid as long as the store
  std::string_view at(Id id) const;

  /// What the store takes in memory, about.
  std::size_t octets() const { return octets_; }

 private:
  struct Block {
    std::unique_ptr<char[]> content = {};
    std::size_t size = 0;
    std::size_t used = 0;
  };
  /// \return the block that has room for so many octets
  std::size_t block_for(std::size_t size);

  std::vector<Block> blocks_ = {};
  std::size_t current_ = 0;  ///< The block that is being filled.
  std::vector<Id> recent_ = {};
  std::size_t octets_ = 0;
};

}  // namespace lastmile
