// The command as people and scripts use it: what goes to stdout, what to stderr, and the exit code.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/cli_rig.hpp"

namespace pawl::testing {
namespace {

using json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

struct wrong_use {
  const char* name;
  std::vector<std::string> words;
  int code;
  std::vector<std::string> told; // on stderr
};

void PrintTo(const wrong_use& w, std::ostream* out) {
  *out << w.name;
}

class wrong : public ::testing::TestWithParam<wrong_use> {};

TEST_P(wrong, is_told_on_stderr_with_its_code_and_touches_nothing) {
  const desk d;
  d.write("bad.json", "{ \"a\": 1,\n  \"b\": }");
  d.write("mistakes.json",
          R"({"document": {"dsl": "1.0.3", "namespace": "t", "name": "m", "version": "one"},
  "do": [
    {"a": {"call": "inference", "with": {"modle": "x"}}},
    {"b": {"set": {"n": 1}, "then": "nowhere"}},
    {"c": {"emit": {"event": {}}}}]})");
  d.write("keys.json", R"({"provider": {}})");
  d.write("price.json",
          R"({"providers": {"p": {"protocol": "openai-chat", "baseUrl": "http://127.0.0.1:1/v1"}},
    "models": {"p/m": {"deployments": [{"provider": "p", "model": "m",
      "prices": {"inputPerMillion": 0.1, "outputPerMillion": "1"}}]}}})");
  d.write("cycle.json", R"({"aliases": {"a": "b", "b": "a"}})");
  d.write(
      "secret.json",
      R"({"providers": {"p": {"protocol": "openai-chat", "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "sk-canary"}}})");
  d.write(
      "tls.json",
      R"({"providers": {"p": {"protocol": "openai-chat", "baseUrl": "https://example.org/v1"}}})");
  const auto done = d.pawl(GetParam().words);
  EXPECT_EQ(done.status, GetParam().code) << done.err;
  EXPECT_EQ(done.out, "");
  for (const auto& text : GetParam().told)
    EXPECT_THAT(done.err, HasSubstr(text));
  EXPECT_THAT(done.err, Not(HasSubstr("sk-canary")));
  EXPECT_FALSE(std::filesystem::exists(d.file("data")));
}

