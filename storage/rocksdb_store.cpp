#include "storage/rocksdb_store.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>
#include <sys/file.h>
#include <unistd.h>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace pawl::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t write_buffer_bytes = 16 << 20;
constexpr std::size_t block_cache_bytes = 32 << 20;
constexpr std::uint64_t wal_bytes_max = 64 << 20; // what a start has to read again at most
constexpr int bloom_bits_per_key = 10;
constexpr int open_files_max = 256;
// Queues and indexes leave tombstones at their fronts, where every scan begins: a file is compacted
// early when this many of so many neighbouring entries are tombstones.
constexpr std::size_t tombstone_window = 4096;
constexpr std::size_t tombstones_max = 2048;

// RocksDB's own log says nothing that pawl's errors do not say.
class silent_logger final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

error system_error(const char* doing, const fs::path& what, int code) {
  return error(errc::io, std::string(doing) + ": " + std::generic_category().message(code),
               what.string());
}

error status_error(const char* doing, const rocksdb::Status& status, const fs::path& folder) {
  if (status.IsCorruption())
    return error(errc::corrupt, std::string(doing) + ": " + status.ToString(), folder.string(),
                 "restore the data directory from a backup");
  return error(errc::io, std::string(doing) + ": " + status.ToString(), folder.string(),
               "look at the disk: space, permissions, health");
}

// --- the owner of a folder -----------------------------------------------------------------------

// Holds folder/LOCK.pid locked until destroyed; the system releases it when the process ends,
// however it ends.
class owner_lock {
public:
  static result<owner_lock> acquire(const fs::path& folder) {
    const fs::path file = folder / "LOCK.pid";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
      return system_error("lock file cannot be opened", file, errno);
    owner_lock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0)
      return lock;
    if (errno != EWOULDBLOCK)
      return system_error("lock file cannot be locked", file, errno);
    return in_use(folder, lock.read_pid());
  }

  static error in_use(const fs::path& folder, const std::string& pid) {
    return error(errc::in_use,
                 "data directory is in use by " +
                     (pid.empty() ? std::string("another process") : "the process with pid " + pid),
                 folder.string(), "end that process, or choose another data directory");
  }

  result<void> write_pid(const fs::path& folder) const {
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd_, 0) != 0 ||
        ::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      return system_error("lock file cannot be written", folder / "LOCK.pid", errno);
    return {};
  }

  owner_lock(owner_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owner_lock& operator=(owner_lock&&) = delete;
  ~owner_lock() {
    if (fd_ >= 0)
      ::close(fd_);
  }

private:
  explicit owner_lock(int fd) : fd_(fd) {}

  // Digits only: the file is written by another process.
  [[nodiscard]] std::string read_pid() const {
    std::array<char, 20> bytes{};
    const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), 0);
    std::string pid;
    for (ssize_t i = 0; i < n && bytes[i] >= '0' && bytes[i] <= '9'; ++i)
      pid.push_back(bytes[i]);
    return pid;
  }

  int fd_;
};

// --- options -------------------------------------------------------------------------------------

rocksdb::Options make_options() {
  rocksdb::Options options;
  options.info_log = std::make_shared<silent_logger>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;
  options.keep_log_file_num = 1;

  options.write_buffer_size = write_buffer_bytes;
  options.max_total_wal_size = wal_bytes_max;
  options.max_open_files = open_files_max;
  options.max_background_jobs = 2;
  options.compression = rocksdb::kLZ4Compression;
  options.table_properties_collector_factories = {
      rocksdb::NewCompactOnDeletionCollectorFactory(tombstone_window, tombstones_max)};

  rocksdb::BlockBasedTableOptions table_options;
  table_options.block_cache = rocksdb::NewLRUCache(block_cache_bytes);
  table_options.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bloom_bits_per_key));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options));

  // The log of a process or machine that died may end in the middle of a write: what is before it
  // counts.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Fail-stop: a write that failed in the background is not tried again.
  options.max_bgerror_resume_count = 0;
  return options;
}

// --- the store -----------------------------------------------------------------------------------

class rocksdb_store final : public store {
public:
  rocksdb_store(owner_lock lock, std::unique_ptr<rocksdb::DB> db, fs::path folder)
      : lock_(std::move(lock)), db_(std::move(db)), folder_(std::move(folder)) {}

