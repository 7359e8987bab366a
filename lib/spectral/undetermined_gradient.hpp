#pragma once

#include <cstdint>
#include <vector>

namespace eigenprop {

/// Measures how much of the gradient that arrives at singular vectors or eigenvectors lies in
/// directions that the decomposition does not determine: rotations within the vectors of equal
/// values (of left and right vectors together, for singular values above zero), of the left
/// vectors of zero singular values out of the range of the matrix, and of the columns that complete
/// a full decomposition. A gradient there belongs to a loss that depends on the arbitrary choice of
/// LAPACK, or to a matrix function whose derivative the plain formula cannot give.
///
/// Hand one object to the settings of a decomposition and read it after backward passes. It is
/// written after the samples' loop of each `adjoint` and is not to be read during one.
class UndeterminedGradient {
 public:
  /// Two values are called equal where they differ by at most `tolerance` times the largest
  /// magnitude of their sample. The default suits double; 1e-5 does float.
  explicit UndeterminedGradient(double tolerance = 1e-12);

  /// Of one sample, squares of Frobenius norms.
  struct Part {
    double undetermined = 0;  ///< of the gradient's projection on the directions above
    double total = 0;         ///< of the gradient in all outputs of the decomposition
    std::int64_t pairs = 0;   ///< pairs of equal values
  };

  bool equal(double a, double b, double largest) const;
  void add(const std::vector<Part>& samples);

  /// Root of undetermined / total over all samples since the last reset(): 0 ... 1.
  double share() const;
  /// The same of the sample where it is largest.
  double largest_share() const { return largest_share_; }
  /// Pairs of equal values, and samples that have any.
  std::int64_t pairs() const { return sum_.pairs; }
  std::int64_t samples_with_pairs() const { return samples_with_pairs_; }
  /// Samples seen.
  std::int64_t samples() const { return samples_; }
  void reset();

 private:
  double tolerance_;
  Part sum_;
  double largest_share_ = 0;
  std::int64_t samples_ = 0;
  std::int64_t samples_with_pairs_ = 0;
};

}  // namespace eigenprop