INSTANTIATE_TEST_SUITE_P(
    cli, wrong,
    ::testing::Values(
        wrong_use{"no_command", {}, 2, {"Usage: pawl"}},
        wrong_use{"unknown_command", {"rum"}, 2, {"there is no command 'rum'", "pawl --help"}},
        wrong_use{"no_file", {"run"}, 2, {"FILE is required"}},
        wrong_use{"unknown_option", {"run", "%ask.json", "--inptu", "1"}, 2, {"--inptu"}},
        wrong_use{"missing_file", {"run", "%none.json"}, 2, {"none.json: cannot be read"}},
        wrong_use{"folder", {"run", "%."}, 2, {"is a directory, expected a file"}},
        wrong_use{"bad_json", {"run", "%bad.json"}, 3, {"bad.json:2:8"}},
        wrong_use{"several_mistakes",
                  {"run", "%mistakes.json"},
                  3,
                  {"mistakes.json:1:", "/document/version",
                   "mistakes.json:3:", "unknown key 'modle'", "mistakes.json:4:", "nowhere",
                   "mistakes.json:5:", "'emit' is not supported"}},
        wrong_use{"empty_id", {"run", "%ask.json", "--id", ""}, 2, {"run id is empty"}},
        wrong_use{
            "bad_id", {"run", "%ask.json", "--id", "a/b"}, 2, {"character that is not allowed"}},
        wrong_use{
            "bad_metadata", {"run", "%ask.json", "--metadata", "team"}, 2, {"is not KEY=VALUE"}},
        wrong_use{"bad_input",
                  {"run", "%ask.json", "--input", "{\"q\": nope}"},
                  2,
                  {"--input:1:", "no valid JSON"}},
        wrong_use{"short_input", {"run", "%ask.json", "--input", "{\"q\":"}, 2, {"ends too early"}},
        wrong_use{"missing_input",
                  {"run", "%ask.json", "--input", "@%none.json"},
                  2,
                  {"none.json: cannot be read"}},
        wrong_use{
            "bad_input_file", {"run", "%ask.json", "--input", "@%bad.json"}, 2, {"bad.json:2:8"}},
        wrong_use{"missing_config",
                  {"run", "%ask.json", "--config", "%none.json"},
                  3,
                  {"none.json: cannot be read"}},
        wrong_use{"bad_config", {"run", "%ask.json", "--config", "%bad.json"}, 3, {"bad.json:2:8"}},
        wrong_use{"unknown_key",
                  {"run", "%ask.json", "--config", "%keys.json"},
                  3,
                  {"keys.json /provider", "did you mean \"providers\"?"}},
        wrong_use{
            "price_as_number",
            {"run", "%ask.json", "--config", "%price.json"},
            3,
            {"price.json /models/p~1m/deployments/0/prices/inputPerMillion", "decimal string"}},
        wrong_use{"alias_cycle",
                  {"run", "%ask.json", "--config", "%cycle.json"},
                  3,
                  {"/aliases/a", "never to a model"}},
        wrong_use{"literal_secret",
                  {"run", "%ask.json", "--config", "%secret.json"},
                  3,
                  {"/providers/p/apiKey", "{\"env\": \"NAME\"}"}},
        wrong_use{"https",
                  {"run", "%ask.json", "--config", "%tls.json"},
                  3,
                  {"tls.json /providers/p/baseUrl", "https is not supported"}},
        wrong_use{"resume_what", {"resume"}, 2, {"takes the ID of a run, or --all"}},
        wrong_use{"resume_both", {"resume", "r", "--all"}, 2, {"takes the ID of a run, or --all"}},
        wrong_use{"resume_nowhere", {"resume", "r"}, 2, {"there is no data directory"}},
        wrong_use{"runs_nowhere", {"runs"}, 2, {"there is no data directory"}},
        wrong_use{"spend_nowhere", {"spend"}, 2, {"there is no data directory"}},
        wrong_use{"spend_by_nothing", {"spend", "--by", ""}, 2, {"--by names nothing"}},
        wrong_use{"ledger_alone", {"ledger"}, 2, {"subcommand"}},
        wrong_use{"bad_fault", {"sim", "--fault", "nonsense"}, 2, {"nonsense"}},
        wrong_use{"data_is_a_file",
                  {"runs", "--data", "%q.json"},
                  6,
                  {"is a file, expected a directory"}},
        wrong_use{"data_without_rights",
                  {"run", "%ask.json", "--data", "/proc/pawl"},
                  6,
                  {"/proc/pawl", "cannot be created", "--data DIR"}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(cli, help_of_every_command_teaches_with_an_example) {
  const desk d;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"run"},
                                             {"resume"},
                                             {"runs"},
                                             {"cancel"},
                                             {"validate"},
                                             {"spend"},
                                             {"ledger", "export"},
                                             {"sim"}}) {
    auto asked = words;
    asked.push_back("--help");
    const auto done = d.pawl(asked);
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(done.err, "");
    EXPECT_THAT(done.out, HasSubstr("\n  pawl ")) << (words.empty() ? "pawl" : words[0]);
  }
}