  result<std::optional<std::string>> get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = db_->Get({}, slice(key), &value);
    if (status.ok())
      return std::optional<std::string>(std::move(value));
    if (status.IsNotFound())
      return std::optional<std::string>();
    return read_error(status);
  }

  result<void>
  scan(std::string_view from, std::string_view to,
       const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    rocksdb::ReadOptions options;
    const rocksdb::Slice upper = slice(to);
    if (!to.empty())
      options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    for (it->Seek(slice(from)); it->Valid(); it->Next()) {
      // With bounds the wrong way round RocksDB promises nothing.
      if (!to.empty() && view(it->key()) >= to)
        break;
      if (!visit(view(it->key()), view(it->value())))
        return {};
    }
    if (!it->status().ok())
      return read_error(it->status());
    return {};
  }

  std::vector<verdict> commit(std::span<const batch> group, durability how) override {
    std::vector<verdict> verdicts(group.size(), verdict::failed);
    if (failed_)
      return verdicts;
    rocksdb::WriteBatch writes;
    overlay written;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const auto holds = expectations_hold(group[i], written);
      if (!holds) {
        verdicts.assign(group.size(), verdict::failed);
        return verdicts;
      }
      verdicts[i] = *holds ? verdict::committed : verdict::refused;
      if (*holds)
        gather(group[i], writes, written);
    }
    if (writes.Count() == 0)
      return verdicts;
    rocksdb::WriteOptions options;
    options.sync = how == durability::synced;
    const rocksdb::Status status = db_->Write(options, &writes);
    if (!status.ok()) {
      fail("write failed", status);
      verdicts.assign(group.size(), verdict::failed);
    }
    return verdicts;
  }

  bool sync() override {
    if (failed_)
      return false;
    const rocksdb::Status status = db_->SyncWAL();
    if (!status.ok())
      fail("sync failed", status);
    return status.ok();
  }

  std::optional<error> failure() const override {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

private:
  // What the batches of a group that were accepted so far change. Refers to the group.
  using overlay = std::unordered_map<std::string_view, const std::optional<std::string>*>;

  static void gather(const batch& from, rocksdb::WriteBatch& writes, overlay& written) {
    for (const mutation& m : from.writes) {
      if (m.value)
        writes.Put(slice(m.key), slice(*m.value));
      else
        writes.Delete(slice(m.key));
      written[m.key] = &m.value;
    }
  }

  // nullopt: the store failed.
  std::optional<bool> expectations_hold(const batch& of, const overlay& written) {
    for (const expectation& e : of.expects) {
      if (const auto it = written.find(e.key); it != written.end()) {
        if (*it->second != e.value)
          return false;
        continue;
      }
      std::string value;
      const rocksdb::Status status = db_->Get({}, slice(e.key), &value);
      if (!status.ok() && !status.IsNotFound()) {
        fail("read failed", status);
        return std::nullopt;
      }
      if (e.value ? !status.ok() || value != *e.value : status.ok())
        return false;
    }
    return true;
  }

  [[nodiscard]] error read_error(const rocksdb::Status& status) const {
    error e = status_error("read failed", status, folder_);
    if (e.code == errc::io)
      e.code = errc::store_failed;
    return e;
  }

  void fail(const char* doing, const rocksdb::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!failure_)
      failure_.emplace(errc::store_failed, std::string(doing) + ": " + status.ToString(),
                       folder_.string(),
                       "look at the disk (space, health), then start again: recovery decides");
    failed_ = true;
  }

  owner_lock lock_; // released last
  std::unique_ptr<rocksdb::DB> db_;
  fs::path folder_;
  std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;
  std::optional<error> failure_; // guarded by mutex_
};

// --- opening -------------------------------------------------------------------------------------

enum class content : std::uint8_t { fresh, ours };

// Reads what the folder says of itself without changing it: a newer store stays as it is.
result<content> inspect(rocksdb::DB& db, const fs::path& folder) {
  std::string bytes;
  const std::string key = keys::format();
  const rocksdb::Status status = db.Get({}, key, &bytes);
  if (status.ok()) {
    auto version = decode_number(bytes, key);
    if (!version)
      return std::move(version).error();
    if (*version > format_version)
      return error(errc::format_too_new,
                   "store has format " + std::to_string(*version) + ", this engine reads up to " +
                       std::to_string(format_version),
                   folder.string(), "use the newer version of pawl that wrote it");
    return content::ours;
  }
  if (!status.IsNotFound())
    return status_error("format cannot be read", status, folder);
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  it->SeekToFirst();
  if (it->Valid())
    return error(errc::corrupt, "store has records and no format: it is not pawl's",
                 folder.string(), "choose another data directory");
  if (!it->status().ok())
    return status_error("format cannot be read", it->status(), folder);
  return content::fresh;
}

result<content> inspect_untouched(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "CURRENT", ignored))
    return content::fresh;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(make_options(), folder.string(), &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (!status.ok())
    return status_error("store cannot be read", status, folder);
  return inspect(*db, folder);
}

result<void> write_format(rocksdb::DB& db, const fs::path& folder) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db.Put(options, keys::format(), encode_number(format_version));
  if (!status.ok())
    return status_error("format cannot be written", status, folder);
  return {};
}

} // namespace

result<std::unique_ptr<store>> open_rocksdb(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code)
    return system_error("data directory cannot be created", folder, code.value());
  auto lock = owner_lock::acquire(folder);
  if (!lock)
    return std::move(lock).error();
  const auto found = inspect_untouched(folder);
  if (!found)
    return found.error();
  if (auto written = lock->write_pid(folder); !written)
    return std::move(written).error();

  rocksdb::Options options = make_options();
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, folder.string(), &raw);
  std::unique_ptr<rocksdb::DB> db(raw);
  if (!status.ok()) {
    // Another program (RocksDB's tools) may hold RocksDB's own lock without ours.
    if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos)
      return owner_lock::in_use(folder, "");
    return status_error("store cannot be opened", status, folder);
  }
  if (*found == content::fresh) {
    if (auto written = write_format(*db, folder); !written)
      return std::move(written).error();
  }
  return std::unique_ptr<store>(
      std::make_unique<rocksdb_store>(*std::move(lock), std::move(db), folder));
}

} // namespace pawl::storage
