// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/text_store.h"

#include <algorithm>
#include <array>
#include <functional>
#include <new>

#include "aliases/result.h"

namespace lastmile {

namespace {

// An Id is the number of a block and an offset in it, so that each block can be reached whole.
constexpr unsigned kOffsetBits = 16;
constexpr std::size_t kBlockSize = std::size_t{1} << kOffsetBits;
constexpr std::size_t kMaxBlocks = std::size_t{1} << kOffsetBits;
/// A small trace takes a small block.
constexpr std::size_t kFirstBlockSize = 512;
constexpr std::size_t kDoublings = 7;  ///< From the first block to the largest.
/// How many texts are compared with a new one, by their hash.
constexpr std::size_t kRecent = 256;

/// The size of a text stands before it: seven bits an octet, the lowest first.
constexpr unsigned kSizeBits = 7;
constexpr unsigned kMoreSize = 1U << kSizeBits;

struct SizePrefix {
  std::array<char, 10> octets = {};
  std::size_t count = 0;
};

SizePrefix prefix_of(std::size_t size) {
  SizePrefix prefix;
  for (; size >= kMoreSize; size >>= kSizeBits) {
    prefix.octets.at(prefix.count++) = static_cast<char>((size & (kMoreSize - 1)) | kMoreSize);
  }
  prefix.octets.at(prefix.count++) = static_cast<char>(size);
  return prefix;
}

}  // namespace

std::size_t TextStore::block_for(std::size_t size) {
  if (!blocks_.empty() && blocks_[current_].size - blocks_[current_].used >= size) {
    return current_;
  }
  if (blocks_.size() == kMaxBlocks) {
    throw std::bad_alloc();
  }
  // A long one has a block of its own: the one that is being filled still has room.
  const bool is_long = size > kBlockSize / 4;
  const std::size_t usual =
      std::min(kBlockSize, kFirstBlockSize << std::min(blocks_.size(), kDoublings));
  Block block;
  block.size = is_long ? size : std::max(usual, size);
  block.content = std::make_unique_for_overwrite<char[]>(block.size);
  octets_ += block.size + sizeof(Block);
  blocks_.push_back(std::move(block));
  if (!is_long) {
    current_ = blocks_.size() - 1;
  }
  return blocks_.size() - 1;
}

TextStore::Id TextStore::keep(std::string_view text) {
  if (text.empty()) {
    return Id{0};
  }
  if (recent_.empty()) {
    recent_.resize(kRecent);
    octets_ += kRecent * sizeof(Id);
  }
  Id& recent = recent_[std::hash<std::string_view>()(text) % kRecent];
  if (recent != Id{0} && at(recent) == text) {
    return recent;
  }
  const SizePrefix prefix = prefix_of(text.size());
  // Nothing lies at the very beginning, since that is where Id{0} leads.
  const std::size_t unused = blocks_.empty() ? 1 : 0;
  const std::size_t index = block_for(unused + prefix.count + text.size());
  Block& block = blocks_[index];
  block.used += unused;
  const std::size_t offset = block.used;
  char* const begin = block.content.get() + offset;
  std::copy_n(text.begin(), text.size(), std::copy_n(prefix.octets.begin(), prefix.count, begin));
  block.used += prefix.count + text.size();
  recent = static_cast<Id>((index << kOffsetBits) | offset);
  return recent;
}

std::string_view TextStore::at(Id id) const {
  if (id == Id{0}) {
    return {};
  }
  const auto place = static_cast<std::uint32_t>(id);
  const std::size_t index = place >> kOffsetBits;
  LM_CHECK(index < blocks_.size());
  const char* octet = blocks_[index].content.get() + (place & (kBlockSize - 1));
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += kSizeBits) {
    const auto bits = static_cast<unsigned char>(*octet++);
    size |= static_cast<std::size_t>(bits & (kMoreSize - 1)) << shift;
    if ((bits & kMoreSize) == 0) {
      break;
    }
  }
  return {octet, size};
}

}  // namespace lastmile
