#pragma once

#include <vector>

#include "cuts/affinity_graph.hpp"
#include "graph/operation.hpp"

namespace eigenprop {

struct SpectralFilterSettings {
  int radius = 5;       ///< of the edge tensor's offsets
  int degree = 100;     ///< of the polynomial, and products with M
  double cut = 0.99;    ///< where the step is 1/2
  double width = 0.01;  ///< of the step: f(t) = (1 + erf((t − cut) / width)) / 2
  /// Ranks that share the image; null where one rank has all of it. Must outlive the operation.
  const Communicator* comm = nullptr;
};

/// Chebyshev coefficients a_k on [-1, 1] of the step, with Jackson's factors, which keep the
/// polynomial between 0 and 1 but for rounding (Weiße, Wellein, Alvermann and Fehske, Rev. Mod.
/// Phys. 78, 2006): p(t) = Σ_k a_k T_k(t), k = 0 .. degree.
std::vector<double> step_coefficients(const SpectralFilterSettings& settings);

/// Y = p(M) X for M of a graph of pixels and a polynomial p near a step: a projector of leading
/// eigenvectors with a soft edge, which needs neither eigenvectors nor a gap.
///
/// T_0 = X, T_1 = M X, T_(k+1) = 2 M T_k − T_(k−1), Y = Σ a_k T_k. The adjoint runs the recurrence
/// backwards, t_k = a_k Ȳ + 2 M t_(k+1) − t_(k+2), and T_(k−1) = 2 M T_k − T_(k+1) beside it, so
/// that no more than a few vectors are kept: it is the exact transpose, at three times the
/// products.
///
/// Inputs: edge tensor (own lines, width, offsets), double; X (own pixels, columns), double.
/// Outputs: Y, as X; and ⟨X, Y⟩ / columns (1), the same on all ranks: for columns of independent
/// signs ±1 an unbiased estimate of tr p(M), a soft number of segments (Hutchinson, 1990). Its
/// adjoint is the sum of what the ranks give. All maps are collective over `comm`. In training,
/// forward keeps the graph and M for the derivative maps.
class SpectralFilter : public Operation {
 public:
  explicit SpectralFilter(const SpectralFilterSettings& settings);
  std::string type() const override { return "spectral_filter"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  SpectralFilterSettings settings_;
  std::vector<double> coefficients_;
};

}  // namespace eigenprop
