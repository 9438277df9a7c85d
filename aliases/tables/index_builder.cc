// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/index_builder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <system_error>
#include <utility>

namespace lastmile {
namespace {

Error failure(const std::string& doing) {
  return unavailable(doing + ": " + std::generic_category().message(errno));
}

/// A name beside the index that nothing else has; the file is removed unless it becomes the index.
class NewFile {
 public:
  explicit NewFile(std::string index)
      : index_(std::move(index)), path_(index_ + ".new." + std::to_string(getpid())) {
    unlink(path_.c_str());  // Of a process that had this number and was killed.
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (!path_.empty()) {
      unlink(path_.c_str());
    }
  }

  const std::string& path() const { return path_; }

  /// Brings it to the disk, and puts it in the place of the old one.
  Result<Ok> become_index(mode_t mode) && {
    const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool kept = descriptor >= 0 && fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0;
    const int problem = errno;
    if (descriptor >= 0) {
      close(descriptor);
    }
    errno = problem;
    if (!kept || rename(path_.c_str(), index_.c_str()) != 0) {
      return failure("cannot write " + index_);
    }
    path_.clear();
    return Ok{};
  }

 private:
  std::string index_;
  std::string path_;
};

/// In front of a value while it is sorted.
using Line = std::int32_t;

/// A rank as octets, in the same order.
std::string octets_of(std::uint32_t rank) {
  std::string octets;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    octets.push_back(static_cast<char>(rank >> shift & 0xFFU));
  }
  return octets;
}

}  // namespace

Result<Ok> IndexRecords::add(std::string_view key, std::string_view value, int line) {
  key_.assign(key);
  const Line number = line;
  value_.assign(reinterpret_cast<const char*>(&number), sizeof number).append(value);
  if (format_.ends_with_nul) {
    key_.push_back('\0');
    value_.push_back('\0');
  }
  if (format_.rank != nullptr) {
    key_.insert(0, octets_of(format_.rank(key_)));
  }
  return sorter_.add(key_, value_);
}

Result<Ok> IndexRecords::for_each(const Visit& visit) {
  using Walk = RecordSorter::Walk;
  duplicates_.clear();
  std::optional<std::string> last;
  return sorter_.for_each([&](std::string_view key, std::string_view value) -> Result<Walk> {
    key.remove_prefix(rank_size());
    if (last && key == *last) {
      Line line = 0;
      std::memcpy(&line, value.data(), sizeof line);
      duplicates_.push_back({std::string(key.substr(0, key.size() - nul_size())), line});
      return Walk::go_on;
    }
    last = key;
    value.remove_prefix(sizeof(Line));
    if (auto visited = visit(key, value); !visited) {
      return std::move(visited).error();
    }
    return Walk::go_on;
  });
}

std::size_t IndexRecords::octets() const {
  return sorter_.octets() - count() * (rank_size() + sizeof(Line));
}

std::vector<IndexRecords::Duplicate> IndexRecords::duplicates() && {
  std::sort(duplicates_.begin(), duplicates_.end(),
            [](const Duplicate& left, const Duplicate& right) { return left.line < right.line; });
  return std::move(duplicates_);
}

Result<Ok> build_index(const TableSpec& spec, const IndexFormat& format, IndexRecords& records,
                       mode_t mode) {
  NewFile file(spec.name + std::string(format.suffix));
  if (auto written = format.write(file.path(), records); !written) {
    return written;
  }
  return std::move(file).become_index(mode);
}

}  // namespace lastmile
