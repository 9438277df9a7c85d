#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "local/questions/known_address.h"

namespace lastmile {

/// Gives addresses back in order, each once, without holding more of them in memory than one run:
/// what is more is sorted and written to temporary files, which are merged when they are read.
class AddressSorter {
 public:
  static constexpr std::size_t kRunOctets = std::size_t{32} * 1024 * 1024;

  explicit AddressSorter(std::size_t run_octets = kRunOctets) : run_octets_(run_octets) {}

  /// What has a NUL octet in it is no address, and is left out.
  /// \return unavailable when there is no room for a temporary file
  Result<Ok> add(const Address& address, Marks marks);

  /// Calls `visit` for each address, with all marks that it was added with, until it returns false:
  /// by domain, then by local part, octet by octet. May be called again; nothing may be added
  /// afterwards.
  /// \return unavailable when a temporary file cannot be read
  Result<Ok> for_each(const std::function<bool(const KnownAddress&)>& visit);

 private:
  struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  /// A record in texts_: domain, NUL, local part.
  struct Record {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    Marks marks = {};
  };
  class Reader;

  std::string_view text(const Record& record) const {
    return std::string_view(texts_).substr(record.begin, record.size);
  }
  void sort_run();
  Result<Ok> write_run();

  std::size_t run_octets_;
  std::string texts_ = {};
  std::vector<Record> records_ = {};
  std::vector<File> runs_ = {};
};

}  // namespace lastmile
