#include "aliases/tables/index_builder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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

}  // namespace

Result<Ok> build_index(const TableSpec& spec, const IndexFormat& format,
                       std::vector<IndexRecord> records, mode_t mode) {
  if (format.ends_with_nul) {
    for (IndexRecord& record : records) {
      record.key.push_back('\0');
      record.value.push_back('\0');
    }
  }
  NewFile file(spec.name + std::string(format.suffix));
  if (auto written = format.write(file.path(), records); !written) {
    return written;
  }
  return std::move(file).become_index(mode);
}

}  // namespace lastmile
