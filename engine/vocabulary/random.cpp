#include <pawl/random.hpp>

#include <mutex>
#include <random>

namespace pawl {

struct system_random::state {
  std::mutex mutex;
  std::mt19937_64 engine;
};

system_random::system_random() : state_(new state) {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(),
                     device(), device(), device(), device()};
  state_->engine.seed(seed);
}

system_random::~system_random() {
  delete state_;
}

std::uint64_t system_random::next() {
  const std::lock_guard guard(state_->mutex);
  return state_->engine();
}

std::uint64_t seeded_random::next() {
  // splitmix64 (Steele, Lea, Flood 2014): one word of state, every seed good.
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t draw_below(random_source& source, std::uint64_t bound) {
  // Rejects the tail of the range that would favour small numbers.
  const std::uint64_t limit = bound * (UINT64_MAX / bound);
  std::uint64_t drawn = source.next();
  while (drawn >= limit)
    drawn = source.next();
  return drawn % bound;
}

double draw_unit(random_source& source) {
  return static_cast<double>(source.next() >> 11) * 0x1.0p-53;
}

std::string draw_hex(random_source& source, int words) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < words; ++i) {
    std::uint64_t word = source.next();
    for (int d = 0; d < 16; ++d, word >>= 4)
      text += digits[word & 15];
  }
  return text;
}

} // namespace pawl
