#include "workflows/expression.hpp"

#include <list>
#include <mutex>
#include <unordered_map>

#include "workflows/expression_detail.hpp"
#include "workflows/expression_fast.hpp"
#include "workflows/expression_scan.hpp"
#include "workflows/expression_scope.hpp"
#include "workflows/jq_program.hpp"
#include "workflows/jq_watchdog.hpp"

namespace pawl::workflows {

namespace {

/// What is known of one expression in one set of names: it needs no jq, or it has programs that
/// nobody uses now.
struct cached {
  std::string key;
  std::shared_ptr<const fast_expression> fast;
  std::vector<std::unique_ptr<jq_program>> idle;
};

/// Expressions by text and names, the least recently used ones dropped. Thread-safe. Programs leave
/// it while they run.
class expression_cache {
public:
  /// A fast expression, or an idle program, or neither.
  struct found {
    std::shared_ptr<const fast_expression> fast;
    std::unique_ptr<jq_program> program;
  };

  found take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end())
      return {};
    entries_.splice(entries_.begin(), entries_, at->second);
    cached& entry = *at->second;
    found taken{entry.fast, nullptr};
    if (!entry.fast && !entry.idle.empty()) {
      taken.program = std::move(entry.idle.back());
      entry.idle.pop_back();
      --programs_;
    }
    return taken;
  }

  void put(const std::string& key, std::shared_ptr<const fast_expression> fast) {
    std::list<cached> dropped;
    const std::lock_guard lock(mutex_);
    use(key).fast = std::move(fast);
    shrink(dropped);
  }

  void put(const std::string& key, std::unique_ptr<jq_program> program) {
    std::list<cached> dropped; // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    cached& entry = use(key);
    if (entry.idle.size() == copies_max) {
      dropped.emplace_back().idle.push_back(std::move(program));
      return;
    }
    entry.idle.push_back(std::move(program));
    ++programs_;
    shrink(dropped);
  }

private:
  // A program takes 3 to 60 KiB, so these bounds stand for some 10 MB.
  static constexpr std::size_t programs_max = 1024;
  static constexpr std::size_t entries_max = 8192;
  /// More threads than this at the same expression at the same time make further programs and drop
  /// them again.
  static constexpr std::size_t copies_max = 8;

  cached& use(const std::string& key) {
    if (const auto at = by_key_.find(key); at != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, at->second);
    } else {
      entries_.push_front({key, nullptr, {}});
      by_key_.emplace(entries_.front().key, entries_.begin());
    }
    return entries_.front();
  }

  void shrink(std::list<cached>& dropped) {
    while (entries_.size() > 1 && (entries_.size() > entries_max || programs_ > programs_max)) {
      by_key_.erase(entries_.back().key);
      programs_ -= entries_.back().idle.size();
      dropped.splice(dropped.begin(), entries_, std::prev(entries_.end()));
    }
  }

  std::mutex mutex_;
  // The rest is protected by mutex_.
  std::list<cached> entries_; ///< most recently used first
  std::unordered_map<std::string_view, std::list<cached>::iterator> by_key_;
  std::size_t programs_ = 0;
};

/// An expression as one knows it: its text, the names in scope that it mentions, and both as a key.
struct scoped_text {
  std::string_view text;
  std::vector<std::string> names;
  std::string key;

  scoped_text(std::string_view t, const std::vector<std::string_view>& variables)
      : text(t), key(t) {
    // Without a '$' there is nothing to look for; this is the common case.
    if (t.find('$') != std::string_view::npos)
      names = mentioned_names(t, variables);
    for (const auto& name : names)
      (key += '\0') += name;
  }

  scoped_text(std::string_view t, const arguments& args)
      : scoped_text(t, [&args] {
          std::vector<std::string_view> variables;
          variables.reserve(args.variables.size());
          for (const auto& variable : args.variables)
            variables.emplace_back(variable.first);
          return variables;
        }()) {}
};

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

fault failed(std::string_view expression, const std::string& words) {
  constexpr std::size_t shown_bytes_max = 200;
  constexpr std::size_t words_bytes_max = 1000;
  return fault(fault_type::expression, 400, "The expression cannot be evaluated",
               "${ " + shorten(expression, shown_bytes_max) +
                   " }: " + shorten(words, words_bytes_max));
}

} // namespace

struct expressions::impl {
  explicit impl(expression_limits l) : limits(l), watchdog(l.evaluation_time_max) {}

  outcome by_jq(const scoped_text& expression, std::unique_ptr<jq_program> program, const json& dot,
                const arguments& args, time_point now) {
    if (!program) {
      auto compiled = jq_program::compile(expression.text, expression.names);
      if (!compiled)
        return failed(expression.text, compiled.error().message);
      program = std::move(compiled).value();
    }
    auto value = program->run(dot, args, now, limits, watchdog);
    if (program->usable())
      cache.put(expression.key, std::move(program));
    if (!value)
      return failed(expression.text, value.error().message);
    return std::move(value).value();
  }

  const expression_limits limits;
  jq_watchdog watchdog;
  expression_cache cache;
};

expressions::expressions() : expressions(expression_limits()) {}
expressions::expressions(expression_limits limits) : impl_(std::make_unique<impl>(limits)) {}
expressions::~expressions() = default;

result<void> expressions::check(std::string_view expression,
                                const std::vector<std::string>& variables) {
  const scoped_text scoped(expression, views(variables));
  auto known = impl_->cache.take(scoped.key);
  if (known.fast)
    return {};
  if (!known.program) {
    if (auto fast = fast_expression::parse(expression, scoped.names)) {
      impl_->cache.put(scoped.key, std::make_shared<const fast_expression>(std::move(*fast)));
      return {};
    }
    auto compiled = jq_program::compile(expression, scoped.names);
    if (!compiled)
      return std::move(compiled).error();
    known.program = std::move(compiled).value();
  }
  impl_->cache.put(scoped.key, std::move(known.program));
  return {};
}

outcome expressions::evaluate(std::string_view expression, const json& dot, const arguments& args,
                              time_point now) {
  const scoped_text scoped(expression, args);
  auto known = impl_->cache.take(scoped.key);
  if (!known.fast && !known.program) {
    if (auto fast = fast_expression::parse(expression, scoped.names)) {
      known.fast = std::make_shared<const fast_expression>(std::move(*fast));
      impl_->cache.put(scoped.key, known.fast);
    }
  }
  if (!known.fast)
    return impl_->by_jq(scoped, std::move(known.program), dot, args, now);
  auto value = known.fast->evaluate(dot, args);
  if (!value)
    return failed(expression, value.error().message);
  return std::move(value).value();
}

bool expression_access::is_fast(std::string_view expression,
                                const std::vector<std::string>& variables) {
  const scoped_text scoped(expression, views(variables));
  return fast_expression::parse(expression, scoped.names).has_value();
}

outcome expression_access::evaluate_by_jq(expressions& e, std::string_view expression,
                                          const json& dot, const arguments& args, time_point now) {
  scoped_text scoped(expression, args);
  scoped.key += '\n'; // an entry of its own beside the fast one
  auto known = e.impl_->cache.take(scoped.key);
  return e.impl_->by_jq(scoped, std::move(known.program), dot, args, now);
}

} // namespace pawl::workflows
