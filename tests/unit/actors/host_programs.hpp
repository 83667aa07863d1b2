// Native agents for the host's tests. All are free coroutines: what they need comes in by value.
#pragma once

#include <pawl/async.hpp>
#include <pawl/context.hpp>

#include <string>
#include <vector>

namespace pawl::testing {

inline async<outcome> ask(context ctx, std::string step, std::string prompt) {
  json request = json::object();
  request["prompt"] = prompt;
  outcome answer = co_await ctx.infer(step, request);
  co_return answer;
}

/// Three calls, each with the text of the one before: input "in" comes out as "[[[in]]]".
inline async<outcome> chain(context ctx, json input) {
  std::string text = input.get<std::string>();
  const std::vector<std::string> steps = {"a", "b", "c"};
  for (const std::string& step : steps) {
    outcome answer = co_await ask(ctx, step, text);
    if (answer.is_fault())
      co_return answer;
    text = answer.value().at("text").get<std::string>();
  }
  co_return outcome(json(text));
}

/// Three calls at once: the texts joined.
inline async<outcome> fork(context ctx, json) {
  std::vector<async<outcome>> branches;
  for (const char* name : {"x", "y", "z"})
    branches.push_back(ask(ctx, name, name));
  std::vector<outcome> answers = co_await all(std::move(branches));
  std::string joined;
  for (const outcome& answer : answers)
    joined += answer.value().at("text").get<std::string>();
  co_return outcome(json(joined));
}

/// One call, a wait of 48 hours, another call.
inline async<outcome> patient(context ctx, json) {
  outcome first = co_await ask(ctx, "before", "one");
  const time_point due = ctx.now() + std::chrono::hours(48);
  outcome rested = co_await ctx.sleep_until("wait", due);
  outcome second = co_await ask(ctx, "after", "two");
  co_return outcome(json(first.value().at("text").get<std::string>() +
                         second.value().at("text").get<std::string>()));
}

/// Two calls in a race within a scope; then one more call.
inline async<outcome> compete(context ctx, json) {
  context scope = ctx.scope("race");
  outcome winner;
  if (scope.closed()) {
    winner = *scope.closed();
  } else {
    std::vector<async<outcome>> branches;
    branches.push_back(ask(scope, "left", "l"));
    branches.push_back(ask(scope, "right", "r"));
    auto wins = [](const outcome& what) { return what.is_value(); };
    race_result<outcome> won = co_await race(std::move(branches), wins);
    winner = won.value;
    scope.close(winner);
  }
  outcome last = co_await ask(ctx, "last", winner.value().at("text").get<std::string>());
  co_return last;
}

inline async<outcome> nap(context ctx, duration how_long) {
  // The deadline is drawn once: a saved state keeps it.
  const time_point due = ctx.now() + how_long;
  outcome rested = co_await ctx.sleep_until("deadline", due);
  co_return outcome(json("late"));
}

/// A call against a deadline of 10 s.
inline async<outcome> deadline(context ctx, json) {
  std::vector<async<outcome>> branches;
  branches.push_back(nap(ctx, std::chrono::seconds(10)));
  branches.push_back(ask(ctx, "slow", "s"));
  auto wins = [](const outcome&) { return true; };
  race_result<outcome> won = co_await race(std::move(branches), wins);
  co_return won.value;
}

} // namespace pawl::testing
