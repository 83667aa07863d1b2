#include <pawl/limits.hpp>
#include <pawl/names.hpp>

#include <algorithm>

#include "workflows/positions.hpp"
#include "workflows/reader.hpp"

namespace pawl::workflows {

namespace {

/// The DSL's twelve. A `for` has `do` beside it and a `try` has `catch`, so the order decides what
/// a task is.
const std::vector<std::string> task_keywords = {"for",   "try", "call", "fork",   "emit", "listen",
                                                "raise", "run", "set",  "switch", "wait", "do"};
const std::vector<std::string> unsupported_keywords = {"emit", "listen", "run"};
const std::vector<std::string> base_keys = {"if",      "input", "output",  "export",
                                            "timeout", "then",  "metadata"};
const std::vector<std::string> reserved_flows = {"continue", "exit", "end"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The members that a task of this kind may have, besides base_keys.
std::vector<std::string> keys_of(const std::string& keyword) {
  if (keyword == "call")
    return {"call", "with"};
  if (keyword == "for")
    return {"for", "while", "do"};
  if (keyword == "try")
    return {"try", "catch"};
  if (keyword == "listen")
    return {"listen", "foreach"};
  return {keyword};
}

bool effects_of(const task_kind& kind) {
  struct visitor {
    bool operator()(const call_task&) const { return true; }
    bool operator()(const wait_task&) const { return true; }
    bool operator()(const do_task& t) const { return t.body.has_effects; }
    bool operator()(const for_task& t) const { return t.body.has_effects; }
    bool operator()(const fork_task& t) const { return t.branches.has_effects; }
    bool operator()(const try_task& t) const {
      const auto& handler = t.handler;
      return t.body.has_effects || (handler.body && handler.body->has_effects) ||
             (handler.retry && handler.retry->waits());
    }
    bool operator()(const raise_task&) const { return false; }
    bool operator()(const set_task&) const { return false; }
    bool operator()(const switch_task&) const { return false; }
  };
  return std::visit(visitor{}, kind);
}

} // namespace

task_list reader::read_list(const node& at, list_names::jumps jumps) {
  task_list read;
  if (!at.value->is_array()) {
    add(at.pointer, "expected an array of tasks, found " + std::string(type_phrase(*at.value)),
        "each element is an object with one key, the task's name: [{\"first\": {...}}, ...]");
    return read;
  }
  if (task_depth_ >= limits::task_depth_max) {
    add(at.pointer,
        "tasks are nested deeper than " + std::to_string(limits::task_depth_max) + " levels");
    return read;
  }
  list_names siblings;
  siblings.may_jump = jumps;
  for (const json& item : *at.value)
    siblings.names.push_back(item.is_object() && item.size() == 1 ? item.begin().key()
                                                                  : std::string());
  for (std::size_t i = 0; i < siblings.names.size(); ++i)
    siblings.positions.emplace(siblings.names[i], i);

  ++task_depth_;
  read.tasks.resize(at.value->size());
  for (std::size_t i = 0; i < at.value->size(); ++i) {
    const node item = at.at(i);
    if (!expect_object(item))
      continue;
    if (item.value->size() != 1) {
      std::vector<std::string> names;
      for (const auto& [key, unused] : item.value->items()) {
        (void)unused;
        names.push_back(key);
      }
      add(item.pointer, "expected one task per item, {\"name\": {...}}, found " +
                            std::to_string(names.size()) +
                            (names.empty() ? std::string() : ": " + join_names(names)));
      continue;
    }
    const std::string& name = siblings.names[i];
    if (const auto first = siblings.positions.at(name); first < i)
      add(item.pointer,
          "task name '" + name + "' is used twice in this list, first at position " +
              std::to_string(first),
          "`then` could not tell the two apart");
    read_task(item.at(std::string_view(name)), name, siblings, read.tasks[i]);
    read.has_effects = read.has_effects || read.tasks[i].has_effects;
  }
  --task_depth_;
  return read;
}

void reader::read_task(const node& at, const std::string& name, const list_names& siblings,
                       task& into) {
  into.name = name;
  into.pointer = at.pointer;
  into.raw = at.value;
  if (name.empty() || name.size() > limits::task_name_bytes_max ||
      name.find_first_of("/~") != std::string::npos)
    add(at.pointer, "'" + name.substr(0, limits::task_name_bytes_max) + "' cannot name a task",
        "1 to " + std::to_string(limits::task_name_bytes_max) + " bytes, without '/' and '~'");
  if (contains(reserved_flows, name))
    add(at.pointer,
        "'" + name + "' cannot name a task: as a target of `then` it means something else");
  if (!expect_object(at))
    return;
  read_base(at, siblings, into);
  if (auto kind = read_kind(at, siblings)) {
    into.kind = *std::move(kind);
    into.has_effects = effects_of(into.kind);
  }
}

void reader::read_base(const node& at, const list_names& siblings, task& into) {
  into.condition = read_optional_expression(at, "if");
  into.input_from = read_data_flow(at, "input", "from");
  into.output_as = read_data_flow(at, "output", "as");
  into.export_as = read_data_flow(at, "export", "as");
  if (at.has("timeout"))
    into.timeout = read_timeout(at.at("timeout"));
  if (at.has("then"))
    into.then = read_flow(at.at("then"), siblings);
  if (at.has("metadata"))
    (void)expect_object(at.at("metadata"));
}

std::optional<task_kind> reader::read_kind(const node& at, const list_names& siblings) {
  std::vector<std::string> found;
  for (const auto& keyword : task_keywords)
    if (at.has(keyword.c_str()) && !(keyword == "do" && contains(found, "for")))
      found.push_back(keyword);
  if (found.size() != 1) {
    std::vector<std::string> keys;
    for (const auto& [key, unused] : at.value->items()) {
      (void)unused;
      if (!contains(base_keys, key) && keys.size() < task_keywords.size())
        keys.push_back(key);
    }
    std::string hint;
    for (const auto& key : keys)
      if (hint.empty() && found.empty())
        hint = guess(key, task_keywords);
    add(at.pointer,
        found.empty()
            ? "the task has no type, expected one of the keys: " + join_names(task_keywords)
            : "the task has several types (" + join_names(found) + "), expected one",
        std::move(hint));
    return std::nullopt;
  }
  const std::string& keyword = found.front();
  std::vector<std::string> allowed = keys_of(keyword);
  allowed.insert(allowed.end(), base_keys.begin(), base_keys.end());
  check_keys(at, allowed);
  if (contains(unsupported_keywords, keyword)) {
    add_unsupported(at.pointer + "/" + keyword, "task type '" + keyword + "'");
    return std::nullopt;
  }
  if (keyword == "call")
    return read_call(at);
  if (keyword == "for")
    return read_for(at);
  if (keyword == "fork")
    return read_fork(at);
  if (keyword == "switch")
    return read_switch(at, siblings);
  if (keyword == "try")
    return read_try(at);
  if (keyword == "raise")
    return read_raise(at);
  if (keyword == "do")
    return do_task{read_list(at.at("do"))};
  if (keyword == "set") {
    auto value = read_transform(at.at("set"));
    return value ? std::optional<task_kind>(set_task{*std::move(value)}) : std::nullopt;
  }
  auto time = read_duration(at.at("wait"));
  return time ? std::optional<task_kind>(wait_task{*std::move(time)}) : std::nullopt;
}

std::optional<task_kind> reader::read_call(const node& at) {
  static const std::vector<std::string> standard = {"asyncapi", "grpc", "http",
                                                    "openapi",  "a2a",  "mcp"};
  const node call = at.at("call");
  if (!expect_string(call))
    return std::nullopt;
  const auto& name = call.value->get_ref<const std::string&>();
  if (name != "inference" && name != "inference:1.0.0@default") {
    add_unsupported(call.pointer,
                    (contains(standard, name) ? "call type '" : "the function '") + name + "'",
                    "what can be called is 'inference' (or 'inference:1.0.0@default')");
    return std::nullopt;
  }
  if (!require(at, "with", "an object with the request"))
    return std::nullopt;
  const node with = at.at("with");
  if (!expect_object(with))
    return std::nullopt;
  if (!options_.inference_keys.empty())
    check_keys(with, options_.inference_keys);
  return call_task{read_template(with)};
}

std::optional<task_kind> reader::read_for(const node& at) {
  for_task read;
  const node head = at.at("for");
  if (expect_object(head)) {
    check_keys(head, {"each", "in", "at"});
    read.each = read_variable_name(head, "each").value_or(read.each);
    read.at = read_variable_name(head, "at").value_or(read.at);
    if (read.each == read.at)
      add(head.pointer, "'each' and 'at' name the same variable, '" + read.each + "'");
    if (require(head, "in", "an expression that yields an array"))
      if (auto in = read_expression(head.at("in")))
        read.in = *std::move(in);
  }
  const in_scope names(*this, {read.each, read.at});
  read.while_condition = read_optional_expression(at, "while");
  if (require(at, "do", "the list of tasks to repeat"))
    read.body = read_list(at.at("do"));
  return read;
}

std::optional<task_kind> reader::read_fork(const node& at) {
  fork_task read;
  const node head = at.at("fork");
  if (!expect_object(head))
    return std::nullopt;
  check_keys(head, {"branches", "compete"});
  if (head.has("compete")) {
    const node compete = head.at("compete");
    if (!compete.value->is_boolean())
      add(compete.pointer,
          "expected true or false, found " + std::string(type_phrase(*compete.value)));
    else if (compete.value->get<bool>())
      read.mode = fork_mode::compete;
  }
  if (require(head, "branches", "a list of tasks")) {
    read.branches = read_list(head.at("branches"), list_names::jumps::none);
    if (head.at("branches").value->is_array() && read.branches.tasks.empty())
      add(head.pointer + "/branches", "a fork needs at least one branch");
  }
  return read;
}

std::optional<task_kind> reader::read_switch(const node& at, const list_names& siblings) {
  switch_task read;
  const node cases = at.at("switch");
  if (!expect_array(cases))
    return std::nullopt;
  if (cases.value->empty())
    add(cases.pointer, "a switch needs at least one case");
  std::string default_case;
  for (std::size_t i = 0; i < cases.value->size(); ++i) {
    const node item = cases.at(i);
    if (!expect_object(item))
      continue;
    if (item.value->size() != 1) {
      add(item.pointer, "expected one case per item, {\"name\": {\"when\": ..., \"then\": ...}}");
      continue;
    }
    switch_case one;
    one.name = item.value->begin().key();
    const node body = item.at(std::string_view(one.name));
    if (!expect_object(body))
      continue;
    check_keys(body, {"when", "then"});
    one.when = read_optional_expression(body, "when");
    if (!body.has("when")) {
      if (!default_case.empty())
        add(body.pointer,
            "a switch has one default case, and '" + default_case + "' has no 'when' either");
      default_case = one.name;
    }
    if (require(body, "then", "where the flow goes: continue, exit, end or a task of this list"))
      one.then = read_flow(body.at("then"), siblings);
    read.cases.push_back(std::move(one));
  }
  return read;
}

flow reader::read_flow(const node& at, const list_names& siblings) {
  if (!expect_string(at))
    return {};
  const auto& target = at.value->get_ref<const std::string&>();
  if (target == "continue")
    return {flow_kind::next, 0};
  if (target == "exit")
    return {flow_kind::exit, 0};
  if (target == "end")
    return {flow_kind::end, 0};
  if (siblings.may_jump == list_names::jumps::none) {
    add(at.pointer,
        "'" + target + "' cannot be reached from a branch of a fork: each branch stands alone",
        "continue, exit or end");
    return {};
  }
  const auto found = siblings.positions.find(target);
  if (found != siblings.positions.end() && !target.empty())
    return {flow_kind::jump, found->second};
  auto hint = guess(target, siblings.names);
  if (hint.empty() && !has_many_problems())
    hint = "`then` reaches tasks of its own list only: continue, exit, end, " +
           join_names(siblings.names);
  add(at.pointer, "there is no task '" + target + "' in this list", std::move(hint));
  return {};
}

} // namespace pawl::workflows
