#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace eigenprop {

/// Width of the vector registers that this translation unit is compiled for.
#if defined(__AVX512F__)
constexpr std::int64_t vector_bytes = 64;
#elif defined(__AVX__)
constexpr std::int64_t vector_bytes = 32;
#else
constexpr std::int64_t vector_bytes = 16;
#endif

/// An array of vectors of GCC's vector extension, zero at first. std::vector of these does not
/// compile with nvcc, which takes its constructors from lists for device code.
template <class Vector>
class VectorArray {
 public:
  explicit VectorArray(std::size_t size) : size_(size), data_(std::make_unique<Vector[]>(size)) {}
  VectorArray(VectorArray&&) noexcept = default;

  /// Copies elements; `other` has the same size.
  void assign(const VectorArray& other) { std::copy_n(other.data(), size_, data()); }

  Vector* data() { return data_.get(); }
  const Vector* data() const { return data_.get(); }
  Vector& operator[](std::size_t i) { return data_[i]; }
  const Vector& operator[](std::size_t i) const { return data_[i]; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::unique_ptr<Vector[]> data_;
};

}  // namespace eigenprop
