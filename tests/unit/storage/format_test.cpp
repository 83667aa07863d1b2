// FORMAT.md's worked example, held to the code: its script is run, and the store must have what the
// page says.
#include <fstream>
#include <map>
#include <sstream>

#include "storage/records.hpp"
#include "tests/unit/storage/journal_support.hpp"

namespace pawl::storage {
namespace {

/// The lines of the page's fenced block with this name.
std::vector<std::string> block(const std::string& name) {
  std::ifstream page(FORMAT_MD);
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (inside && line == "```")
      return lines;
    if (inside)
      lines.push_back(line);
    else
      inside = line == "```" + name;
  }
  ADD_FAILURE() << "FORMAT.md has no block " << name;
  return lines;
}

/// The store of the example.
memory_store& make_example(memory_store& memory) {
  EXPECT_EQ(commit_one(memory, create_run(start_of("r1"), json::parse(R"({"do": []})"))),
            verdict::committed);
  run_journal journal = wake_run(memory, run_id("r1"));
  const path loop("/do/0/loop");
  journal.save_scope(loop, json::parse(R"({"sum": 4})"));
  journal.next_lap(loop);
  journal.save_scope(loop, json::parse(R"({"sum": 5})"));
  journal.stage_intent(path("/do/0/loop~1/ask"), call_id("c1"));
  EXPECT_EQ(commit_one(memory, journal.take()), verdict::committed);
  return memory;
}

TEST(format, the_example_of_the_page_is_what_is_stored) {
  std::map<std::string, json> expected;
  for (const std::string& line : block("records")) {
    const std::size_t brace = line.find('{');
    ASSERT_NE(brace, std::string::npos) << line;
    std::string key = line.substr(0, 2) + line.substr(3, line.find(' ', 3) - 3);
    expected[key] = json::parse(line.substr(brace));
  }
  memory_store memory;
  std::map<std::string, json> stored;
  for (const auto& [key, bytes] : dump(make_example(memory)))
    stored[keys::printable(key)] = json::from_cbor(bytes);
  EXPECT_EQ(json(stored), json(expected));
}

TEST(format, the_bytes_of_the_page_are_what_is_stored) {
  std::string expected;
  for (const std::string& line : block("bytes")) {
    std::istringstream words(line);
    for (std::string word; words >> word && word.size() == 2 && std::isxdigit(word[0]);)
      expected.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
  }
  memory_store memory;
  EXPECT_EQ(**make_example(memory).get("\x72\x65\x72\x31"), expected);
}

TEST(format, the_page_names_every_table) {
  std::ifstream page(FORMAT_MD);
  std::stringstream text;
  text << page.rdbuf();
  for (std::string_view tag :
       {table::format, table::run_start, table::run_state, table::run_epoch, table::run_counters,
        table::run_awake, table::run_journal, table::run_history, table::inbox, table::inbox_tail,
        table::outbox, table::wake, table::definition, table::value, table::call, table::call_open,
        table::call_event, table::ledger_row})
    EXPECT_NE(text.str().find("| `" + std::string(tag) + "` |"), std::string::npos) << tag;
}

} // namespace
} // namespace pawl::storage
