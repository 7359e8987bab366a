#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include "runtime/error.hpp"

namespace eigenprop {

/// What decompositions of either kind share. Matrices are row-major, in host memory.

/// +1 or -1: the sign that makes the component of largest magnitude (the first of several) of
/// column j of a rows x columns matrix positive. This fixes the sign of a singular vector or
/// eigenvector; it jumps where two components of opposite signs are of equal magnitude.
template <class Scalar>
Scalar column_sign(int rows, int columns, const Scalar* a, int j) {
  Scalar largest = 0;
  for (int i = 0; i < rows; ++i) {
    const Scalar value = a[std::int64_t{i} * columns + j];
    if (std::abs(value) > std::abs(largest)) largest = value;
  }
  return largest < 0 ? Scalar(-1) : Scalar(1);
}

template <class Scalar>
void scale_column(int rows, int columns, Scalar factor, Scalar* a, int j) {
  for (int i = 0; i < rows; ++i) a[std::int64_t{i} * columns + j] *= factor;
}

template <class Scalar>
bool all_finite(std::int64_t count, const Scalar* values) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) return false;
  }
  return true;
}

/// Also true where there is nothing.
template <class Scalar>
bool all_zero(std::int64_t count, const Scalar* values) {
  if (!values) return true;
  for (std::int64_t i = 0; i < count; ++i) {
    if (values[i] != 0) return false;
  }
  return true;
}

/// Throws NonFiniteError where `values`, perhaps null, are not all finite.
template <class Scalar>
void require_finite(std::int64_t count, const Scalar* values, const std::string& what) {
  if (values && !all_finite(count, values)) throw NonFiniteError(what + " is not finite");
}

/// Sum of squares; 0 where there is nothing.
template <class Scalar>
double squared_norm(std::int64_t count, const Scalar* values) {
  double sum = 0;
  if (!values) return sum;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(values[i]);
    sum += value * value;
  }
  return sum;
}

/// What products of vectors of unit length with a gradient of this squared norm may be off by
/// rounding. Where they cancel to less, they say nothing about a turn of the vectors, and the limit
/// of GapRemedy::clip, far above 1 / rounding error, would make much of it.
template <class Scalar>
Scalar rounding_of_products(double squared_norm_of_gradient) {
  return 64 * std::numeric_limits<Scalar>::epsilon() *
         static_cast<Scalar>(std::sqrt(squared_norm_of_gradient));
}

/// Throws NonFiniteError where the `count` elements of a derivative are not all finite, naming the
/// two of `values` (n, sorted) that lie closest: their difference is what it was divided by.
template <class Scalar>
void require_finite_derivative(std::int64_t count, const Scalar* derivative, int n,
                               const Scalar* values, const std::string& of) {
  if (!derivative || all_finite(count, derivative)) return;
  std::ostringstream text;
  text << "the derivative of " << of << " is not finite";
  if (n > 1) {
    int closest = 0;
    for (int i = 1; i + 1 < n; ++i) {
      if (std::abs(values[i + 1] - values[i]) < std::abs(values[closest + 1] - values[closest]))
        closest = i;
    }
    text << "; the closest values, " << closest << " and " << closest + 1 << " counted from 0, are "
         << values[closest] << " and differ by " << std::abs(values[closest + 1] - values[closest]);
  }
  throw NonFiniteError(text.str());
}

}  // namespace eigenprop