TEST(cli, a_completed_run_is_told_again_and_not_bought_again) {
  const desk d;
  const auto first = d.pawl({"run", "%ask.json", "--id", "r", "--input", "@%q.json", "--json"});
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(json::parse(first.out)["text"].is_string());
  EXPECT_EQ(std::count(first.out.begin(), first.out.end(), '\n'), 1);
  EXPECT_THAT(first.err, ::testing::StartsWith("  ask | "));
  EXPECT_THAT(first.err,
              ::testing::ContainsRegex("done    ask +[0-9.]+s  [0-9]+ in, [0-9]+ out, \\$0\\.0"));
  EXPECT_THAT(first.err, HasSubstr("run r: completed"));
  const auto again =
      d.pawl({"run", "%ask.json", "--id", "r", "--input", R"({ "q" : "why?" })", "--json"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  const auto resumed = d.pawl({"resume", "r", "--json", "--quiet"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(resumed.out, first.out);
  EXPECT_EQ(resumed.err, "");
  EXPECT_EQ(d.ledger().size(), 1u);
}

TEST(cli, the_same_id_with_something_else_is_refused_and_says_what_differs) {
  const desk d;
  ASSERT_EQ(d.pawl({"run", "%ask.json", "--id", "r", "--input", "@%q.json"}).status, 0);
  const auto input = d.pawl({"run", "%ask.json", "--id", "r", "--input", R"({"q": "how?"})"});
  EXPECT_EQ(input.status, 2);
  EXPECT_EQ(input.out, "");
  EXPECT_THAT(input.err, HasSubstr(R"(the input differs at /q: "why?" there, "how?" here)"));
  const auto definition = d.pawl({"run", "%twice.json", "--id", "r", "--input", "@%q.json"});
  EXPECT_EQ(definition.status, 2);
  EXPECT_THAT(definition.err, HasSubstr("another definition"));
  EXPECT_THAT(definition.err, HasSubstr("the definition differs at /do/1: nothing there"));
  EXPECT_EQ(d.ledger().size(), 1u);
}

TEST(cli, input_comes_from_a_file_a_pipe_or_the_line) {
  const desk d;
  const auto line = d.pawl({"run", "%ask.json", "--input", R"({"q": "why?"})", "--json"});
  const auto file = d.pawl({"run", "%ask.json", "--input", "@%q.json", "--json"});
  const auto pipe = d.shell("cat q.json | $PAWL run ask.json --input - --json --data data");
  const auto whole = d.shell("cat ask.json | $PAWL run - --input @q.json --json --data data");
  EXPECT_EQ(line.status, 0) << line.err;
  EXPECT_NE(line.out, "");
  EXPECT_EQ(file.out, line.out);
  EXPECT_EQ(pipe.out, line.out) << pipe.err;
  EXPECT_EQ(whole.out, line.out) << whole.err;
}

TEST(cli, a_faulted_run_prints_its_error_as_json_and_as_text) {
  const desk d;
  const auto done = d.pawl({"run", "%no.json", "--id", "r", "--json"});
  EXPECT_EQ(done.status, 1);
  const auto error = json::parse(done.out);
  EXPECT_EQ(error, json({{"type", "https://example.org/no"},
                         {"status", 422},
                         {"title", "No"},
                         {"instance", "/do/0/no"}}));
  EXPECT_THAT(done.err, HasSubstr("pawl: faulted at /do/0/no: No (status 422)"));
  EXPECT_THAT(done.err, HasSubstr("pawl resume r --data "));
  const auto text = d.pawl({"run", "%no.json", "--id", "s"});
  EXPECT_EQ(text.status, 1);
  EXPECT_EQ(text.out, "");
}

TEST(cli, validate_names_every_mistake_as_json) {
  const desk d;
  d.write(
      "bad.json",
      R"({"document": {"dsl": "1.0.3", "namespace": "t", "name": "m", "version": "x"}, "do": []})");
  const auto done = d.pawl({"validate", "%bad.json", "%ask.json", "--json"});
  EXPECT_EQ(done.status, 3);
  const auto all = json::parse(done.out);
  ASSERT_GE(all.size(), 1u);
  for (const auto& one : all) {
    EXPECT_EQ(one["file"], d.file("bad.json"));
    EXPECT_THAT(one["where"].get<std::string>(), HasSubstr("bad.json:1:"));
  }
  const auto good = d.pawl({"validate", "%ask.json", "%twice.json"});
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(good.out, "");
  EXPECT_THAT(good.err, HasSubstr("ask.json: valid"));
}

TEST(cli, spend_sums_the_ledger_by_any_key) {
  const desk d;
  ASSERT_EQ(d.pawl({"run", "%ask.json", "--id", "a", "--input", "@%q.json", "--metadata", "team=x",
                    "--metadata", "n=1"})
                .status,
            0);
  ASSERT_EQ(
      d.pawl({"run", "%twice.json", "--id", "b", "--input", "@%q.json", "--metadata", "team=y"})
          .status,
      0);
  std::int64_t sum = 0;
  const auto rows = d.ledger();
  for (const auto& row : rows) {
    EXPECT_EQ(row["state"], "settled") << row;
    sum += row["nanoUsd"].get<std::int64_t>();
  }
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_GT(sum, 0);
  const std::vector<std::pair<std::string, std::vector<std::string>>> expected = {
      {"model", {"sim/small"}},
      {"provider", {"sim"}},
      {"run", {"a", "b"}},
      {"team", {"x", "y"}},
      {"n", {"(none)", "1"}}};
  for (const auto& [by, keys] : expected) {
    const auto done = d.pawl({"spend", "--by", by, "--json"});
    ASSERT_EQ(done.status, 0) << done.err;
    const auto spent = json::parse(done.out);
    EXPECT_EQ(spent["total"]["nanoUsd"], sum);
    EXPECT_EQ(spent["total"]["calls"], 3);
    std::vector<std::string> found;
    for (const auto& group : spent["groups"])
      found.push_back(group["key"]);
    EXPECT_EQ(found, keys) << by;
  }
  const auto one = d.pawl({"ledger", "export", "--run", "a"});
  EXPECT_EQ(json::parse(one.out)["runId"], "a");
}

TEST(cli, runs_lists_and_shows) {
  const desk d;
  ASSERT_EQ(d.pawl({"run", "%ask.json", "--id", "a", "--input", "@%q.json", "--metadata", "team=x"})
                .status,
            0);
  ASSERT_EQ(d.pawl({"run", "%no.json", "--id", "b"}).status, 1);
  const auto all = json::parse(d.pawl({"runs", "--json"}).out);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["id"], "a");
  EXPECT_EQ(all[0]["status"], "completed");
  EXPECT_EQ(all[0]["metadata"], json({{"team", "x"}}));
  EXPECT_EQ(all[1]["error"]["status"], 422);
  const auto one = json::parse(d.pawl({"runs", "a", "--json"}).out);
  EXPECT_EQ(one["input"], json({{"q", "why?"}}));
  EXPECT_GE(one["history"].size(), 3u);
  EXPECT_THAT(d.pawl({"runs"}).out, HasSubstr("t/ask/1.0.0"));
  EXPECT_THAT(d.pawl({"runs", "a"}).out, HasSubstr("completed  ask"));
  const auto none = d.pawl({"runs", "c"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no such run"));
}

TEST(cli, looking_into_an_empty_folder_leaves_it_empty) {
  const desk d;
  const auto folder = d.file("empty");
  std::filesystem::create_directory(folder);
  EXPECT_EQ(json::parse(d.pawl({"runs", "--data", folder, "--json"}).out), json::array());
  EXPECT_EQ(json::parse(d.pawl({"spend", "--data", folder, "--json"}).out)["total"]["nanoUsd"], 0);
  const auto rows = d.pawl({"ledger", "export", "--data", folder});
  EXPECT_EQ(rows.status, 0);
  EXPECT_EQ(rows.out, "");
  EXPECT_EQ(d.pawl({"cancel", "r", "--data", folder}).status, 2);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(cli, a_reader_that_leaves_early_is_no_error_and_a_full_disk_is) {
  const desk d;
  ASSERT_EQ(d.pawl({"run", "%twice.json", "--id", "r", "--input", "@%q.json"}).status, 0);
  const auto closed = d.shell("$PAWL ledger export --data data | head -n 0; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(closed.out, "0\n") << closed.err;
  EXPECT_EQ(closed.err, "");
  const auto full = d.shell("$PAWL resume r --data data >/dev/full");
  EXPECT_EQ(full.status, 2);
  EXPECT_THAT(full.err, HasSubstr("standard output: cannot be written: No space left"));
}

} // namespace
} // namespace pawl::testing
