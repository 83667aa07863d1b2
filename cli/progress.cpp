#include "cli/progress.hpp"

#include <cstdio>

namespace pawl::cli {

namespace {

std::string seconds(duration d) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2fs", std::chrono::duration<double>(d).count());
  return text;
}

// "34 in, 20 out, $0.000012" of a completed call's note.
std::string spent(const json& detail) {
  if (!detail.is_object() || !detail.contains("usage") || !detail["usage"].is_object())
    return {};
  const auto& u = detail["usage"];
  std::string text = std::to_string(u.value("input", std::int64_t{0})) + " in, " +
                     std::to_string(u.value("output", std::int64_t{0})) + " out";
  if (const auto cost = detail.find("cost"); cost != detail.end() && cost->is_object())
    text += std::string(cost->value("exact", true) ? ", $" : ", about $") + cost->value("usd", std::string("0"));
  return text;
}

constexpr std::size_t width = 78;

} // namespace

void progress::end_line() {
  if (column_ > 0)
    out_ << "\n";
  column_ = 0;
  line_owner_.clear();
}

void progress::write_text(const std::string& task, const std::string& text) {
  const std::string prefix = "  " + task + " | ";
  for (std::size_t i = 0; i < text.size();) {
    auto end = text.find_first_of(" \n", i);
    end = end == std::string::npos ? text.size() : end + 1;
    std::string word = text.substr(i, end - i);
    i = end;
    const bool newline = word.back() == '\n';
    if (newline)
      word.pop_back();
    if (line_owner_ != task || (column_ > prefix.size() && column_ + word.size() > width)) {
      end_line();
      out_ << prefix;
      column_ = prefix.size();
      line_owner_ = task;
    }
    out_ << word;
    column_ += word.size();
    if (newline)
      end_line();
  }
  out_.flush();
}

void progress::on_note(const run_id&, const task_note& note, time_point at) {
  if (show_ == detail::nothing)
    return;
  const std::lock_guard guard(mutex_);
  const std::string name(note.where.name());
  const auto& key = note.where.str();
  if (note.phase == task_phase::started) {
    started_[key] = at;
    return;
  }
  const auto began = started_.find(key);
  const auto took = began == started_.end() ? std::string() : "  " + seconds(at - began->second);
  if (note.phase != task_phase::retried)
    started_.erase(key);
  end_line();
  switch (note.phase) {
    case task_phase::completed: out_ << "done    "; break;
    case task_phase::faulted: out_ << "faulted "; break;
    case task_phase::retried: out_ << "retry   "; break;
    case task_phase::skipped: out_ << "skipped "; break;
    case task_phase::started: break;
  }
  out_ << key << took;
  if (const auto tokens = spent(note.detail); !tokens.empty())
    out_ << "  " << tokens;
  if (note.phase == task_phase::faulted || note.phase == task_phase::retried)
    if (note.detail.is_object())
      out_ << "  " << note.detail.value("title", std::string()) << " (" << note.detail.value("status", 0) << ")";
  out_ << "\n";
  out_.flush();
}

void progress::on_stream(const run_id&, const path& step, const stream_event& event) {
  if (show_ != detail::text)
    return;
  const std::lock_guard guard(mutex_);
  const std::string name(step.name());
  switch (event.kind) {
    case stream_event_kind::text: write_text(name, event.text); break;
    case stream_event_kind::continued:
      end_line();
      out_ << "  " << name << " : the stream broke; going on where it ended\n";
      break;
    case stream_event_kind::restarted:
      end_line();
      out_ << "  " << name << " : the stream broke; the text so far is void, asking again\n";
      break;
    default: break;
  }
}

void progress::on_refused(const run_id& run, const error& why) {
  const std::lock_guard guard(mutex_);
  end_line();
  out_ << "run " << run.str() << ": " << why.render() << "\n";
  out_.flush();
}

void progress::on_status(const run_id& run, run_status status, const std::optional<outcome>&, const std::string& cause) {
  if (show_ == detail::nothing)
    return;
  const std::lock_guard guard(mutex_);
  end_line();
  if (status == run_status::running)
    return;
  out_ << "run " << run.str() << ": " << to_string(status) << (cause.empty() ? "" : ": " + cause) << "\n";
  out_.flush();
}

} // namespace pawl::cli
