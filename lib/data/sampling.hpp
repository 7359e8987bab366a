#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace eigenprop {

/// Order in which an epoch visits n samples: a permutation that depends on (seed, epoch) alone.
std::vector<std::int64_t> epoch_order(std::int64_t n, std::int64_t seed, std::int64_t epoch);

/// Half-open range of `count` items that belongs to `rank` of `size`: contiguous, balanced, every
/// item exactly once; empty on some ranks where there are fewer items than ranks.
std::pair<std::int64_t, std::int64_t> share_of(std::int64_t count, int rank, int size);

/// The same as a list of items.
std::vector<std::int64_t> items_of(std::int64_t count, int rank, int size);

}  // namespace eigenprop
