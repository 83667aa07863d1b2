// The store on RocksDB: the default. The only header of this room that stands for RocksDB; its
// source alone includes it.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/store.hpp"

namespace pawl::storage {

/// Opens or creates the store in `folder` (created with its parents).
/// Errors: in_use (another process holds it: names the pid it wrote into folder/LOCK.pid),
/// format_too_new (nothing touched), corrupt, io. The format version is recorded under a key of its
/// own (FORMAT.md).
result<std::unique_ptr<store>> open_rocksdb(const std::filesystem::path& folder);

} // namespace pawl::storage
