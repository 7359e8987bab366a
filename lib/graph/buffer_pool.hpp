#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "graph/operation.hpp"

namespace eigenprop {

/// Offline planner of memory blocks: requests and releases are simulated in order of use first;
/// blocks are allocated afterwards, each as large as its largest user.
class BufferPool {
 public:
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
    blocks_[best].bytes = std::max(blocks_[best].bytes, bytes);
    return best;
  }

  void release(std::size_t block) { blocks_[block].used = false; }

  /// Allocates all blocks.
  std::vector<Kokkos::View<char*, MemorySpace>> allocate() const {
    std::vector<Kokkos::View<char*, MemorySpace>> views;
    for (const auto& block : blocks_) {
      views.emplace_back("buffer", static_cast<std::size_t>(block.bytes));
    }
    return views;
  }

  std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks_) sum += block.bytes;
    return sum;
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

/// A tensor on top of a block that the caller keeps alive.
inline AnyTensor tensor_on(const Kokkos::View<char*, MemorySpace>& block, const TensorSpec& spec) {
  const auto make = [&](auto zero) -> AnyTensor {
    using T = decltype(zero);
    using View = typename Tensor<T>::View;
    return Tensor<T>(spec.shape, View(reinterpret_cast<T*>(block.data()),
                                      static_cast<std::size_t>(spec.shape.size())));
  };
  if (spec.precision == Precision::f32) return make(0.0f);
  if (spec.precision == Precision::f64) return make(0.0);
  return make(std::int32_t{0});
}

}  // namespace eigenprop
