#include <pawl/duration.hpp>

#include "workflows/interpretation.hpp"

namespace pawl::workflows {

json date_descriptor(time_point t) {
  const std::int64_t ms = to_epoch_ms(t);
  json epoch = json::object();
  epoch["seconds"] = ms / 1000;
  epoch["milliseconds"] = ms;
  json date = json::object();
  date["iso8601"] = to_iso8601(t);
  date["epoch"] = std::move(epoch);
  return date;
}

std::int64_t to_nanoseconds(time_point t) noexcept {
  return t.time_since_epoch().count();
}

time_point from_nanoseconds(std::int64_t t) noexcept {
  return time_point(duration(t));
}

time_point saturating_add(time_point t, duration d) noexcept {
  return d > time_point::max() - t ? time_point::max() : t + d;
}

arguments interpretation::arguments_of(const view& v, json& task_storage, bool reads_task) const {
  arguments args;
  args.workflow = &workflow_;
  args.runtime = &runtime_;
  if (v.where)
    args.context = &v.where->context;
  args.input = v.input;
  args.output = v.output;
  if (v.names)
    args.variables = *v.names;
  if (reads_task && v.what) {
    task_storage = json::object();
    task_storage["name"] = v.what->name;
    task_storage["reference"] = v.what->pointer;
    task_storage["definition"] = *v.what->raw;
    task_storage["input"] = v.where->data;
    task_storage["output"] = v.raw_output ? *v.raw_output : json();
    task_storage["startedAt"] =
        date_descriptor(v.where->current ? v.where->current->started_at : root_.now());
    args.task = &task_storage;
  }
  return args;
}

outcome interpretation::evaluate(const expression_text& e, const json& dot, const view& v) {
  json task_storage;
  const arguments args = arguments_of(v, task_storage, e.reads_task);
  return options_.evaluator->evaluate(e.text, dot, args, root_.now());
}

outcome interpretation::evaluate(const template_value& e, const json& dot, const view& v) {
  json task_storage;
  const arguments args = arguments_of(v, task_storage, e.reads_task);
  return evaluate_template(*options_.evaluator, e.value, dot, args, root_.now());
}

outcome interpretation::evaluate(const transform& e, const json& dot, const view& v) {
  return std::visit([&](const auto& form) { return evaluate(form, dot, v); }, e);
}

outcome interpretation::evaluate_text(const std::variant<std::string, expression_text>& e,
                                      const json& dot, const view& v) {
  if (const auto* text = std::get_if<std::string>(&e))
    return outcome(json(*text));
  outcome value = evaluate(std::get<expression_text>(e), dot, v);
  if (value.is_value() && !value.value().is_string())
    return outcome(json(value.value().dump(-1, ' ', false, json::error_handler_t::replace)));
  return value;
}

outcome interpretation::evaluate_duration(const duration_value& e, const json& dot, const view& v) {
  if (const auto* known = std::get_if<duration>(&e))
    return outcome(json(known->count()));
  outcome value = evaluate(std::get<expression_text>(e), dot, v);
  if (value.is_fault())
    return value;
  const auto parsed = parse_duration(value.value());
  if (!parsed)
    return outcome(fault(fault_type::expression, 400, "not a duration",
                         "'" + std::get<expression_text>(e).text + "': " + parsed.error().message));
  return outcome(json((*parsed).count()));
}

outcome interpretation::test(const expression_text& e, const json& dot, const view& v) {
  const outcome value = evaluate(e, dot, v);
  if (value.is_fault())
    return value;
  const json& found = value.value();
  return outcome(json(!found.is_null() && found != json(false)));
}

} // namespace pawl::workflows
