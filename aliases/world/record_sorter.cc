// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/record_sorter.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <queue>
#include <system_error>
#include <utility>

#include "aliases/world/temporary_file.h"

namespace lastmile {

namespace {

/// Octets that are read or written at once.
constexpr std::size_t kPiece = std::size_t{128} * 1024;

Error file_error(int error) {
  return unavailable("a temporary file for sorting in " + temporary_directory() + ": " +
                     std::generic_category().message(error));
}

/// In front of each record of a run.
struct Header {
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
};

/// The first octets of a key as a number that is in the same order.
std::uint64_t prefix_of(std::string_view key) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof prefix; ++i) {
    prefix = prefix << 8U | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return prefix;
}

Result<Ok> write_all(int file, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::write(file, octets.data(), octets.size());
    if (count < 0 && errno != EINTR) {
      return file_error(errno);
    }
    octets.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return Ok{};
}

}  // namespace

/// The records of one run, in order: of a file, or those that are still in memory.
class RecordSorter::RunReader {
 public:
  RunReader(const RecordSorter& sorter, std::optional<int> file) : sorter_(&sorter), file_(file) {}

  /// The current record, until the next one.
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  enum class State { at_record, at_end };
  Result<State> advance() { return file_ ? advance_in_file() : advance_in_memory(); }

 private:
  State advance_in_memory() {
    if (next_ == sorter_->records_.size()) {
      return State::at_end;
    }
    const Record& record = sorter_->records_[next_++];
    key_ = sorter_->key_of(record);
    value_ = sorter_->value_of(record);
    return State::at_record;
  }

  Result<State> advance_in_file() {
    Header header;
    if (auto filled = hold(sizeof header); !filled) {
      return std::move(filled).error();
    }
    if (begin_ == buffer_.size()) {
      return State::at_end;
    }
    std::memcpy(&header, buffer_.data() + begin_, sizeof header);
    const std::size_t size = sizeof header + header.key_size + header.value_size;
    if (auto filled = hold(size); !filled) {
      return std::move(filled).error();
    }
    const std::string_view record = std::string_view(buffer_).substr(begin_, size);
    key_ = record.substr(sizeof header, header.key_size);
    value_ = record.substr(sizeof header + header.key_size);
    begin_ += size;
    return State::at_record;
  }

  /// Has the next octets of the file in the buffer, from begin_ on; at its end there are none.
  Result<Ok> hold(std::size_t size) {
    if (buffer_.size() - begin_ >= size) {
      return Ok{};
    }
    buffer_.erase(0, std::exchange(begin_, 0));
    while (buffer_.size() < size) {
      const std::size_t held = buffer_.size();
      buffer_.resize(std::max(size, kPiece));
      const ssize_t count =
          ::pread(*file_, buffer_.data() + held, buffer_.size() - held, position_);
      const int error = errno;
      buffer_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      position_ += std::max<ssize_t>(count, 0);
      if (count == 0 && held == 0) {
        return Ok{};
      }
      if (count == 0 || (count < 0 && error != EINTR)) {
        return file_error(count == 0 ? EIO : error);
      }
    }
    return Ok{};
  }

  const RecordSorter* sorter_;
  std::optional<int> file_;
  std::size_t next_ = 0;
  std::string buffer_ = {};
  std::size_t begin_ = 0;  ///< Of the next record in the buffer.
  off_t position_ = 0;     ///< In the file, behind the buffer.
  std::string_view key_ = {};
  std::string_view value_ = {};
};

RecordSorter::~RecordSorter() {
  for (const int run : runs_) {
    // Nothing was promised about it.
    static_cast<void>(::close(run));
  }
}

Result<Ok> RecordSorter::add(std::string_view key, std::string_view value) {
  const std::size_t size = key.size() + value.size();
  if (size > std::numeric_limits<std::uint32_t>::max() / 2) {
    return malformed("a record of " + std::to_string(size) + " octets is too long to be sorted");
  }
  const std::size_t held = texts_.size() + records_.size() * sizeof(Record);
  if (held + size + sizeof(Record) > run_octets_ && !records_.empty()) {
    if (auto written = write_run(); !written) {
      return written;
    }
  }
  records_.push_back({prefix_of(key), static_cast<std::uint32_t>(texts_.size()),
                      static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(value.size())});
  texts_.append(key).append(value);
  ++count_;
  octets_ += size;
  return Ok{};
}

bool RecordSorter::is_before(const Record& left, const Record& right) const {
  if (left.prefix != right.prefix) {
    return left.prefix < right.prefix;
  }
  const int order = key_of(left).compare(key_of(right));
  return order != 0 ? order < 0 : left.begin < right.begin;
}

void RecordSorter::sort_run() {
  const auto order = [this](const Record& left, const Record& right) {
    return is_before(left, right);
  };
  // Much that is sorted was sorted before.
  if (!std::is_sorted(records_.begin(), records_.end(), order)) {
    std::sort(records_.begin(), records_.end(), order);
  }
}

Result<Ok> RecordSorter::write_run() {
  const int file = open_temporary_file();
  if (file < 0) {
    return file_error(errno);
  }
  runs_.push_back(file);
  sort_run();
  std::string piece;
  for (const Record& record : records_) {
    const Header header = {record.key_size, record.value_size};
    piece.append(reinterpret_cast<const char*>(&header), sizeof header);
    piece.append(key_of(record)).append(value_of(record));
    if (piece.size() >= kPiece) {
      if (auto written = write_all(file, piece); !written) {
        return written;
      }
      piece.clear();
    }
  }
  texts_.clear();
  records_.clear();
  return write_all(file, piece);
}

Result<Ok> RecordSorter::for_each(const Visit& visit) {
  sort_run();
  std::vector<RunReader> readers;
  readers.reserve(runs_.size() + 1);
  for (const int run : runs_) {
    readers.emplace_back(*this, run);
  }
  readers.emplace_back(*this, std::nullopt);
  // Of one key, what is in an earlier run was added earlier.
  const auto is_later = [&readers](std::size_t left, std::size_t right) {
    const int order = readers[left].key().compare(readers[right].key());
    return order != 0 ? order > 0 : left > right;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_later)> queue(is_later);
  const auto advance = [&](std::size_t reader) -> Result<Ok> {
    const auto state = readers[reader].advance();
    if (!state) {
      return state.error();
    }
    if (*state == RunReader::State::at_record) {
      queue.push(reader);
    }
    return Ok{};
  };
  for (std::size_t reader = 0; reader < readers.size(); ++reader) {
    if (auto advanced = advance(reader); !advanced) {
      return advanced;
    }
  }
  while (!queue.empty()) {
    const std::size_t reader = queue.top();
    const auto walk = visit(readers[reader].key(), readers[reader].value());
    if (!walk) {
      return walk.error();
    }
    if (*walk == Walk::stop) {
      break;
    }
    queue.pop();
    if (auto advanced = advance(reader); !advanced) {
      return advanced;
    }
  }
  return Ok{};
}

}  // namespace lastmile
