#include "workflows/interpreter.hpp"

#include <pawl/version.hpp>

#include <cassert>
#include <utility>

#include "workflows/interpretation.hpp"

namespace pawl::workflows {

namespace {

bool ends_race(const ending&) {
  return true;
}

/// The fault of something at the workflow's own level.
outcome faulted_at(fault f, const char* pointer) {
  if (f.instance.empty())
    f.instance = pointer;
  return outcome(std::move(f));
}

} // namespace

interpretation::interpretation(context root, std::shared_ptr<const definition> what, json input,
                               interpreter_options options)
    : root_(std::move(root)), what_(std::move(what)), input_(std::move(input)),
      options_(std::move(options)) {
  workflow_ = json::object();
  workflow_["id"] = options_.workflow_id;
  workflow_["definition"] = what_->raw;
  workflow_["input"] = input_;
  workflow_["startedAt"] = date_descriptor(options_.started_at);
  runtime_ = json::object();
  runtime_["name"] = "pawl";
  runtime_["version"] = version;
  runtime_["metadata"] = options_.runtime_metadata;
}

async<outcome> interpretation::run() {
  const place root(root_);
  place at = root.below("do", what_->root.has_effects ? keeping::journaled : keeping::none);
  const bool is_limited = what_->timeout && what_->root.has_effects;
  auto body = is_limited ? run_limited(at) : run_root(at);
  ending e = co_await body;
  if (e.result.is_fault() || !what_->output_as)
    co_return std::move(e.result);
  const seat last(at, e.result.value(), e.context ? *std::move(e.context) : json());
  view v;
  v.where = &last;
  outcome output = evaluate(*what_->output_as, last.data, v);
  if (output.is_fault())
    co_return faulted_at(output.fault(), "/output/as");
  co_return output;
}

async<ending> interpretation::run_root(place at) {
  json data = input_;
  if (what_->input_from && !at.saved() && !at.closed()) {
    outcome from = evaluate(*what_->input_from, input_, view());
    if (from.is_fault()) {
      outcome failed = faulted_at(from.fault(), "/input/from");
      co_return ending(std::move(failed));
    }
    data = std::move(from).value();
  }
  const variables none;
  auto list = run_list(std::move(at), &what_->root, std::move(data), json(), &none);
  co_return co_await list;
}

// The list's own place is what a timeout closes; the timer has a place of its own, for a back-jump
// in the list drops all that is below it.
async<ending> interpretation::run_limited(place at) {
  const place root(root_);
  place guard = root.below("timeout", keeping::journaled);
  outcome limit = evaluate_duration(*what_->timeout, input_, view());
  if (limit.is_fault()) {
    outcome failed = faulted_at(limit.fault(), "/timeout");
    co_return ending(std::move(failed));
  }
  fault late(fault_type::timeout, 408, "workflow timed out",
             "the workflow ran longer than its timeout");
  late.instance = "/timeout";
  std::vector<async<ending>> sides;
  sides.push_back(run_root(at));
  sides.push_back(
      run_timer(guard, "timer",
                saturating_add(options_.started_at, duration(limit.value().get<std::int64_t>())),
                std::move(late)));
  auto contest = race(std::move(sides), &ends_race);
  race_result<ending> first = co_await contest;
  if (first.index == 1) {
    at.close(first.value.result);
    guard.close(first.value.result);
  }
  co_return std::move(first.value);
}

async<outcome> interpret(context root, std::shared_ptr<const definition> what, json input,
                         interpreter_options options) {
  assert(what && options.evaluator);
  interpretation activation(std::move(root), std::move(what), std::move(input), std::move(options));
  auto whole = activation.run();
  co_return co_await whole;
}

} // namespace pawl::workflows
