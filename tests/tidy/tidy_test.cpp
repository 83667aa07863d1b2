// Style as a test: who includes whom, the co_await pattern that g++ 12 miscompiles, sizes of files
// and functions, and words that have a better replacement. Each finding says what to do instead.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

struct source_file {
  std::string name; // relative to the root
  std::string room; // first folder
  std::vector<std::string> lines;
};

const std::vector<std::string>& rooms() {
  static const std::vector<std::string> all = {"engine",  "actors",   "workflows", "inference",
                                               "storage", "net",      "sim",       "serve",
                                               "cli",     "examples", "bench",     "tests"};
  return all;
}

std::vector<source_file> sources() {
  std::vector<source_file> all;
  const fs::path root(PAWL_SOURCE_DIR);
  for (const auto& room : rooms()) {
    if (!fs::exists(root / room))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp")
        continue;
      source_file file{fs::relative(entry.path(), root).string(), room, {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        file.lines.push_back(line);
      all.push_back(std::move(file));
    }
  }
  return all;
}

// What a room may include by "room/...". The vocabulary (<pawl/...>) is open to all.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"storage", {"storage"}},
      {"inference", {"inference"}},
      {"net", {"net"}},
      {"workflows", {"workflows"}},
      {"sim", {"sim", "net"}},
      {"actors", {"actors", "storage", "inference", "net", "workflows"}},
      {"engine", {"engine", "actors", "storage", "inference", "net", "workflows", "sim"}},
      {"serve", {"serve", "net"}},
      {"cli", {"cli", "sim", "net"}},
  };
  return table;
}

TEST(tidy, rooms_include_only_what_they_may) {
  const std::regex quoted(R"re(^\s*#include "([a-z_]+)/)re");
  for (const auto& file : sources()) {
    const auto rule = allowed().find(file.room);
    if (rule == allowed().end())
      continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch found;
      if (!std::regex_search(file.lines[i], found, quoted))
        continue;
      EXPECT_TRUE(rule->second.contains(found[1].str()))
          << file.name << ":" << i + 1 << ": " << file.room << " may not include " << found[1]
          << "; see the dependency rule in ARCHITECTURE.md";
    }
  }
}

TEST(tidy, libraries_stay_in_their_rooms) {
  struct rule {
    std::string pattern;
    std::set<std::string> rooms;
  };
  const std::vector<rule> rules = {
      {"#include <caf/", {"actors", "engine", "tests"}},
      {"#include <boost/asio", {"net", "tests"}},
      {"#include <boost/beast", {"net", "tests"}},
      {"#include <rocksdb/", {"storage"}},
      {"#include <jq.h", {"workflows"}},
      {"#include <jv.h", {"workflows"}},
      {"#include <CLI/", {"cli"}},
  };
  for (const auto& file : sources())
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      for (const auto& r : rules)
        if (file.lines[i].starts_with(r.pattern)) {
          EXPECT_TRUE(r.rooms.contains(file.room))
              << file.name << ":" << i + 1 << ": " << r.pattern << " belongs elsewhere";
          EXPECT_NE(file.name.rfind("engine/include", 0), 0u)
              << file.name << ": public headers name no library";
        }
}

TEST(tidy, no_braced_temporary_or_lambda_inside_a_co_await) {
  // g++ 12 destroys such temporaries twice (CONTRIBUTING, "co_await"): name them first.
  const std::regex trap(R"re(co_await\b[^;]*([({,]\s*\[|[A-Za-z_>]\s*\{|\(\s*\{|,\s*\{))re");
  for (const auto& file : sources()) {
    if (file.name == "tests/tidy/tidy_test.cpp")
      continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string statement = file.lines[i].substr(0, file.lines[i].find("//"));
      const auto at = statement.find("co_await ");
      if (at == std::string::npos)
        continue;
      statement = statement.substr(at);
      for (std::size_t j = i + 1;
           statement.find(';') == std::string::npos && j < file.lines.size() && j < i + 8; ++j)
        statement += " " + file.lines[j].substr(0, file.lines[j].find("//"));
      statement = statement.substr(0, statement.find(';') + 1);
      // `if (co_await x) {` opens a block, not a temporary.
      statement = std::regex_replace(statement, std::regex(R"re(\)\s*\{.*)re"), ")");
      EXPECT_FALSE(std::regex_search(statement, trap))
          << file.name << ":" << i + 1 << ": " << statement;
    }
  }
}

TEST(tidy, files_fit_a_readers_head) {
  for (const auto& file : sources()) {
    EXPECT_LE(file.lines.size(), 500u) << file.name << ": split it by reason to exist";
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      // Raw string literals of tests may hold long documents.
      if (file.lines[i].find("R\"") != std::string::npos)
        continue;
      std::size_t columns = 0;
      for (const char c : file.lines[i])
        columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      EXPECT_LE(columns, 100u) << file.name << ":" << i + 1 << ": break the line";
    }
  }
}

TEST(tidy, functions_fit_a_screen) {
  // A function's body begins with a line that is not indented deeper than a namespace and ends with
  // '{'.
  for (const auto& file : sources()) {
    if (!file.name.ends_with(".cpp"))
      continue;
    // A test may be a long table.
    const std::size_t lines_max = file.room == "tests" ? 150 : 70;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto& line = file.lines[i];
      const bool opens = !line.empty() && line[0] != ' ' && line[0] != '#' && line.ends_with("{") &&
                         line.find('(') != std::string::npos && line.rfind("namespace", 0) != 0;
      if (!opens)
        continue;
      std::size_t end = i + 1;
      while (end < file.lines.size() && (file.lines[end].empty() || file.lines[end][0] != '}'))
        ++end;
      EXPECT_LE(end - i, lines_max) << file.name << ":" << i + 1 << ": give a part of it a name";
    }
  }
}

TEST(tidy, words_with_a_better_replacement) {
  struct banned {
    std::string word, instead;
    std::set<std::string> except;
  };
  const std::vector<banned> words = {
      {"caf::infinite", "limits::actor_request_timeout", {}},
      {"sleep_for", "a condition or virtual time", {}},
      {"std::random_device", "pawl::random_source", {"engine/vocabulary/random.cpp"}},
      {"std::chrono::system_clock::now", "pawl::clock", {"engine/vocabulary/time.cpp"}},
      {"TODO", "an issue", {}},
      {"FIXME", "an issue", {}},
      {"caf/all.hpp", "the headers that are used", {}},
  };
  for (const auto& file : sources()) {
    if (file.name == "tests/tidy/tidy_test.cpp")
      continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      for (const auto& b : words)
        EXPECT_TRUE(file.lines[i].find(b.word) == std::string::npos || b.except.contains(file.name))
            << file.name << ":" << i + 1 << ": '" << b.word << "': use " << b.instead;
  }
}

TEST(tidy, headers_begin_with_pragma_once_or_a_comment) {
  for (const auto& file : sources()) {
    if (!file.name.ends_with(".hpp"))
      continue;
    EXPECT_NE(std::find(file.lines.begin(), file.lines.end(), "#pragma once"), file.lines.end())
        << file.name;
  }
}

} // namespace
