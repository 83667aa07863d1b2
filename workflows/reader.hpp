// The walk from JSON to the typed tree (load.hpp). It goes on after a mistake, so that all of them
// are named at once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "workflows/load.hpp"
#include "workflows/model.hpp"

namespace pawl::workflows {

/// A mistake, before its line is known.
struct problem {
  std::string pointer;
  std::string message;
  std::string hint;
};

/// A value of the document and where it is.
struct node {
  const json* value;
  std::string pointer;
  /// The member `key`. Precondition: an object that has it.
  [[nodiscard]] node at(std::string_view key) const;
  /// The element at `index`. Precondition: an array that has it.
  [[nodiscard]] node at(std::size_t index) const;
  [[nodiscard]] bool has(const char* key) const {
    return value->is_object() && value->contains(key);
  }
};

class reader {
public:
  /// Both must outlive the reader.
  reader(expressions& compiler, const load_options& options)
      : compiler_(compiler), options_(options) {}

  /// Fills in everything but `raw`, which must be there. What is wrong is in problems() afterwards.
  void read(definition& into);

  [[nodiscard]] const std::vector<problem>& problems() const noexcept { return problems_; }
  /// How many more there were than are kept.
  [[nodiscard]] std::size_t problems_dropped() const noexcept { return dropped_; }

private:
  /// What `then` may name.
  struct list_names {
    std::vector<std::string> names;
    std::unordered_map<std::string_view, std::size_t> positions; // of each name's first use
    enum class jumps : std::uint8_t { allowed, none } may_jump = jumps::allowed;
  };
  /// A name for the variables of expressions, for as long as this object lives.
  class in_scope;

  // reader.cpp: the document
  void read_document(const node& at, definition& into);
  void read_use(const node& at);
  std::string read_label(const node& parent, const char* key);

  // reader_tasks.cpp
  task_list read_list(const node& at, list_names::jumps jumps = list_names::jumps::allowed);
  void read_task(const node& at, const std::string& name, const list_names& siblings, task& into);
  void read_base(const node& at, const list_names& siblings, task& into);
  std::optional<task_kind> read_kind(const node& at, const list_names& siblings);
  std::optional<task_kind> read_call(const node& at);
  std::optional<task_kind> read_for(const node& at);
  std::optional<task_kind> read_fork(const node& at);
  std::optional<task_kind> read_switch(const node& at, const list_names& siblings);
  flow read_flow(const node& at, const list_names& siblings);

  // reader_errors.cpp: try, raise and what belongs to them
  std::optional<task_kind> read_try(const node& at);
  std::optional<task_kind> read_raise(const node& at);
  catch_clause read_catch(const node& at);
  error_filter read_filter(const node& at);
  error_template read_error(const node& at);
  retry_policy read_retry(const node& at);
  void read_backoff(const node& at, retry_policy& into);
  void read_retry_limit(const node& at, retry_policy& into);

  // reader_fields.cpp: what tasks of all kinds are made of
  std::optional<expression_text> read_expression(const node& at);
  /// The member `key`, where it is there.
  std::optional<expression_text> read_optional_expression(const node& parent, const char* key);
  template_value read_template(const node& at);
  void check_template(const node& at, template_value& into);
  std::optional<transform> read_transform(const node& at);
  /// `key` is "input", "output" or "export", `member` "from" or "as".
  std::optional<transform> read_data_flow(const node& parent, const char* key, const char* member);
  std::optional<duration_value> read_duration(const node& at);
  std::optional<duration_value> read_timeout(const node& at);
  std::optional<std::variant<std::string, expression_text>> read_text_or_expression(const node& at);
  std::optional<std::string> read_variable_name(const node& parent, const char* key);
  /// The entry `name` of use.`section`.
  std::optional<node> resolve(const node& reference, const char* section);

  /// Refuses keys that are neither allowed nor known; those of `later` by name, as not supported
  /// yet.
  void check_keys(const node& at, std::vector<std::string> allowed,
                  const std::vector<std::string>& later = {});
  bool expect_object(const node& at);
  bool expect_string(const node& at);
  bool expect_array(const node& at);
  bool require(const node& parent, const char* key, std::string_view expected);
  /// "did you mean 'x'?", or an empty text. Costs nothing once there are many problems.
  [[nodiscard]] std::string guess(std::string_view name,
                                  const std::vector<std::string>& candidates) const;
  [[nodiscard]] bool has_many_problems() const noexcept;
  void add(std::string pointer, std::string message, std::string hint = {});
  void add_unsupported(std::string pointer, std::string_view what, std::string hint = {});

  expressions& compiler_;
  const load_options& options_;
  const json* use_ = nullptr;
  std::vector<std::string> variables_;
  int task_depth_ = 0;
  std::set<std::string>
      referred_; // pointers of the entries of `use` that were read where they are used
  std::set<std::string> expressions_; // that were checked
  std::vector<problem> problems_;
  std::size_t dropped_ = 0;
  std::set<std::pair<std::string, std::string>>
      seen_; // pointer and message: shared parts of `use` are read more than once
};

class reader::in_scope {
public:
  in_scope(reader& of, std::vector<std::string> names) : of_(of), before_(of.variables_.size()) {
    of.variables_.insert(of.variables_.end(), names.begin(), names.end());
  }
  ~in_scope() { of_.variables_.resize(before_); }
  in_scope(const in_scope&) = delete;
  in_scope& operator=(const in_scope&) = delete;

private:
  reader& of_;
  std::size_t before_;
};

/// "an object", "a string", ...: what the value is, for messages.
std::string_view type_phrase(const json& value) noexcept;

} // namespace pawl::workflows
