// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// Gives records back in the order of their keys, octet by octet, and those of one key in the order
/// in which they were added. No more of them than one run is held in memory: what is more is sorted
/// and written to files without a name, which are merged when they are read.
class RecordSorter {
 public:
  static constexpr std::size_t kRunOctets = std::size_t{24} * 1024 * 1024;

  explicit RecordSorter(std::size_t run_octets = kRunOctets) : run_octets_(run_octets) {}
  RecordSorter(const RecordSorter&) = delete;
  RecordSorter& operator=(const RecordSorter&) = delete;
  ~RecordSorter();

  /// Any octets. \return unavailable when there is no room for a temporary file
  Result<Ok> add(std::string_view key, std::string_view value);

  /// The views are good until it returns. An error, or Walk::stop, ends the walk.
  enum class Walk { go_on, stop };
  using Visit = std::function<Result<Walk>(std::string_view key, std::string_view value)>;

  /// May be called again; nothing may be added afterwards.
  /// \return what `visit` returned as an error; unavailable when a temporary file cannot be read
  Result<Ok> for_each(const Visit& visit);

  std::size_t count() const { return count_; }    ///< Records that were added.
  std::size_t octets() const { return octets_; }  ///< Of their keys and values.

 private:
  /// A record in texts_: its key, then its value.
  struct Record {
    std::uint64_t prefix = 0;  ///< The first octets of the key, by which most differ.
    std::uint32_t begin = 0;
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;
  };
  class RunReader;

  std::string_view key_of(const Record& record) const {
    return std::string_view(texts_).substr(record.begin, record.key_size);
  }
  std::string_view value_of(const Record& record) const {
    return std::string_view(texts_).substr(record.begin + record.key_size, record.value_size);
  }
  bool is_before(const Record& left, const Record& right) const;
  void sort_run();
  Result<Ok> write_run();

  std::size_t run_octets_;
  std::string texts_ = {};
  std::vector<Record> records_ = {};
  std::vector<int> runs_ = {};  ///< Open files.
  std::size_t count_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace lastmile
