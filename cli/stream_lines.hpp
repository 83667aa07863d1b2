// The texts of several streams on one terminal: "  NAME | words", whole lines while several speak
// at once, never a split word.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <ostream>
#include <string>
#include <string_view>

namespace pawl::cli {

/// One stream has the line and is shown word by word; what others say waits until it fills a line
/// of its own. A stream whose words have waited for two lines takes the line over. Not thread-safe.
class stream_lines {
public:
  /// `out` must outlive this.
  explicit stream_lines(std::ostream& out) : out_(out) {}

  /// More text of the stream `key`; `name` counts the first time. Words end with white space, so
  /// the last one is held back.
  void add(const std::string& key, const std::string& name, std::string_view text);
  /// Prints all that is held back of the streams whose key is `key` or begins with `key` and '/',
  /// and forgets them.
  void finish(const std::string& key);
  void finish_all();
  /// Ends a line that is not full, so that something else can be printed.
  void end_line();
  /// Whether a stream of this name is being shown.
  [[nodiscard]] bool has_name(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& key) const { return streams_.contains(key); }
  [[nodiscard]] const std::string& name_of(const std::string& key) const {
    return streams_.at(key).name;
  }

private:
  struct stream {
    std::string name;
    std::string part;              // of a word whose end has not come
    std::deque<std::string> words; // complete, not printed; "\n" is a line feed
    std::size_t columns = 0;       // of `words`
  };

  static void take(stream& from, std::string_view text);
  [[nodiscard]] static std::size_t room_of(const stream& s);
  void show(const std::string& key, stream& s);
  bool print_word(const std::string& key, stream& s);
  void print_waiting_lines();
  void flush(const std::string& key, stream& s);

  std::ostream& out_;
  std::map<std::string, stream> streams_;
  std::string owner_; // key of the stream on the unfinished line
  std::size_t column_ = 0;
};

} // namespace pawl::cli
