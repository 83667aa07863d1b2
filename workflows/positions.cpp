#include "workflows/positions.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

namespace pawl::workflows {

namespace {

/// The byte after the string that begins at `i` (a quote); the text's end when it is not closed.
std::size_t after_string(std::string_view text, std::size_t i) noexcept {
  for (++i; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// One open object or array of the walk.
struct level {
  enum class kind : std::uint8_t { object, array } what = kind::array;
  bool awaits_key = false;
  std::size_t index = 0;
  std::size_t prefix_size = 0; // of the pointer, without this level's member
  std::unordered_map<std::string, std::size_t> keys;
};

class mapper {
public:
  mapper(std::string_view text, const std::vector<std::string>& wanted) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n')
        line_starts_.push_back(i + 1);
    for (const auto& pointer : wanted)
      for (std::string at = pointer;; at.resize(at.rfind('/'))) {
        if (!wanted_.insert(at).second || at.empty())
          break;
      }
  }

  text_map run() {
    for (std::size_t i = 0; i < text_.size();)
      i = take(i);
    return std::move(map_);
  }

private:
  /// Takes what is at `i`; returns where the walk goes on.
  std::size_t take(std::size_t i) {
    const char c = text_[i];
    if (c == '"') {
      const std::size_t end = after_string(text_, i);
      if (!levels_.empty() && levels_.back().awaits_key)
        begin_key(i, end);
      else
        begin_value(i);
      return end;
    }
    if (c == '{' || c == '[') {
      begin_value(i);
      level inner;
      inner.what = c == '{' ? level::kind::object : level::kind::array;
      inner.awaits_key = c == '{';
      inner.prefix_size = pointer_.size();
      levels_.push_back(std::move(inner));
    } else if (c == '}' || c == ']') {
      pointer_.resize(levels_.back().prefix_size);
      levels_.pop_back();
    } else if (c == ',') {
      ++levels_.back().index;
      levels_.back().awaits_key = levels_.back().what == level::kind::object;
    } else if ((c >= '0' && c <= '9') || c == '-' || c == 't' || c == 'f' || c == 'n') {
      begin_value(i);
      return std::min(text_.find_first_of(",]} \t\r\n", i), text_.size());
    }
    return i + 1;
  }

  // Elements of arrays have their place where the value begins; members had it with their key.
  void begin_value(std::size_t at) {
    if (!levels_.empty() && levels_.back().what == level::kind::array) {
      pointer_.resize(levels_.back().prefix_size);
      pointer_ += "/" + std::to_string(levels_.back().index);
    } else if (!levels_.empty()) {
      return;
    }
    note_place(at);
  }

  void begin_key(std::size_t at, std::size_t end) {
    level& in = levels_.back();
    in.awaits_key = false;
    const auto parsed = nlohmann::json::parse(text_.substr(at, end - at), nullptr, false);
    auto key = parsed.is_string() ? parsed.get<std::string>() : std::string();
    pointer_.resize(in.prefix_size);
    pointer_ += "/" + pointer_token(key);
    const auto [first, is_new] = in.keys.emplace(std::move(key), at);
    if (is_new)
      note_place(at);
    else
      map_.duplicates.push_back({pointer_, place(first->second), place(at)});
  }

  void note_place(std::size_t at) {
    if (wanted_.contains(pointer_))
      map_.places.emplace(pointer_, place(at));
  }

  text_position place(std::size_t at) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
    const auto start = std::prev(next);
    return {std::size_t(next - line_starts_.begin()), at - *start + 1};
  }

  std::string_view text_;
  std::vector<std::size_t> line_starts_{0};
  std::unordered_set<std::string> wanted_;
  std::vector<level> levels_;
  std::string pointer_;
  text_map map_;
};

} // namespace

text_position position_of(std::string_view text, std::size_t offset) noexcept {
  text_position at;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      ++at.column;
    }
  }
  return at;
}

std::optional<std::size_t> too_deep_at(std::string_view text, int depth_max) noexcept {
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    switch (text[i]) {
    case '"': i = after_string(text, i); continue;
    case '[':
    case '{':
      if (++depth > depth_max)
        return i;
      break;
    case ']':
    case '}': --depth; break;
    default: break;
    }
    ++i;
  }
  return std::nullopt;
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

text_position text_map::find(std::string_view pointer) const {
  for (std::string at(pointer);; at.resize(at.rfind('/'))) {
    if (const auto found = places.find(at); found != places.end())
      return found->second;
    if (at.empty())
      return {};
  }
}

text_map map_text(std::string_view text, const std::vector<std::string>& wanted) {
  return mapper(text, wanted).run();
}

} // namespace pawl::workflows
