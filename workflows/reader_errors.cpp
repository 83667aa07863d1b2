#include <cstdint>
#include <limits>

#include "workflows/reader.hpp"

namespace pawl::workflows {

namespace {

constexpr int status_max = 999;

} // namespace

std::optional<task_kind> reader::read_try(const node& at) {
  try_task read;
  read.body = read_list(at.at("try"));
  if (require(at, "catch", "which errors are caught and what is done about them"))
    read.handler = read_catch(at.at("catch"));
  return read;
}

catch_clause reader::read_catch(const node& at) {
  catch_clause read;
  if (!expect_object(at))
    return read;
  check_keys(at, {"errors", "as", "when", "exceptWhen", "retry", "do"}, {"then"});
  if (at.has("errors")) {
    const node errors = at.at("errors");
    if (expect_object(errors)) {
      check_keys(errors, {"with"});
      if (errors.has("with"))
        read.errors = read_filter(errors.at("with"));
    }
  }
  read.as = read_variable_name(at, "as").value_or(read.as);
  const in_scope names(*this, {read.as});
  read.when = read_optional_expression(at, "when");
  read.except_when = read_optional_expression(at, "exceptWhen");
  if (at.has("retry")) {
    const node retry = at.at("retry");
    if (!retry.value->is_string())
      read.retry = read_retry(retry);
    else if (const auto entry = resolve(retry, "retries"))
      read.retry = read_retry(*entry);
  }
  if (at.has("do"))
    read.body = read_list(at.at("do"));
  return read;
}

error_filter reader::read_filter(const node& at) {
  error_filter read;
  if (!expect_object(at))
    return read;
  if (at.value->empty())
    add(at.pointer, "the filter is empty", "leave 'errors' out to catch every error");
  // `details` is the spelling of DSL 1.0.3, `detail` that of the errors themselves.
  check_keys(at, {"type", "status", "instance", "title", "detail", "details"});
  const auto text = [&](const char* key) -> std::optional<std::string> {
    if (!at.has(key) || !expect_string(at.at(key)))
      return std::nullopt;
    const auto& value = at.value->at(key).get_ref<const std::string&>();
    if (unwrap(value) || has_embedded(value))
      add(at.at(key).pointer, "an error filter compares literally and holds no expressions",
          "use 'when'");
    return value;
  };
  read.type = text("type");
  read.instance = text("instance");
  read.title = text("title");
  read.detail = text("details");
  if (auto detail = text("detail"))
    read.detail = std::move(detail);
  if (at.has("status")) {
    const json& status = at.value->at("status");
    if (status.is_number_integer() && status >= 0 && status <= status_max)
      read.status = status.get<int>();
    else
      add(at.pointer + "/status", "expected a status from 0 to 999");
  }
  return read;
}

std::optional<task_kind> reader::read_raise(const node& at) {
  const node raise = at.at("raise");
  if (!expect_object(raise))
    return std::nullopt;
  check_keys(raise, {"error"});
  if (!require(raise, "error", "an error or a name of use.errors"))
    return std::nullopt;
  const node error = raise.at("error");
  if (!error.value->is_string())
    return raise_task{read_error(error)};
  const auto entry = resolve(error, "errors");
  return entry ? std::optional<task_kind>(raise_task{read_error(*entry)}) : std::nullopt;
}

error_template reader::read_error(const node& at) {
  error_template read;
  if (!expect_object(at))
    return read;
  check_keys(at, {"type", "status", "title", "detail", "instance"});
  if (at.has("instance"))
    add(at.pointer + "/instance",
        "'instance' is set by the runtime: the pointer of the task that raises the error",
        "leave it out");
  if (require(at, "type", "a URI"))
    if (auto type = read_text_or_expression(at.at("type"))) {
      if (const auto* text = std::get_if<std::string>(&*type);
          text && text->find(':') == std::string::npos)
        add(at.pointer + "/type", "'" + *text + "' is no absolute URI",
            "for example https://serverlessworkflow.io/spec/1.0.0/errors/runtime");
      read.type = *std::move(type);
    }
  if (require(at, "status", "a number such as 400")) {
    const json& status = at.value->at("status");
    if (status.is_number_integer() && status >= 0 && status <= status_max)
      read.status = status.get<int>();
    else
      add(at.pointer + "/status", "expected a status from 0 to 999");
  }
  if (at.has("title"))
    read.title = read_text_or_expression(at.at("title")).value_or(std::string());
  if (at.has("detail"))
    read.detail = read_text_or_expression(at.at("detail")).value_or(std::string());
  return read;
}

retry_policy reader::read_retry(const node& at) {
  retry_policy read;
  if (!expect_object(at))
    return read;
  check_keys(at, {"when", "exceptWhen", "delay", "backoff", "limit", "jitter"});
  read.when = read_optional_expression(at, "when");
  read.except_when = read_optional_expression(at, "exceptWhen");
  if (at.has("delay"))
    read.delay = read_duration(at.at("delay"));
  if (at.has("backoff"))
    read_backoff(at.at("backoff"), read);
  if (at.has("limit"))
    read_retry_limit(at.at("limit"), read);
  if (at.has("jitter")) {
    const node jitter = at.at("jitter");
    if (expect_object(jitter)) {
      check_keys(jitter, {"from", "to"});
      const bool has_from = require(jitter, "from", "a duration");
      const bool whole = require(jitter, "to", "a duration") && has_from;
      auto from = whole ? read_duration(jitter.at("from")) : std::nullopt;
      auto to = whole ? read_duration(jitter.at("to")) : std::nullopt;
      if (from && to) {
        const auto* low = std::get_if<duration>(&*from);
        const auto* high = std::get_if<duration>(&*to);
        if (low && high && *low > *high)
          add(jitter.pointer, "'from' is longer than 'to'");
        read.jitter = jitter_range{*std::move(from), *std::move(to)};
      }
    }
  }
  return read;
}

void reader::read_backoff(const node& at, retry_policy& into) {
  if (!expect_object(at))
    return;
  check_keys(at, {"constant", "linear", "exponential"});
  if (at.value->size() != 1) {
    add(at.pointer, "expected one of: constant, linear, exponential");
    return;
  }
  const std::string kind = at.value->begin().key();
  into.backoff = kind == "linear"        ? backoff_kind::linear
                 : kind == "exponential" ? backoff_kind::exponential
                                         : backoff_kind::constant;
  const node members = at.at(std::string_view(kind));
  if (expect_object(members))
    for (const auto& [key, unused] : members.value->items()) {
      (void)unused;
      add_unsupported(members.pointer, "'" + key + "' of a backoff",
                      "the DSL defines no members here: {}");
    }
}

void reader::read_retry_limit(const node& at, retry_policy& into) {
  if (!expect_object(at))
    return;
  check_keys(at, {"attempt", "duration"});
  if (at.has("duration"))
    into.total_max = read_duration(at.at("duration"));
  if (!at.has("attempt"))
    return;
  const node attempt = at.at("attempt");
  if (!expect_object(attempt))
    return;
  check_keys(attempt, {"count", "duration"});
  if (attempt.has("duration"))
    into.attempt_max = read_duration(attempt.at("duration"));
  if (attempt.has("count")) {
    const json& count = attempt.value->at("count");
    if (count.is_number_integer() && count >= 0 &&
        count <= std::numeric_limits<std::int32_t>::max())
      into.retries_max = count.get<std::uint64_t>();
    else
      add(attempt.pointer + "/count", "expected a number of retries, 0 or more");
  }
}

} // namespace pawl::workflows
