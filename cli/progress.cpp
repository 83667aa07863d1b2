#include "cli/progress.hpp"

#include <iomanip>
#include <sstream>

#include "cli/text_layout.hpp"

namespace pawl::cli {

namespace {

// "34 in, 20 out, $0.000012" of a completed call's note.
std::string spent(const json& detail) {
  if (!detail.is_object() || !detail.contains("usage") || !detail["usage"].is_object())
    return {};
  const auto& u = detail["usage"];
  std::string text = std::to_string(u.value("input", std::int64_t{0})) + " in, " +
                     std::to_string(u.value("output", std::int64_t{0})) + " out";
  if (const auto cost = detail.find("cost"); cost != detail.end() && cost->is_object())
    text += std::string(cost->value("exact", true) ? ", $" : ", about $") +
            cost->value("usd", std::string("0"));
  return text;
}

std::string_view verb(task_phase phase) {
  switch (phase) {
  case task_phase::completed: return "done";
  case task_phase::faulted: return "faulted";
  case task_phase::retried: return "retry";
  case task_phase::skipped: return "skipped";
  case task_phase::started: break;
  }
  return "";
}

std::string key_of(const run_id& run, const path& where) {
  return run.str() + where.str();
}

// The name fills its column, so that times stand below each other; longer names push them to the
// right.
std::string padded(std::string text, std::size_t columns) {
  const auto has = columns_of(text);
  return text.append(has < columns ? columns - has : 0, ' ');
}

constexpr std::size_t verb_columns = 8;
constexpr std::size_t name_columns = 28;

} // namespace

std::string progress::title(const run_id& run, const std::string& place) const {
  return of_ == subject::many_runs ? run.str() + ": " + place : place;
}

// The task's own name, with as many of the names around it as tell it from the others that stream.
std::string progress::stream_name(const run_id& run, const path& step) const {
  const auto names = task_names(step.str());
  std::string name = names.back().substr(0, names.back().find('~'));
  for (auto outer = names.size() - 1; lines_.has_name(title(run, name)) && outer > 0; --outer)
    name = names[outer - 1] + "/" + name;
  return title(run, name);
}

void progress::on_note(const run_id& run, const task_note& note, time_point at) {
  if (show_ == detail::nothing)
    return;
  const std::lock_guard guard(mutex_);
  const auto key = key_of(run, note.where);
  if (note.phase == task_phase::started) {
    started_[key] = at;
    return;
  }
  lines_.finish(key);
  lines_.end_line();
  std::ostringstream line;
  line << padded(std::string(verb(note.phase)), verb_columns)
       << padded(title(run, short_path(note.where.str())), name_columns);
  // A task that was begun before this process came is timed from its wake.
  const auto began = started_.find(key);
  const auto woken = woken_.find(run.str());
  const bool is_resumed = began == started_.end() && note.phase != task_phase::skipped;
  if (began != started_.end())
    line << "  " << std::setw(6) << short_duration(at - began->second);
  else if (is_resumed && woken != woken_.end())
    line << "  " << std::setw(6) << short_duration(at - woken->second);
  if (note.phase != task_phase::retried && began != started_.end())
    started_.erase(began);
  if (const auto tokens = spent(note.detail); !tokens.empty())
    line << "  " << tokens;
  if ((note.phase == task_phase::faulted || note.phase == task_phase::retried) &&
      note.detail.is_object())
    line << "  " << note.detail.value("title", std::string()) << " ("
         << note.detail.value("status", 0) << ")";
  if (is_resumed)
    line << "  (resumed)";
  auto text = line.str();
  text.erase(text.find_last_not_of(' ') + 1);
  out_ << printable(text) << "\n";
  out_.flush();
}

void progress::on_stream(const run_id& run, const path& step, const stream_event& event) {
  if (show_ != detail::text)
    return;
  const std::lock_guard guard(mutex_);
  const auto key = key_of(run, step);
  const auto seam = [&](const char* what) {
    const auto name = lines_.has(key) ? lines_.name_of(key) : stream_name(run, step);
    lines_.end_line();
    out_ << "  " << name << " : " << what << "\n";
    out_.flush();
  };
  switch (event.kind) {
  case stream_event_kind::text:
    lines_.add(key, lines_.has(key) ? std::string() : stream_name(run, step), event.text);
    break;
  case stream_event_kind::continued: seam("the stream broke; going on where it ended"); break;
  case stream_event_kind::restarted:
    lines_.finish(key);
    seam("the stream broke; the text so far is void, asking again");
    break;
  default: break;
  }
}

// Whoever waits for the run tells why.
void progress::on_refused(const run_id&, const error&) {
  const std::lock_guard guard(mutex_);
  lines_.finish_all();
}

void progress::on_status(const run_id& run, run_status status, const std::optional<outcome>&,
                         const std::string& cause) {
  if (show_ == detail::nothing)
    return;
  const std::lock_guard guard(mutex_);
  if (status == run_status::running) {
    woken_.insert_or_assign(run.str(), time_.now());
    return;
  }
  if (status == run_status::pending)
    return;
  if (of_ == subject::one_run)
    lines_.finish_all();
  else
    lines_.finish(run.str());
  lines_.end_line();
  out_ << "run " << run.str() << ": " << to_string(status)
       << (cause.empty() ? "" : ": " + printable(cause)) << "\n";
  out_.flush();
}

void progress::say(const std::string& line) {
  const std::lock_guard guard(mutex_);
  lines_.end_line();
  out_ << line << "\n";
  out_.flush();
}

} // namespace pawl::cli
