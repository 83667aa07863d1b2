// What only the store on RocksDB does: last, belong to one process, refuse newer formats, stop
// after a failed write.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "storage/rocksdb_store.hpp"
#include "tests/unit/storage/store_support.hpp"

namespace pawl::storage {
namespace {

std::unique_ptr<store> must_open(const std::filesystem::path& folder) {
  auto opened = open_rocksdb(folder);
  EXPECT_TRUE(opened) << opened.error().render();
  return opened ? *std::move(opened) : nullptr;
}

/// Every file with its bytes.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    out[file.path().string()] = bytes.str();
  }
  return out;
}

TEST(rocksdb_store, creates_its_folder_with_its_parents) {
  temp_folder folder;
  EXPECT_NE(must_open(folder.path() / "a" / "b"), nullptr);
}

TEST(rocksdb_store, says_when_the_folder_cannot_be_made) {
  temp_folder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto opened = open_rocksdb(folder.path() / "file" / "store");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::io);
}

TEST(rocksdb_store, what_was_committed_is_there_after_reopening) {
  temp_folder folder;
  {
    const auto s = must_open(folder.path());
    commit_one(*s, put("k1", "synced"), durability::synced);
    commit_one(*s, put("k2", "written"), durability::written);
  }
  const auto s = must_open(folder.path());
  EXPECT_EQ(dump(*s, "k"), (entries{{"k1", "synced"}, {"k2", "written"}}));
  EXPECT_EQ(*s->get(keys::format()), encode_number(format_version));
}

/// Runs a test of the suite below in a process of its own, with a folder; answers waitpid's status.
/// A fork alone would leave RocksDB's threads behind.
int run_child(const std::string& name, const std::filesystem::path& folder) {
  const std::string filter = "--gtest_filter=rocksdb_store_child.DISABLED_" + name;
  ::setenv("PAWL_TEST_FOLDER", folder.c_str(), 1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "storage_test", filter.c_str(), "--gtest_also_run_disabled_tests",
            "--gtest_brief=1", nullptr);
    ::_exit(127);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

std::filesystem::path folder_of_child() {
  const char* folder = std::getenv("PAWL_TEST_FOLDER");
  return folder ? folder : "";
}

TEST(rocksdb_store_child, DISABLED_writes_and_is_killed) {
  const auto opened = open_rocksdb(folder_of_child());
  ASSERT_TRUE(opened);
  ASSERT_EQ(commit_one(**opened, put("k", "v"), durability::written), verdict::committed);
  ::raise(SIGKILL);
}

TEST(rocksdb_store, what_was_written_survives_the_death_of_its_process) {
  temp_folder folder;
  const int status = run_child("writes_and_is_killed", folder.path());
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(dump(*must_open(folder.path()), "k"), (entries{{"k", "v"}}));
}

TEST(rocksdb_store, belongs_to_one_owner_and_names_it) {
  temp_folder folder;
  {
    const auto owner = must_open(folder.path());
    const auto second = open_rocksdb(folder.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::in_use);
    EXPECT_NE(second.error().message.find("pid " + std::to_string(::getpid())), std::string::npos)
        << second.error().render();
    EXPECT_EQ(commit_one(*owner, put("k", "v")), verdict::committed);
  }
  EXPECT_NE(must_open(folder.path()), nullptr);
}

TEST(rocksdb_store, a_pid_file_of_a_dead_owner_does_not_count) {
  temp_folder folder;
  must_open(folder.path());
  std::ofstream(folder.path() / "LOCK.pid") << "1\n";
  EXPECT_NE(must_open(folder.path()), nullptr);
}

TEST(rocksdb_store, leaves_a_newer_format_untouched) {
  temp_folder folder;
  {
    const auto s = must_open(folder.path());
    commit_one(*s, put(keys::format(), encode_number(format_version + 1)));
  }
  const auto before = contents(folder.path());
  const auto opened = open_rocksdb(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::format_too_new);
  EXPECT_EQ(contents(folder.path()), before);
}

TEST(rocksdb_store, refuses_a_database_that_is_not_its_own) {
  temp_folder folder;
  {
    const auto s = must_open(folder.path());
    batch b = put("stranger", "x");
    b.erase(keys::format());
    commit_one(*s, b);
  }
  const auto opened = open_rocksdb(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::corrupt);
}

TEST(rocksdb_store, refuses_a_damaged_database) {
  temp_folder folder;
  must_open(folder.path());
  std::ofstream(folder.path() / "CURRENT") << "MANIFEST-999999\n";
  const auto opened = open_rocksdb(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().code == errc::corrupt || opened.error().code == errc::io);
}

// Its files may not grow: the operating system refuses a write in the middle.
TEST(rocksdb_store_child, DISABLED_fills_its_disk) {
  auto opened = open_rocksdb(folder_of_child());
  ASSERT_TRUE(opened);
  store& s = **opened;
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{256 * 1024, 256 * 1024};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string value(16 * 1024, 'x');
  int committed = 0;
  const auto next = [&] { return put("k" + std::to_string(committed), value); };
  while (committed < 100 && commit_one(s, next()) == verdict::committed)
    ++committed;
  ASSERT_GT(committed, 0);
  ASSERT_LT(committed, 100);
  ASSERT_TRUE(s.failure());
  EXPECT_EQ(s.failure()->code, errc::store_failed);
  // There is room for this one, and still it fails: the store has stopped.
  EXPECT_EQ(commit_one(s, put("small", "")), verdict::failed);
  EXPECT_FALSE(s.sync());
  EXPECT_FALSE(*s.get("small"));
  EXPECT_EQ(*s.get("k0"), value);
}

TEST(rocksdb_store, stops_after_a_failed_write) {
  temp_folder folder;
  const int status = run_child("fills_its_disk", folder.path());
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  // Recovery decides: what was committed is there.
  const auto s = must_open(folder.path());
  EXPECT_EQ(*s->get("k0"), std::string(16 * 1024, 'x'));
}

} // namespace
} // namespace pawl::storage
