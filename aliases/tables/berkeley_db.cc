// SPDX-License-Identifier: Apache-2.0
#include <db.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
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

constexpr u_int32_t kCacheSize = 1024 * 1024;  // Octets.

int set_flock(int descriptor, int operation) {
  int status = 0;
  do {
    status = ::flock(descriptor, operation);
  } while (status < 0 && errno == EINTR);
  return status;
}

DBT octets(std::string_view text) {
  DBT item = {};
  item.data = const_cast<char*>(text.data());
  item.size = static_cast<u_int32_t>(text.size());
  return item;
}

std::string_view text_of(const DBT& item) {
  return {static_cast<const char*>(item.data), item.size};
}

/// The library prints to standard error unless it is given a function.
void ignore_message(const DB_ENV* /*environment*/, const char* /*prefix*/,
                    const char* /*message*/) {}

/// A private environment in the root directory. Without one, the library would obey a DB_CONFIG
/// file in the current directory, which anybody may have put there.
int open_environment(u_int32_t cache_size, DB_ENV*& environment) {
  if (const int status = db_env_create(&environment, 0); status != 0) {
    return status;
  }
  environment->set_errcall(environment, ignore_message);
  if (const int status = environment->set_cachesize(environment, 0, cache_size, 1); status != 0) {
    return status;
  }
  constexpr u_int32_t kFlags = DB_INIT_MPOOL | DB_CREATE | DB_PRIVATE;
  return environment->open(environment, "/", kFlags, 0);
}

/// Reads under the shared flock(2) that Postfix's readers take: postmap(1) rewrites the file in
/// place under an exclusive one.
class BerkeleyReader final : public IndexReader {
 public:
  BerkeleyReader(DBTYPE type, std::string path, IndexFile file, bool keep_lock)
      : type_(type), path_(std::move(path)), file_(std::move(file)), keep_lock_(keep_lock) {}
  BerkeleyReader(const BerkeleyReader&) = delete;
  BerkeleyReader& operator=(const BerkeleyReader&) = delete;
  ~BerkeleyReader() override { close(); }

  Result<Ok> open() {
    const Access access(*this);
    if (access.status() != 0) {
      return cannot_open(OpenWords::open_database, path_, db_strerror(access.status()));
    }
    return Ok{};
  }

