#pragma once

#include <vector>

namespace eigenprop {

/// Square matrices in full, for the reference formulas of matrix-backpropagation.txt, section 6.
/// Nothing here shares code with the factored forms but LAPACK's eigen-decomposition.
class Dense {
 public:
  Dense(int rows, int columns) : rows_(rows), columns_(columns), data_(size(), 0.0) {}
  Dense(int rows, int columns, std::vector<double> data)
      : rows_(rows), columns_(columns), data_(std::move(data)) {}

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  double& operator()(int i, int j) { return data_[at(i, j)]; }
  double operator()(int i, int j) const { return data_[at(i, j)]; }
  const std::vector<double>& data() const { return data_; }

  Dense transposed() const;
  Dense symmetric_part() const;
  double norm() const;

  static Dense identity(int n);
  static Dense diagonal(const std::vector<double>& values);

 private:
  std::size_t size() const {
    return static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_);
  }
  std::size_t at(int i, int j) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(j);
  }
  int rows_, columns_;
  std::vector<double> data_;
};

Dense operator*(const Dense& a, const Dense& b);
Dense operator+(const Dense& a, const Dense& b);
Dense operator-(const Dense& a, const Dense& b);
Dense operator*(double scale, const Dense& a);

/// Moore-Penrose inverse and projector of a symmetric matrix, of its eigenvalues above
/// 1e-10 of the largest in magnitude.
struct Spectrum {
  Dense inverse;
  Dense projector;
  int rank;
};
Spectrum spectrum(const Dense& symmetric);

/// Value and gradients of J₁ (eq. 50) or J₂ (eq. 59) for one segmentation, by the m x m formulas.
struct DenseAlignment {
  double value;
  int rank_w;
  Dense gradient_f;
  Dense gradient_lambda;
};
DenseAlignment dense_j1(const Dense& f, const Dense& lambda, const std::vector<int>& labels,
                        int segments);
DenseAlignment dense_j2(const Dense& f, const Dense& lambda, const std::vector<int>& labels,
                        int segments);

/// The same with Π_W or Π_M replaced by Π_ε = A (A + δI)⁻¹ of the m x m matrix A = W = FFᵀ or A =
/// M, δ = ε²λ₁(A), and the derivative in ε. rank_w counts eigenvalues above δ.
struct DenseRegularizedAlignment {
  DenseAlignment alignment;
  double effective_rank;
  double projector_value;  ///< J of the eigenvectors above δ
  double d_epsilon;
};
DenseRegularizedAlignment dense_regularized_j1(const Dense& f, double epsilon,
                                               const std::vector<int>& labels, int segments);
DenseRegularizedAlignment dense_regularized_j2(const Dense& f, double epsilon,
                                               const std::vector<int>& labels, int segments);

/// The truncated J₁ of a full affinity matrix W: ½‖P − Π_Ω‖², P the projector of the `vectors`
/// leading eigenvectors of M. `gradient`: (i, j) is the derivative in W_ij = W_ji. Rows of zeros in
/// W take no part.
struct DenseTruncatedAlignment {
  double value;
  std::vector<double> eigenvalues;  ///< of M, descending
  Dense gradient;
};
DenseTruncatedAlignment dense_truncated_j1(const Dense& w, int vectors,
                                           const std::vector<int>& labels, int segments);

/// M = D^(-1/2) F Λ Fᵀ D^(-1/2), eq. 49.
Dense dense_normalized_affinity(const Dense& f, const Dense& lambda);

}  // namespace eigenprop
