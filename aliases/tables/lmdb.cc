// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/index_builder.h"
#include "aliases/tables/index_table.h"
#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_file.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

int set_lock(int descriptor, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  int status = 0;
  do {
    status = ::fcntl(descriptor, F_OFD_SETLKW, &lock);
  } while (status < 0 && errno == EINTR);
  return status;
}

/// Postfix opens these files without LMDB's own locks: a reader holds a shared fcntl(2) lock on
/// the file for as long as its transaction lasts, so that no writer reuses a page that it reads.
/// The lock is of the kind that belongs to the open file: one of the process would be gone as soon
/// as another table of the same file let go of its own.
class LmdbReader final : public IndexReader {
 public:
  LmdbReader(std::string path, IndexFile file, bool keep_transaction)
      : path_(std::move(path)), file_(std::move(file)), keep_transaction_(keep_transaction) {}
  LmdbReader(const LmdbReader&) = delete;
  LmdbReader& operator=(const LmdbReader&) = delete;
  ~LmdbReader() override {
    mdb_txn_abort(transaction_);
    mdb_env_close(environment_);
  }

  Result<Ok> open() {
    if (set_lock(file_.descriptor(), F_RDLCK) != 0) {
      return open_error(errno);
    }
    const int status = open_locked();
    set_lock(file_.descriptor(), F_UNLCK);
    if (status != 0) {
      return open_error(status);
    }
    return Ok{};
  }

  Result<Found> get(std::string_view key, std::string& value) override {
    // LMDB has no empty and no long keys, and reports a request for one as an error.
    if (key.empty() ||
        key.size() > static_cast<std::size_t>(mdb_env_get_maxkeysize(environment_))) {
      return Found::no;
    }
    const Access access(*this);
    if (access.status() != 0) {
      return read_error(access.status());
    }
    MDB_val wanted{key.size(), const_cast<char*>(key.data())};
    MDB_val found{0, nullptr};
    const int status = mdb_get(transaction_, database_, &wanted, &found);
    if (status == MDB_NOTFOUND) {
      return Found::no;
    }
    if (status != 0) {
      return read_error(status);
    }
    value.assign(static_cast<const char*>(found.mv_data), found.mv_size);
    return Found::yes;
  }

  Result<Listing> for_each(
      const std::function<bool(std::string_view, std::string_view)>& visit) override {
    std::vector<std::pair<std::string, std::string>> records;
    if (const int status = read_all(records); status != 0) {
      return read_error(status);
    }
    for (const auto& record : records) {
      if (!visit(record.first, record.second)) {
        return Listing::stopped;
      }
    }
    return Listing::complete;
  }

  void release() override { end(); }

 private:
  /// Holds the lock and a transaction while the library reads.
  class Access {
   public:
    explicit Access(LmdbReader& reader) : reader_(reader), status_(reader.begin()) {}
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    ~Access() {
      if (!reader_.keep_transaction_) {
        reader_.end();
      }
    }

    int status() const { return status_; }  ///< An error number, the system's or the library's.

   private:
    LmdbReader& reader_;
    int status_;
  };

  int open_locked() {
    int status = mdb_env_create(&environment_);
    if (status != 0) {
      return status;
    }
    constexpr unsigned kFlags = MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS;
    status = mdb_env_open(environment_, file_.host_path().c_str(), kFlags, 0);
    if (status != 0) {
      return status;
    }
    mdb_filehandle_t opened = -1;
    if (mdb_env_get_fd(environment_, &opened) != 0 || !file_.is_same_file(opened)) {
      return ESTALE;
    }
    if (!is_whole()) {
      return MDB_CORRUPTED;
    }
    status = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_);
    if (status == 0) {
      status = mdb_dbi_open(transaction_, nullptr, 0, &database_);
      mdb_txn_reset(transaction_);
    }
    return status;
  }

  /// Takes the lock and begins to read the newest state of the database.
  int begin() {
    if (reading_) {
      return 0;
    }
    if (set_lock(file_.descriptor(), F_RDLCK) != 0) {
      return errno;
    }
    int status = mdb_txn_renew(transaction_);
    if (status == MDB_MAP_RESIZED) {  // A writer has made the database larger than our mapping.
      status = mdb_env_set_mapsize(environment_, 0);
      if (status == 0) {
        status = mdb_txn_renew(transaction_);
      }
    }
    if (status == 0 && !is_whole()) {
      mdb_txn_reset(transaction_);
      status = MDB_CORRUPTED;
    }
    reading_ = status == 0;
    if (!reading_) {
      set_lock(file_.descriptor(), F_UNLCK);
    }
    return status;
  }

  /// Whether all pages are in the file that its header tells of. The library reads them by a
  /// mapping, where a page that is missing ends the process with SIGBUS.
  bool is_whole() const {
    MDB_envinfo info = {};
    MDB_stat statistics = {};
    struct stat attributes = {};
    return mdb_env_info(environment_, &info) == 0 && mdb_env_stat(environment_, &statistics) == 0 &&
           ::fstat(file_.descriptor(), &attributes) == 0 && statistics.ms_psize > 0 &&
           info.me_last_pgno < static_cast<std::size_t>(attributes.st_size) / statistics.ms_psize;
  }

  void end() {
    if (std::exchange(reading_, false)) {
      mdb_txn_reset(transaction_);
      set_lock(file_.descriptor(), F_UNLCK);
    }
  }

  /// The visitor may look up other keys, which needs the one transaction, so all records are
  /// copied first.
  int read_all(std::vector<std::pair<std::string, std::string>>& records) {
    const Access access(*this);
    if (access.status() != 0) {
      return access.status();
    }
    MDB_cursor* cursor = nullptr;
    int status = mdb_cursor_open(transaction_, database_, &cursor);
    MDB_val key{0, nullptr};
    MDB_val data{0, nullptr};
    while (status == 0 && (status = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
      records.emplace_back(std::string(static_cast<const char*>(key.mv_data), key.mv_size),
                           std::string(static_cast<const char*>(data.mv_data), data.mv_size));
    }
    mdb_cursor_close(cursor);
    return status == MDB_NOTFOUND ? 0 : status;
  }

  Error open_error(int status) const {
    return cannot_open(OpenWords::open_database, path_, mdb_strerror(status));
  }
  Error read_error(int status) const {
    return unavailable("error reading " + path_ + ": " + mdb_strerror(status));
  }

  std::string path_;
  IndexFile file_;
  bool keep_transaction_;
  bool reading_ = false;
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi database_ = 0;
};

