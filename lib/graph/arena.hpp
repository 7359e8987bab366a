#pragma once

#include <cstdint>

#include "runtime/process_memory.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {

/// Memory that the executions of a graph use one after another, as large as the largest of them
/// asks for. It does not shrink, so that pages are touched for the first time once.
class Arena {
 public:
  using Memory = Kokkos::View<char*, MemorySpace>;

  /// Memory of at least `bytes`. Where it has to grow, what it held is lost, and with it a
  /// sixteenth more is taken, against many small steps; the older memory lives on in the tensors
  /// that lie in it.
  const Memory& reserve(std::int64_t bytes) {
    if (bytes <= this->bytes()) return memory_;
    memory_ = Memory();
    // Small blocks may lie behind what was just freed: then the larger memory would stand beside
    // it.
    return_free_memory();
    memory_ = Memory("arena", static_cast<std::size_t>(with_reserve(bytes)));
    return memory_;
  }

  /// What reserve() takes for so many bytes.
  static std::int64_t with_reserve(std::int64_t bytes) { return bytes + bytes / 16; }

  void release() { memory_ = Memory(); }

  std::int64_t bytes() const { return static_cast<std::int64_t>(memory_.extent(0)); }

 private:
  Memory memory_;
};

}  // namespace eigenprop