  Result<Found> get(std::string_view key, std::string& value) override {
    if (key.size() > std::numeric_limits<u_int32_t>::max()) {
      return Found::no;
    }
    const Access access(*this);
    if (access.status() != 0) {
      return read_error(access.status());
    }
    DBT wanted = octets(key);
    DBT found = {};
    const int status = database_->get(database_, nullptr, &wanted, &found, 0);
    if (status == DB_NOTFOUND) {
      return Found::no;
    }
    if (status != 0) {
      return read_error(status);
    }
    value.assign(text_of(found));
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

  void release() override { unlock(); }

 private:
  /// Holds the lock while the library reads.
  class Access {
   public:
    explicit Access(BerkeleyReader& reader) : reader_(reader), status_(reader.begin()) {}
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    ~Access() {
      if (!reader_.keep_lock_) {
        reader_.unlock();
      }
    }

    int status() const { return status_; }  ///< An error number, the system's or the library's.

   private:
    BerkeleyReader& reader_;
    int status_;
  };

  int open_locked() {
    if (::fstat(file_.descriptor(), &attributes_) != 0) {
      return errno;
    }
    if (const int status = open_environment(kCacheSize, environment_); status != 0) {
      return status;
    }
    if (const int status = db_create(&database_, environment_, 0); status != 0) {
      return status;
    }
    // No mapping: if somebody should cut the file short without a lock, reading fails, where a
    // mapping would end the process.
    constexpr u_int32_t kFlags = DB_RDONLY | DB_NOMMAP;
    if (const int status = database_->open(database_, nullptr, file_.host_path().c_str(), nullptr,
                                           type_, kFlags, 0);
        status != 0) {
      return status;
    }
    int opened = -1;
    const int status = database_->fd(database_, &opened);
    return status == 0 && !file_.is_same_file(opened) ? ESTALE : status;
  }

  void close() {
    if (database_ != nullptr) {
      database_->close(database_, 0);
      database_ = nullptr;
    }
    if (environment_ != nullptr) {
      environment_->close(environment_, 0);
      environment_ = nullptr;
    }
  }

  /// Takes the lock, and makes sure that what the library keeps in memory is what the file holds.
  int begin() {
    if (locked_) {
      return 0;
    }
    struct stat now = {};
    locked_ = set_flock(file_.descriptor(), LOCK_SH) == 0;
    if (!locked_ || ::fstat(file_.descriptor(), &now) != 0) {
      return errno;
    }
    const bool unchanged = now.st_size == attributes_.st_size &&
                           now.st_mtim.tv_sec == attributes_.st_mtim.tv_sec &&
                           now.st_mtim.tv_nsec == attributes_.st_mtim.tv_nsec;
    if (unchanged && database_ != nullptr) {
      return 0;
    }
    close();
    const int status = open_locked();
    if (status != 0) {
      close();
      unlock();
    }
    return status;
  }

  void unlock() {
    if (std::exchange(locked_, false)) {
      set_flock(file_.descriptor(), LOCK_UN);
    }
  }

  /// The lock is for the copying alone: the visitor may take its time, and look up other keys.
  int read_all(std::vector<std::pair<std::string, std::string>>& records) {
    const Access access(*this);
    if (access.status() != 0) {
      return access.status();
    }
    DBC* cursor = nullptr;
    int status = database_->cursor(database_, nullptr, &cursor, 0);
    if (status != 0) {
      return status;
    }
    DBT key = {};
    DBT data = {};
    while ((status = cursor->get(cursor, &key, &data, DB_NEXT)) == 0) {
      records.emplace_back(text_of(key), text_of(data));
    }
    cursor->close(cursor);
    return status == DB_NOTFOUND ? 0 : status;
  }

  Error read_error(int status) const {
    return unavailable("error reading " + path_ + ": " + db_strerror(status));
  }

  DBTYPE type_;
  std::string path_;
  IndexFile file_;
  bool keep_lock_;
  bool locked_ = false;
  DB_ENV* environment_ = nullptr;
  DB* database_ = nullptr;
  struct stat attributes_ = {};  ///< Of the file when `database_` was opened.
};

Result<std::unique_ptr<Table>> open_berkeley(DBTYPE type, const TableSpec& spec, World& world,
                                             const TablePolicy& policy) {
  const std::string path = spec.name + ".db";
  auto file = IndexFile::open(world, path);
  if (!file) {
    return std::move(file).error();
  }
  const TableOwner owner = file->owner();
  auto reader =
      std::make_unique<BerkeleyReader>(type, path, *std::move(file), policy.keep_snapshot);
  if (auto opened = reader->open(); !opened) {
    return std::move(opened).error();
  }
  return make_index_table(spec, world, policy, owner, std::move(reader));
}

Result<std::unique_ptr<Table>> open_hash(const TableSpec& spec, World& world,
                                         const TablePolicy& policy) {
  return open_berkeley(DB_HASH, spec, world, policy);
}

Result<std::unique_ptr<Table>> open_btree(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  return open_berkeley(DB_BTREE, spec, world, policy);
}

/// The hash function of the library, which has no name outside of it: Fowler, Noll and Vo's.
std::uint32_t hash_of(std::string_view key) {
  std::uint32_t hash = 0;
  for (const char octet : key) {
    hash = hash * 16777619U ^ static_cast<unsigned char>(octet);
  }
  return hash;
}

/// The library takes as many of the last bits of a hash for a bucket as there are buckets: with the
/// bits turned round, those of one bucket stand together, however many there are. A library with
/// another function makes the same file in more time.
std::uint32_t bucket_order(std::string_view key) {
  std::uint32_t hash = hash_of(key);
  std::uint32_t turned = 0;
  for (int bit = 0; bit < 32; ++bit) {
    turned = turned << 1U | (hash & 1U);
    hash >>= 1U;
  }
  return turned;
}

/// A new file under an environment; both are closed at the end.
class BerkeleyWriter {
 public:
  explicit BerkeleyWriter(const std::string& path) : path_(path) {}
  BerkeleyWriter(const BerkeleyWriter&) = delete;
  BerkeleyWriter& operator=(const BerkeleyWriter&) = delete;
  ~BerkeleyWriter() { static_cast<void>(close()); }

