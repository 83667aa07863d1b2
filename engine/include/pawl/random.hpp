// Randomness comes in through an interface, so that a simulation repeats from its seed.
#pragma once

#include <cstdint>
#include <string>

namespace pawl {

/// Source of random numbers. Thread-safe.
class random_source {
public:
  virtual ~random_source() = default;
  /// Uniform over all 64-bit values.
  virtual std::uint64_t next() = 0;
};

/// The operating system seeds it once; good for ids and jitter, not for keys.
class system_random final : public random_source {
public:
  system_random();
  ~system_random() override;
  std::uint64_t next() override;

private:
  struct state;
  state* state_;
};

/// Repeatable: the same seed gives the same numbers on every machine.
class seeded_random final
    : public random_source { // not thread-safe: for single-threaded simulations
public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

private:
  std::uint64_t state_;
};

/// Uniform in [0, bound). Precondition: bound > 0.
std::uint64_t draw_below(random_source& source, std::uint64_t bound);
/// Uniform in [0, 1).
double draw_unit(random_source& source);
/// `words` random 64-bit words as 16 lower-case hex digits each.
std::string draw_hex(random_source& source, int words);

} // namespace pawl
