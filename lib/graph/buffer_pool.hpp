#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "graph/arena.hpp"
#include "graph/operation.hpp"

namespace eigenprop {

/// Offline planner of memory blocks: requests and releases are simulated in order of use first;
/// each block becomes as large as its largest user, and has its place in an arena then.
class BufferPool {
 public:
  /// Blocks begin at multiples of so many bytes, as those of device allocations do.
  static constexpr std::int64_t alignment = 256;

  /// Reserves a block of at least `bytes`; returns its number. Prefers the free block whose size
  /// fits best, so that few blocks have to grow.
  std::size_t acquire(std::int64_t bytes) {
    std::size_t best = blocks_.size();
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].used) continue;
      if (best == blocks_.size() || mismatch(i, bytes) < mismatch(best, bytes)) best = i;
    }
    if (best == blocks_.size()) blocks_.push_back({});
    blocks_[best].used = true;
    blocks_[best].bytes = std::max(blocks_[best].bytes, aligned(bytes));
    return best;
  }

  void release(std::size_t block) { blocks_[block].used = false; }

  /// First byte of each block, when all requests are known.
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> offsets;
    std::int64_t sum = 0;
    for (const auto& block : blocks_) {
      offsets.push_back(sum);
      sum += block.bytes;
    }
    return offsets;
  }

  /// Of all blocks together.
  std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks_) sum += block.bytes;
    return sum;
  }

  static std::int64_t aligned(std::int64_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  }

 private:
  struct Block {
    std::int64_t bytes = 0;
    bool used = false;
  };

  std::int64_t mismatch(std::size_t block, std::int64_t bytes) const {
    return std::abs(blocks_[block].bytes - bytes);
  }

  std::vector<Block> blocks_;
};

/// A tensor at a place in memory, which it keeps alive.
inline AnyTensor tensor_at(const Arena::Memory& memory, std::int64_t offset,
                           const TensorSpec& spec) {
  const auto make = [&](auto zero) -> AnyTensor {
    return Tensor<decltype(zero)>(spec.shape, memory, offset);
  };
  if (spec.precision == Precision::f32) return make(0.0f);
  if (spec.precision == Precision::f64) return make(0.0);
  return make(std::int32_t{0});
}

}  // namespace eigenprop
