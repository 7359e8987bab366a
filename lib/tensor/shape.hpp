#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace eigenprop {

/// Extents of a dense row-major array with up to five dimensions, the slowest first.
/// Images and feature maps are (batch, height, width, channels); matrices (rows, columns).
class Shape {
 public:
  static constexpr int max_rank = 5;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);

  int rank() const { return rank_; }

  /// Extent of dimension i; a negative i counts from the end.
  std::int64_t operator[](int i) const {
    return extents_[static_cast<std::size_t>(i < 0 ? i + rank_ : i)];
  }

  /// Product of all extents; 1 for rank 0.
  std::int64_t size() const;

  /// Product of all extents but the last: rows of the array seen as a matrix.
  std::int64_t rows() const;

  /// Last extent: columns of the array seen as a matrix; 1 for rank 0.
  std::int64_t columns() const { return rank_ == 0 ? 1 : (*this)[-1]; }

  /// The same shape with dimension i (negative from the end) replaced.
  Shape with(int i, std::int64_t extent) const;

  bool operator==(const Shape& other) const;
  bool operator!=(const Shape& other) const { return !(*this == other); }
  bool operator<(const Shape& other) const;

  /// For messages, like "(1, 321, 481, 3)".
  std::string text() const;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace eigenprop
