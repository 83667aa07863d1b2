#include "workflows/jq_program.hpp"

#include "workflows/expression_scan.hpp"
#include "workflows/expression_scope.hpp"
#include "workflows/jq_library.hpp"
#include "workflows/jq_prelude.hpp"
#include "workflows/jq_value.hpp"
#include "workflows/jq_watchdog.hpp"

namespace pawl::workflows {

namespace {

constexpr std::size_t expression_bytes_max = std::size_t(64) << 10;

constexpr std::size_t shown_bytes_max = 200;
constexpr std::size_t words_bytes_max = 1000;

std::string text_of(jv value) {
  if (jv_get_kind(value) != JV_KIND_STRING)
    value = jv_dump_string(value, 0);
  std::string text(jv_string_value(value),
                   static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value))));
  jv_free(value);
  return text;
}

void remove_all(std::string& text, std::string_view part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
}

/// Keeps jq's words and drops what speaks of a file: the program name, the line and the text of the
/// wrapped program.
void collect_message(void* messages, jv message) {
  constexpr std::string_view head = "jq: error: ";
  std::string text = text_of(message);
  if (!text.starts_with(head))
    return; // "jq: 1 compile error"
  text.erase(0, head.size());
  if (const auto place = text.find(" at <top-level>, line"); place != std::string::npos)
    text.erase(place);
  remove_all(text, " (Unix shell quoting issues?)");
  auto& all = *static_cast<std::string*>(messages);
  all += (all.empty() ? "" : "; ") + text;
}

struct teardown {
  void operator()(jq_state* state) const { jq_teardown(&state); }
};
using state_ptr = std::unique_ptr<jq_state, teardown>;

state_ptr make_state(std::string& messages) {
  state_ptr state(jq_init());
  if (!state)
    return state;
  jq_set_error_cb(state.get(), collect_message, &messages);
  // Without a search path libjq aborts on `include`; with an empty one it just finds nothing.
  jq_set_attr(state.get(), jv_string("JQ_LIBRARY_PATH"), jv_array());
  return state;
}

error refusal(std::string_view expression, const std::string& words) {
  return error(errc::invalid_definition,
               "expression does not compile: " + shorten(words, words_bytes_max),
               "${ " + shorten(expression, shown_bytes_max) + " }");
}

/// The expression by itself: what is right only inside the wrapper, like "1) | (2", fails here.
/// Returns jq's words, empty when it compiles.
std::string compile_bare(const std::string& expression, const std::vector<std::string>& names) {
  std::string messages;
  const auto state = make_state(messages);
  jv globals = jv_object();
  for (const auto& name : names)
    globals = jv_object_set(globals, jv_string(name.c_str()), jv_null());
  if (!state) {
    jv_free(globals);
    return "out of memory";
  }
  if (jq_compile_args(state.get(), expression.c_str(), globals))
    return {};
  return messages.empty() ? "unknown reason" : messages;
}

/// Compiling the bare text of such an expression would look for files.
bool speaks_of_modules(std::string_view text) {
  return text.find("include") != std::string_view::npos ||
         text.find("import") != std::string_view::npos;
}

double seconds_since_epoch(time_point t) {
  // Whole seconds apart: nanoseconds since 1970 have more digits than a double.
  const auto whole = std::chrono::floor<std::chrono::seconds>(t.time_since_epoch());
  const std::chrono::duration<double> fraction = t.time_since_epoch() - whole;
  return static_cast<double>(whole.count()) + fraction.count();
}

std::string wrap(const std::string& expression, const std::vector<std::string>& names) {
  std::string program = ". as [";
  for (const auto& name : names)
    program += "$" + name + ",";
  // The line break ends a comment in which the expression ends.
  return program + "$__now,$__dot] | {} as $ENV | $__dot | (" + jq_prelude(expression) + "(" +
         expression + "\n))";
}

} // namespace

