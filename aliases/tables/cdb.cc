// SPDX-License-Identifier: Apache-2.0
#include <cdb.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/index_builder.h"
#include "aliases/tables/index_table.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_file.h"

namespace lastmile {
namespace {

/// A cdb file is never changed, only replaced as a whole, so it needs no lock.
class CdbReader final : public IndexReader {
 public:
  explicit CdbReader(std::string path) : path_(std::move(path)) {}
  CdbReader(const CdbReader&) = delete;
  CdbReader& operator=(const CdbReader&) = delete;
  ~CdbReader() override {
    if (mapped_) {
      cdb_free(&cdb_);
    }
  }

  Result<Ok> open(IndexFile file) {
    file_.emplace(std::move(file));
    if (cdb_init(&cdb_, file_->descriptor()) != 0) {
      return cannot_open(OpenWords::open_database, path_, std::strerror(errno));
    }
    mapped_ = true;
    return Ok{};
  }

  Result<Found> get(std::string_view key, std::string& value) override {
    if (key.size() > std::numeric_limits<unsigned>::max()) {
      return Found::no;
    }
    const int found = cdb_find(&cdb_, key.data(), static_cast<unsigned>(key.size()));
    if (found < 0) {
      return read_error();
    }
    if (found == 0) {
      return Found::no;
    }
    const void* data = cdb_get(&cdb_, cdb_datalen(&cdb_), cdb_datapos(&cdb_));
    if (data == nullptr) {
      return read_error();
    }
    value.assign(static_cast<const char*>(data), cdb_datalen(&cdb_));
    return Found::yes;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, std::string_view)>& visit) override {
    unsigned position = 0;
    cdb_seqinit(&position, &cdb_);
    int found = 0;
    while ((found = cdb_seqnext(&position, &cdb_)) > 0) {
      const void* key = cdb_get(&cdb_, cdb_keylen(&cdb_), cdb_keypos(&cdb_));
      const void* data = cdb_get(&cdb_, cdb_datalen(&cdb_), cdb_datapos(&cdb_));
      if (key == nullptr || data == nullptr) {
        return read_error();
      }
      if (!visit({static_cast<const char*>(key), cdb_keylen(&cdb_)},
                 {static_cast<const char*>(data), cdb_datalen(&cdb_)})) {
        return Listing::stopped;
      }
    }
    if (found < 0) {
      return read_error();
    }
    return Listing::complete;
  }

 private:
  Error read_error() const {
    return unavailable("error reading " + path_ + ": " + std::strerror(errno));
  }

  std::string path_;
  std::optional<IndexFile> file_ = {};
  struct cdb cdb_ = {};
  bool mapped_ = false;
};

Result<std::unique_ptr<Table>> open_cdb(const TableSpec& spec, World& world,
                                        const TablePolicy& policy) {
  const std::string path = spec.name + ".cdb";
  auto file = IndexFile::open(world, path);
  if (!file) {
    return std::move(file).error();
  }
  const TableOwner owner = file->owner();
  auto reader = std::make_unique<CdbReader>(path);
  if (auto opened = reader->open(*std::move(file)); !opened) {
    return std::move(opened).error();
  }
  return make_index_table(spec, world, policy, owner, std::move(reader));
}

Error write_error(const std::string& path, int error) {
  return unavailable("cannot write " + path + ": " + std::strerror(error));
}

Result<Ok> write_cdb(const std::string& path, IndexRecords& records) {
  constexpr mode_t kOwnerOnly = 0600;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  struct cdb_make maker = {};
  if (descriptor < 0 || cdb_make_start(&maker, descriptor) != 0) {
    return write_error(path, errno);
  }
  auto written = records.for_each([&](std::string_view key, std::string_view value) -> Result<Ok> {
    const bool added = cdb_make_add(&maker, key.data(), static_cast<unsigned>(key.size()),
                                    value.data(), static_cast<unsigned>(value.size())) == 0;
    return added ? Result<Ok>(Ok{}) : write_error(path, errno);
  });
  if (cdb_make_finish(&maker) != 0 && written) {
    written = write_error(path, errno);
  }
  ::close(descriptor);
  return written;
}

constexpr IndexFormat kCdbFormat = {".cdb", false, write_cdb};

}  // namespace

const MapType kCdbMap = {.name = "cdb", .open = open_cdb, .index = &kCdbFormat};

}  // namespace lastmile
