#include "workflows/load.hpp"

#include <pawl/limits.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "workflows/positions.hpp"
#include "workflows/reader.hpp"

namespace pawl::workflows {

namespace {

/// More than this nobody reads; a hostile document could have millions.
constexpr std::size_t problems_max = 200;

error problem_at(std::string where, std::string message, std::string hint = {}) {
  return error(errc::invalid_definition, std::move(message), std::move(where), std::move(hint));
}

std::string place_of(std::string_view source, std::optional<text_position> at,
                     std::string_view pointer) {
  std::string where(source);
  if (at)
    where +=
        (where.empty() ? "" : ":") + std::to_string(at->line) + ":" + std::to_string(at->column);
  if (!pointer.empty())
    where += (where.empty() ? "" : " ") + std::string(pointer);
  return where;
}

loaded refused(error why) {
  loaded answer;
  answer.problems.push_back(std::move(why));
  return answer;
}

struct read_answer {
  std::shared_ptr<definition> what;
  std::vector<problem> problems;
  std::size_t dropped = 0; // problems
};

read_answer read_document(json document, const load_options& options) {
  read_answer answer;
  answer.what = std::make_shared<definition>();
  answer.what->raw = std::move(document);
  std::optional<expressions> temporary;
  if (!options.compiler)
    temporary.emplace();
  reader walk(options.compiler ? *options.compiler : *temporary, options);
  walk.read(*answer.what);
  answer.problems = walk.problems();
  answer.dropped = walk.problems_dropped();
  return answer;
}

loaded finish(std::shared_ptr<definition> what, std::vector<error> problems, std::size_t left_out) {
  loaded answer;
  if (left_out > 0)
    problems.push_back(problem_at("", std::to_string(left_out) + " more mistakes are not shown"));
  if (problems.empty())
    answer.what = std::move(what);
  answer.problems = std::move(problems);
  return answer;
}

/// The depth of a parsed document, without recursion: a deep one would overflow the stack of a
/// reader.
bool is_deeper_than(const json& document, int depth_max) {
  std::vector<std::pair<const json*, int>> open{{&document, 1}};
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    if (!value->is_structured())
      continue;
    if (depth > depth_max)
      return true;
    for (const json& inner : *value)
      open.emplace_back(&inner, depth + 1);
  }
  return false;
}

std::string too_deep_message() {
  return "the document nests deeper than " + std::to_string(limits::json_depth_max) + " levels";
}

} // namespace

loaded load_definition(std::string_view text, std::string_view source,
                       const load_options& options) {
  if (text.size() > limits::definition_bytes_max)
    return refused(
        problem_at(std::string(source), "the document has " + std::to_string(text.size()) +
                                            " bytes, the limit is " +
                                            std::to_string(limits::definition_bytes_max)));
  if (const auto deep = too_deep_at(text, limits::json_depth_max))
    return refused(problem_at(place_of(source, position_of(text, *deep), ""), too_deep_message()));
  json document;
  try {
    document = json::parse(text);
  } catch (const json::parse_error& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...": the
    // tail is for people.
    std::string why = e.what();
    if (const auto colon = why.find(": "); colon != std::string::npos)
      why.erase(0, colon + 2);
    return refused(problem_at(place_of(source, position_of(text, e.byte > 0 ? e.byte - 1 : 0), ""),
                              "the document is no valid JSON: " + why));
  }
  auto answer = read_document(std::move(document), options);

  std::vector<std::string> wanted;
  for (const auto& p : answer.problems)
    wanted.push_back(p.pointer);
  const auto map = map_text(text, wanted);
  std::vector<std::pair<text_position, error>> placed;
  for (auto& p : answer.problems) {
    const auto at = map.find(p.pointer);
    placed.emplace_back(
        at, problem_at(place_of(source, at, p.pointer), std::move(p.message), std::move(p.hint)));
  }
  const std::size_t twice = std::min(map.duplicates.size(), problems_max);
  for (const auto& d :
       std::vector(map.duplicates.begin(), map.duplicates.begin() + std::ptrdiff_t(twice)))
    placed.emplace_back(d.second, problem_at(place_of(source, d.second, d.pointer),
                                             "the key is there twice, first at " +
                                                 std::to_string(d.first.line) + ":" +
                                                 std::to_string(d.first.column)));
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t left_out = map.duplicates.size() - twice + answer.dropped;
  std::vector<error> problems;
  for (auto& [at, what] : placed) {
    if (problems.size() < problems_max)
      problems.push_back(std::move(what));
    else
      ++left_out;
  }
  return finish(std::move(answer.what), std::move(problems), left_out);
}

loaded load_parsed_definition(json document, std::string_view source, const load_options& options) {
  if (is_deeper_than(document, limits::json_depth_max))
    return refused(problem_at(std::string(source), too_deep_message()));
  auto answer = read_document(std::move(document), options);
  std::vector<error> problems;
  for (auto& p : answer.problems)
    if (problems.size() < problems_max)
      problems.push_back(problem_at(place_of(source, std::nullopt, p.pointer), std::move(p.message),
                                    std::move(p.hint)));
  const std::size_t left_out = answer.problems.size() - problems.size() + answer.dropped;
  return finish(std::move(answer.what), std::move(problems), left_out);
}

} // namespace pawl::workflows