result<std::unique_ptr<jq_program>> jq_program::compile(std::string_view expression,
                                                        std::vector<std::string> names) {
  if (trim_blanks(expression).empty())
    return refusal(expression, "it is empty");
  if (expression.size() > expression_bytes_max)
    return refusal(expression,
                   "it is longer than " + std::to_string(expression_bytes_max) + " bytes");
  if (expression.find('\0') != std::string_view::npos)
    return refusal(expression, "it contains a zero byte");
  const std::string text(expression);
  std::string messages;
  auto state = make_state(messages);
  if (!state)
    return refusal(expression, "out of memory");
  const bool compiled = jq_compile(state.get(), wrap(text, names).c_str()) != 0;
  const bool balanced = scan_brackets(text).what == bracket_scan::verdict::balanced;
  if (!compiled || !balanced) {
    const bool syntax = messages.find("syntax error") != std::string::npos;
    std::string words;
    if (speaks_of_modules(text))
      words = messages.empty() ? "its brackets do not match" : messages;
    else if (compiled || syntax) // the author's own text gives better words than the wrapped one
      words = compile_bare(text, names);
    if (words.empty() && !compiled)
      words = messages.empty() ? "unknown reason" : messages;
    if (!words.empty())
      return refusal(expression, words);
  }
  // What is reported from here on comes back from jq_next; the text above dies with this function.
  jq_set_error_cb(
      state.get(), [](void*, jv message) { jv_free(message); }, nullptr);
  return std::unique_ptr<jq_program>(new jq_program(state.release(), std::move(names)));
}

jq_program::~jq_program() {
  jq_teardown(&state_);
}

result<json> jq_program::run(const json& dot, const arguments& args, time_point now,
                             const expression_limits& limits, jq_watchdog& watchdog) {
  const auto too_deep = [](std::string what) {
    return error(errc::refused, std::move(what) + " is nested deeper than " +
                                    std::to_string(jq_depth_max) + " levels or has a huge text");
  };
  jv input = jv_array_sized(static_cast<int>(names_.size()) + 2);
  for (const auto& name : names_) {
    const json* const value = find_value(args, name);
    const auto converted = value ? to_jv(*value) : jv_null();
    if (!converted) {
      jv_free(input);
      return too_deep("$" + name);
    }
    input = jv_array_append(input, *converted);
  }
  input = jv_array_append(input, jv_number(seconds_since_epoch(now)));
  const auto converted = to_jv(dot);
  if (!converted) {
    jv_free(input);
    return too_deep("the value");
  }
  input = jv_array_append(input, *converted);

  jq_start(state_, input, 0);
  jq_watchdog::watch watch(watchdog, state_);
  auto collected = collect(limits);
  if (watch.end() == jq_watchdog::watch::verdict::halted) {
    usable_ = false;
    return error(errc::refused,
                 "took longer than " + std::to_string(limits.evaluation_time_max.count()) + " ms");
  }
  jq_start(state_, jv_null(), 0); // lets go of the input and of what was not read
  return collected;
}

result<json> jq_program::collect(const expression_limits& limits) {
  jv_reader reader(limits.result_bytes_max);
  std::vector<json> values;
  for (;;) {
    jv next = jq_next(state_);
    if (!jv_is_valid(next)) {
      if (jv_invalid_has_msg(jv_copy(next)))
        return error(errc::invalid_argument, text_of(jv_invalid_get_msg(next)));
      jv_free(next);
      break;
    }
    auto value = reader.read(next);
    if (!value)
      return error(
          errc::refused,
          reader.refusal() == jv_refusal::too_big
              ? "result is bigger than " + std::to_string(limits.result_bytes_max) + " bytes"
              : "result is nested deeper than " + std::to_string(jq_depth_max) + " levels");
    values.push_back(std::move(*value));
  }
  if (values.empty())
    return json();
  if (values.size() == 1)
    return std::move(values.front());
  return json(std::move(values));
}

} // namespace pawl::workflows
