// Checks of a request's parts that have a shape of their own: messages, tools, options.
#pragma once

#include <pawl/outcome.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pawl::inference {

/// What is wrong with a request, each entry "key: what is wrong".
class mistakes {
public:
  void add(std::string_view key, std::string_view what);
  /// "expected WHAT, found KIND".
  void expected(std::string_view key, std::string_view what, const json& found);
  /// An unknown key below `parent` (empty: at the top), with the nearest of `allowed`.
  void unknown(std::string_view parent, std::string_view key,
               const std::vector<std::string>& allowed);

  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  /// One validation fault that names them all. Precondition: not empty.
  [[nodiscard]] fault to_fault() const;

private:
  std::vector<std::string> list_;
};

/// `messages` in the shape of OpenAI Chat Completions: a list of objects with a role, and a content
/// that fits it.
void check_messages(const json& messages, mistakes& out);
/// `tools` in the same shape.
void check_tools(const json& tools, mistakes& out);
/// "none", "auto", "required" or an object that names a tool.
void check_tool_choice(const json& choice, mistakes& out);
/// `options`: nothing the engine sets itself. `with` is the whole request.
void check_options(const json& options, const json& with, mistakes& out);

} // namespace pawl::inference
