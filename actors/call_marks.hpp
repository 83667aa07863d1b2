// How far each call's events may be shown: high-water marks, raised by the log's verdicts. A plain
// part, thread-safe.
#pragma once

#include <pawl/id.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace pawl::actors {

class call_marks {
public:
  enum class wake : std::uint8_t { needless, needed };

  /// The call is in flight; events below `mark` are in the log. A mark never falls.
  void open(const call_id& id, std::uint64_t mark);
  /// Events below `mark` are in the log. `needed`: somebody watches who has not been told since the
  /// last look().
  [[nodiscard]] wake raise(const call_id& id, std::uint64_t mark);
  /// The call is not in flight any more.
  void close(const call_id& id);

  /// Somebody watches the call from now on.
  void watch(const call_id& id);
  void unwatch(const call_id& id);
  /// The mark, once for all wakes so far. Nullopt: the call is not in flight, what is in its log
  /// may be shown.
  [[nodiscard]] std::optional<std::uint64_t> look(const call_id& id);

private:
  struct entry {
    std::uint64_t mark = 0;
    bool open = false;
    bool watched = false;
    bool told = false; // a wake is on its way
  };
  void drop_if_unused(const call_id& id);

  std::mutex mutex_;
  std::unordered_map<call_id, entry> entries_; // guarded by mutex_
};

} // namespace pawl::actors