  Result<Ok> write(DBTYPE type, IndexRecords& records) {
    if (const int status = open(type, records); status != 0) {
      return failure(status);
    }
    auto written =
        records.for_each([this](std::string_view key, std::string_view value) -> Result<Ok> {
          DBT name = octets(key);
          DBT data = octets(value);
          const int status = database_->put(database_, nullptr, &name, &data, DB_NOOVERWRITE);
          return status == 0 ? Result<Ok>(Ok{}) : failure(status);
        });
    const int closed = close();
    return written && closed != 0 ? failure(closed) : written;
  }

 private:
  int open(DBTYPE type, const IndexRecords& records) {
    // Records come in the order of the file: no page is wanted again once it is full.
    constexpr u_int32_t kWriteCacheSize = 4 * 1024 * 1024;  // Octets.
    if (const int status = open_environment(kWriteCacheSize, environment_); status != 0) {
      return status;
    }
    if (const int status = db_create(&database_, environment_, 0); status != 0) {
      return status;
    }
    if (type == DB_HASH) {
      set_buckets(records);
    }
    constexpr int kOwnerOnly = 0600;
    return database_->open(database_, nullptr, path_.c_str(), nullptr, type, DB_CREATE | DB_EXCL,
                           kOwnerOnly);
  }

  /// As many buckets as there will have to be: each that is split is written twice. A bucket is
  /// split when its page is full, so on the average a fifth of it has to stay free.
  void set_buckets(const IndexRecords& records) {
    constexpr std::size_t kPage = 4096;
    constexpr std::size_t kHeader = 26;   // Of a page.
    constexpr std::size_t kOverhead = 6;  // Of each record in it.
    const std::size_t count = std::max<std::size_t>(records.count(), 1);
    const std::size_t size = records.octets() / count + kOverhead;
    const std::size_t in_page = std::max<std::size_t>((kPage - kHeader) / size, 1);
    const std::size_t expected =
        std::min<std::size_t>(count + count / 4, std::numeric_limits<u_int32_t>::max());
    // Of advice that it does not take the library does without.
    static_cast<void>(database_->set_pagesize(database_, kPage));
    static_cast<void>(database_->set_h_ffactor(database_, static_cast<u_int32_t>(in_page)));
    static_cast<void>(database_->set_h_nelem(database_, static_cast<u_int32_t>(expected)));
  }

  int close() {
    int status = 0;
    if (auto* const database = std::exchange(database_, nullptr); database != nullptr) {
      status = database->close(database, 0);
    }
    if (auto* const environment = std::exchange(environment_, nullptr); environment != nullptr) {
      environment->close(environment, 0);
    }
    return status;
  }

  Error failure(int status) const {
    return unavailable("cannot write " + path_ + ": " + db_strerror(status));
  }

  std::string path_;
  DB_ENV* environment_ = nullptr;
  DB* database_ = nullptr;
};

Result<Ok> write_hash(const std::string& path, IndexRecords& records) {
  return BerkeleyWriter(path).write(DB_HASH, records);
}

Result<Ok> write_btree(const std::string& path, IndexRecords& records) {
  return BerkeleyWriter(path).write(DB_BTREE, records);
}

constexpr IndexFormat kHashFormat = {".db", true, write_hash, bucket_order};
constexpr IndexFormat kBtreeFormat = {".db", true, write_btree};

}  // namespace

const MapType kHashMap = {.name = "hash", .open = open_hash, .index = &kHashFormat};
const MapType kBtreeMap = {.name = "btree", .open = open_btree, .index = &kBtreeFormat};

}  // namespace lastmile
