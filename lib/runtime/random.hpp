#pragma once

#include <Random123/philox.h>

#include <Kokkos_Core.hpp>
#include <cmath>
#include <cstdint>

namespace eigenprop {

/// What a random number is for; streams of different purposes never overlap.
enum class RandomPurpose : std::uint32_t {
  initialization = 1,
  shuffle = 2,
  augmentation = 3,
  dropout = 4,
  clustering = 5,
  test = 6,
  atoms = 7
};

/// Identity of one stream of random numbers. It names what the numbers are for, never who draws
/// them, so that results do not depend on the number of ranks or threads.
struct RandomKey {
  std::uint32_t seed = 0;
  RandomPurpose purpose = RandomPurpose::test;
  std::uint32_t step = 0;       ///< epoch or optimization step
  std::uint32_t sample = 0;     ///< index of the sample in its data set
  std::uint32_t operation = 0;  ///< node of the graph, parameter, or kind of draw
};

/// Whether a number that users give fits RandomKey::seed.
constexpr bool fits_seed(std::int64_t value) {
  return value >= 0 && value < (std::int64_t{1} << 32);
}

/// Counter-based generator Philox4x32-10 (Salmon et al., SC 2011): the i-th number of a stream is a
/// pure function of (key, i), callable in any order from any thread.
class RandomStream {
 public:
  KOKKOS_FUNCTION explicit RandomStream(const RandomKey& key) : key_(key) {}

  /// Words 4 b … 4 b + 3: one call of the generator.
  struct Block {
    std::uint32_t words[4];
  };
  KOKKOS_FUNCTION Block block(std::uint64_t b) const {
    // 128 bits of counter and 64 of key hold the identity and the position: the purpose shares a
    // word with the upper half of the block number.
    const r123::Philox4x32::ctr_type counter = {
        {static_cast<std::uint32_t>(b),
         (static_cast<std::uint32_t>(key_.purpose) << 24) ^ static_cast<std::uint32_t>(b >> 32),
         key_.sample, key_.operation}};
    const r123::Philox4x32::key_type key = {{key_.seed, key_.step}};
    const auto result = r123::Philox4x32()(counter, key);
    return {{result[0], result[1], result[2], result[3]}};
  }

  /// The i-th 32-bit word.
  KOKKOS_FUNCTION std::uint32_t bits(std::uint64_t i) const { return block(i / 4).words[i % 4]; }

  /// The i-th number, uniform in [0, 1), with 32 bits.
  KOKKOS_FUNCTION double uniform(std::uint64_t i) const { return bits(i) * (1.0 / 4294967296.0); }

  /// The i-th number of the standard normal distribution (Box and Muller).
  KOKKOS_FUNCTION double normal(std::uint64_t i) const {
    const double u = (bits(2 * i) + 1.0) * (1.0 / 4294967296.0);
    const double v = uniform(2 * i + 1);
    using std::cos;
    using std::log;
    using std::sqrt;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
  }

  /// The i-th integer, uniform in 0 .. n-1 (n > 0; bias below n / 2^32).
  KOKKOS_FUNCTION std::uint32_t integer(std::uint64_t i, std::uint32_t n) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits(i)) * n) >> 32);
  }

 private:
  RandomKey key_;
};

}  // namespace eigenprop
