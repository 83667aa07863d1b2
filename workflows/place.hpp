// Where a part of an interpretation is: a scope of the run's journal or, for tasks without effects,
// a mere path.
#pragma once

#include <pawl/context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::workflows {

/// Whether a place keeps its state in the journal. What asks nothing of the world need not: it is
/// evaluated again.
enum class keeping : std::uint8_t { journaled, none };

/// Copies share one place.
class place {
public:
  explicit place(context scope);

  /// The place `name` below this one. A place of no keeping has only such below it.
  [[nodiscard]] place below(std::string_view name, keeping how) const;

  /// With laps.
  [[nodiscard]] const path& where() const noexcept { return state_->where; }
  [[nodiscard]] keeping kept() const noexcept {
    return state_->scope ? keeping::journaled : keeping::none;
  }

  /// As of context; a place of no keeping is never closed, has nothing saved, and only counts its
  /// laps.
  [[nodiscard]] const outcome* closed() const noexcept;
  [[nodiscard]] const json* saved() const noexcept;
  void save(json state);
  void next_lap();
  void close(outcome what);

  /// For steps. Precondition: journaled.
  [[nodiscard]] context& scope() const { return *state_->scope; }

private:
  struct shared {
    std::optional<context> scope;
    path base; // without the own lap
    path where;
    std::uint32_t lap = 0; // of no keeping
  };
  explicit place(std::shared_ptr<shared> state) : state_(std::move(state)) {}
  std::shared_ptr<shared> state_;
};

} // namespace pawl::workflows