Result<std::unique_ptr<Table>> open_lmdb(const TableSpec& spec, World& world,
                                         const TablePolicy& policy) {
  const std::string path = spec.name + ".lmdb";
  auto file = IndexFile::open(world, path);
  if (!file) {
    return std::move(file).error();
  }
  const TableOwner owner = file->owner();
  auto reader = std::make_unique<LmdbReader>(path, *std::move(file), policy.keep_snapshot);
  if (auto opened = reader->open(); !opened) {
    return std::move(opened).error();
  }
  return make_index_table(spec, world, policy, owner, std::move(reader));
}

/// A new database and the transactions that fill it.
class LmdbWriter {
 public:
  explicit LmdbWriter(const std::string& path) : path_(path) {}
  LmdbWriter(const LmdbWriter&) = delete;
  LmdbWriter& operator=(const LmdbWriter&) = delete;
  ~LmdbWriter() {
    mdb_txn_abort(transaction_);
    mdb_env_close(environment_);
  }

  Result<Ok> write(IndexRecords& records) {
    if (const int status = open(records); status != 0) {
      return failure(status);
    }
    auto written = records.for_each(
        [this](std::string_view key, std::string_view value) { return put(key, value); });
    if (!written) {
      return written;
    }
    const int status = mdb_txn_commit(std::exchange(transaction_, nullptr));
    return status == 0 ? Result<Ok>(Ok{}) : failure(status);
  }

 private:
  int open(const IndexRecords& records) {
    int status = mdb_env_create(&environment_);
    if (status == 0) {
      status = mdb_env_set_mapsize(environment_, map_size(records));
    }
    if (status == 0) {
      // Nobody sees the file before it is on the disk as a whole.
      constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC;
      constexpr mdb_mode_t kOwnerOnly = 0600;
      status = mdb_env_open(environment_, path_.c_str(), kFlags, kOwnerOnly);
    }
    return status == 0 ? begin() : status;
  }

  int begin() {
    held_ = 0;
    const int status = mdb_txn_begin(environment_, nullptr, 0, &transaction_);
    return status == 0 ? mdb_dbi_open(transaction_, nullptr, 0, &database_) : status;
  }

  /// A transaction keeps the pages that it has changed in memory until it ends.
  int next_transaction() {
    const int status = mdb_txn_commit(std::exchange(transaction_, nullptr));
    return status == 0 ? begin() : status;
  }

  Result<Ok> put(std::string_view key, std::string_view value) {
    constexpr std::size_t kHeldAtOnce = std::size_t{8} * 1024 * 1024;
    held_ += key.size() + value.size();
    int status = held_ > kHeldAtOnce ? next_transaction() : 0;
    MDB_val name{key.size(), const_cast<char*>(key.data())};
    MDB_val data{value.size(), const_cast<char*>(value.data())};
    if (status == 0) {
      status = mdb_put(transaction_, database_, &name, &data, MDB_APPEND);
    }
    if (status == MDB_BAD_VALSIZE) {
      return failure("the key \"" + printable(std::string(key).c_str()) + "\" is longer than " +
                     std::to_string(mdb_env_get_maxkeysize(environment_)) + " octets");
    }
    return status == 0 ? Result<Ok>(Ok{}) : failure(status);
  }

  /// Enough for pages that are half full, and for a value that is as long as a page, which has
  /// pages of its own. What is not used takes no room on the disk.
  static std::size_t map_size(const IndexRecords& records) {
    constexpr std::size_t kPage = 4096;
    constexpr std::size_t kOverhead = 64;
    const std::size_t size = 256 * kPage + 4 * (records.octets() + records.count() * kOverhead) +
                             2 * kPage * (records.octets() / (kPage / 4));
    return size / kPage * kPage;
  }

  Error failure(int status) const { return failure(mdb_strerror(status)); }
  Error failure(const std::string& reason) const {
    return unavailable("cannot write " + path_ + ": " + reason);
  }

  std::string path_;
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi database_ = 0;
  std::size_t held_ = 0;  ///< Octets that were put into the transaction.
};

Result<Ok> write_lmdb(const std::string& path, IndexRecords& records) {
  return LmdbWriter(path).write(records);
}

constexpr IndexFormat kLmdbFormat = {".lmdb", true, write_lmdb};

}  // namespace

const MapType kLmdbMap = {.name = "lmdb", .open = open_lmdb, .index = &kLmdbFormat};

}  // namespace lastmile
