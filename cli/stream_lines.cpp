#include "cli/stream_lines.hpp"

#include "cli/text_layout.hpp"

namespace pawl::cli {

namespace {
constexpr std::size_t width = 79;
constexpr std::string_view line_feed = "\n";
} // namespace

void stream_lines::take(stream& from, std::string_view text) {
  const auto end_word = [&] {
    if (from.part.empty())
      return;
    from.columns += columns_of(from.part) + 1;
    from.words.push_back(std::move(from.part));
    from.part.clear();
  };
  for (const char c : printable(text)) {
    if (c != ' ' && c != '\n') {
      from.part += c;
      continue;
    }
    end_word();
    if (c == '\n')
      from.words.emplace_back(line_feed);
  }
}

std::size_t stream_lines::room_of(const stream& s) {
  const auto taken = columns_of(s.name) + 5;
  return taken + 20 > width ? 20 : width - taken;
}

void stream_lines::add(const std::string& key, const std::string& name, std::string_view text) {
  auto& s = streams_[key];
  if (s.name.empty())
    s.name = name;
  take(s, text);
  if (!owner_.empty() && owner_ != key && s.columns > 2 * room_of(s))
    end_line();
  if (owner_.empty() || owner_ == key)
    show(key, s);
  out_.flush();
}

// Prints one word, on a new line when the last one is full. False: that ended a line of which
// nothing follows yet.
bool stream_lines::print_word(const std::string& key, stream& s) {
  const std::string word = std::move(s.words.front());
  s.words.pop_front();
  if (word == line_feed) {
    end_line();
    return false;
  }
  const auto columns = columns_of(word);
  s.columns -= columns + 1;
  if (column_ > 0 && column_ + 1 + columns > width)
    end_line();
  if (column_ == 0) {
    out_ << "  " << s.name << " | ";
    column_ = columns_of(s.name) + 5;
    owner_ = key;
  } else {
    out_ << ' ';
    ++column_;
  }
  out_ << word;
  column_ += columns;
  return true;
}

void stream_lines::show(const std::string& key, stream& s) {
  while (!s.words.empty()) {
    const auto& next = s.words.front();
    if (column_ > 0 && next != line_feed && column_ + 1 + columns_of(next) > width)
      end_line();
    if (column_ == 0)
      print_waiting_lines();
    if (!s.words.empty()) // its own lines may have been among those that waited
      print_word(key, s);
  }
}

// Whole lines of those who have waited, so that nobody falls behind by more than a line.
void stream_lines::print_waiting_lines() {
  for (auto& [key, s] : streams_) {
    while (s.columns > room_of(s)) {
      while (!s.words.empty() && print_word(key, s)) {
        const bool is_full = !s.words.empty() && column_ + 1 + columns_of(s.words.front()) > width;
        if (is_full || s.words.empty())
          break;
      }
      end_line();
    }
  }
}

void stream_lines::flush(const std::string& key, stream& s) {
  take(s, " ");
  if (!s.words.empty() && owner_ != key)
    end_line();
  while (!s.words.empty())
    print_word(key, s);
}

void stream_lines::finish(const std::string& key) {
  const auto is_below = [&](const std::string& other) {
    return other == key ||
           (other.size() > key.size() && other.starts_with(key) && other[key.size()] == '/');
  };
  for (auto at = streams_.begin(); at != streams_.end();) {
    if (!is_below(at->first)) {
      ++at;
      continue;
    }
    flush(at->first, at->second);
    if (owner_ == at->first)
      end_line();
    at = streams_.erase(at);
  }
  out_.flush();
}

void stream_lines::finish_all() {
  for (auto& [key, s] : streams_)
    flush(key, s);
  end_line();
  streams_.clear();
  out_.flush();
}

void stream_lines::end_line() {
  if (column_ > 0)
    out_ << "\n";
  column_ = 0;
  owner_.clear();
}

bool stream_lines::has_name(const std::string& name) const {
  for (const auto& [key, s] : streams_)
    if (s.name == name)
      return true;
  return false;
}

} // namespace pawl::cli
