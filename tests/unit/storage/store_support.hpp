// Verbs for tests of stores.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "storage/store.hpp"

namespace pawl::storage {

/// A folder of its own, removed at the end.
class temp_folder {
public:
  temp_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-storage-XXXXXX").string();
    if (::mkdtemp(name.data()))
      path_ = name;
    EXPECT_FALSE(path_.empty());
  }
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

using entries = std::vector<std::pair<std::string, std::string>>;

inline entries dump(const store& from, std::string_view first = {}, std::string_view end = {}) {
  entries out;
  const auto done = from.scan(first, end, [&](std::string_view key, std::string_view value) {
    out.emplace_back(key, value);
    return true;
  });
  EXPECT_TRUE(done) << done.error().render();
  return out;
}

inline std::size_t count(const store& from, std::string_view prefix) {
  return dump(from, prefix, prefix_end(prefix)).size();
}

inline verdict commit_one(store& to, batch what, durability how = durability::synced) {
  const std::vector<batch> group{std::move(what)};
  const auto verdicts = to.commit(group, how);
  EXPECT_EQ(verdicts.size(), 1u);
  return verdicts.at(0);
}

inline batch put(std::string key, std::string value) {
  batch out;
  out.put(std::move(key), std::move(value));
  return out;
}

} // namespace pawl::storage
