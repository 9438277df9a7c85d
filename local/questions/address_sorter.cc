#include "local/questions/address_sorter.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <queue>
#include <utility>

#include "aliases/world/temporary_file.h"
#include "transports/errno_status.h"

namespace lastmile {

namespace {

Error file_error(int error) {
  return unavailable("a temporary file for sorting in " + temporary_directory() + ": " +
                     error_text(error));
}

/// In front of each text of a run.
struct Header {
  std::uint32_t size = 0;
  std::uint16_t marks = 0;
  std::uint16_t unused = 0;
};

KnownAddress known_address(std::string_view text, Marks marks) {
  const std::size_t end = text.find('\0');
  return {{std::string(text.substr(end + 1)), std::string(text.substr(0, end))}, marks};
}

}  // namespace

/// The records of one run, in order: of a file, or those that are still in memory.
class AddressSorter::Reader {
 public:
  Reader(const AddressSorter& sorter, std::FILE* file) : sorter_(&sorter), file_(file) {}

  /// The current record.
  std::string_view text() const { return text_; }
  Marks marks() const { return marks_; }

  enum class State { at_record, at_end };
  Result<State> advance() {
    if (file_ == nullptr) {
      if (next_ == sorter_->records_.size()) {
        return State::at_end;
      }
      const Record& record = sorter_->records_[next_++];
      text_ = sorter_->text(record);
      marks_ = record.marks;
      return State::at_record;
    }
    Header header;
    if (std::fread(&header, sizeof header, 1, file_) != 1) {
      return std::ferror(file_) == 0 ? Result<State>(State::at_end)
                                     : Result<State>(file_error(errno));
    }
    buffer_.resize(header.size);
    if (std::fread(buffer_.data(), 1, header.size, file_) != header.size) {
      return file_error(errno);
    }
    text_ = buffer_;
    marks_ = Marks::from_bits(header.marks);
    return State::at_record;
  }

 private:
  const AddressSorter* sorter_;
  std::FILE* file_;
  std::size_t next_ = 0;
  std::string buffer_ = {};
  std::string_view text_ = {};
  Marks marks_ = {};
};

Result<Ok> AddressSorter::add(const Address& address, Marks marks) {
  if (address.domain.find('\0') != std::string::npos ||
      address.local_part.find('\0') != std::string::npos) {
    return Ok{};
  }
  const std::size_t size = address.domain.size() + 1 + address.local_part.size();
  const std::size_t held = texts_.size() + records_.size() * sizeof(Record);
  if (held + size + sizeof(Record) > run_octets_ && !records_.empty()) {
    if (auto written = write_run(); !written) {
      return written;
    }
  }
  records_.push_back(
      {static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(size), marks});
  texts_.append(address.domain).append(1, '\0').append(address.local_part);
  return Ok{};
}

void AddressSorter::sort_run() {
  std::ranges::sort(records_, [this](const Record& left, const Record& right) {
    return text(left) < text(right);
  });
  std::size_t kept = 0;
  for (const Record& record : records_) {
    if (kept > 0 && text(records_[kept - 1]) == text(record)) {
      records_[kept - 1].marks.add(record.marks);
    } else {
      records_[kept++] = record;
    }
  }
  records_.resize(kept);
}

Result<Ok> AddressSorter::write_run() {
  const int descriptor = open_temporary_file();
  File file(descriptor < 0 ? nullptr : ::fdopen(descriptor, "w+"));
  if (!file) {
    return file_error(errno);
  }
  sort_run();
  for (const Record& record : records_) {
    const Header header = {record.size, record.marks.bits(), 0};
    if (std::fwrite(&header, sizeof header, 1, file.get()) != 1 ||
        std::fwrite(texts_.data() + record.begin, 1, record.size, file.get()) != record.size) {
      return file_error(errno);
    }
  }
  if (std::fflush(file.get()) != 0) {
    return file_error(errno);
  }
  runs_.push_back(std::move(file));
  texts_.clear();
  records_.clear();
  return Ok{};
}

Result<Ok> AddressSorter::for_each(const std::function<bool(const KnownAddress&)>& visit) {
  sort_run();
  std::vector<Reader> readers;
  readers.reserve(runs_.size() + 1);
  for (const File& run : runs_) {
    std::rewind(run.get());
    readers.emplace_back(*this, run.get());
  }
  readers.emplace_back(*this, nullptr);
  const auto is_later = [&readers](std::size_t left, std::size_t right) {
    return readers[left].text() > readers[right].text();
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_later)> queue(is_later);
  const auto advance = [&](std::size_t reader) -> Result<Ok> {
    const auto state = readers[reader].advance();
    if (!state) {
      return state.error();
    }
    if (*state == Reader::State::at_record) {
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
    std::string text;
    Marks marks;
    // Equal ones of several runs are one address.
    do {
      const std::size_t reader = queue.top();
      queue.pop();
      text = readers[reader].text();
      marks.add(readers[reader].marks());
      if (auto advanced = advance(reader); !advanced) {
        return advanced;
      }
    } while (!queue.empty() && readers[queue.top()].text() == text);
    if (!visit(known_address(text, marks))) {
      break;
    }
  }
  return Ok{};
}

}  // namespace lastmile
