#pragma once

#include "graph/operation.hpp"
#include "spectral/gram_function.hpp"

namespace eigenprop {

struct SecondOrderPoolingSettings {
  ScalarFunction function = ScalarFunction::log();
  double epsilon = 1e-3;  ///< must be positive
  GramRoute route = GramRoute::automatic;
  double spread = 0;  ///< see GramFunction; 0: 1e6 in double, 1e2 in float
};

/// Second-order pooling C = g(FᵀF + εI) of every sample of a batch (matrix-backpropagation.txt,
/// section 5, eq. 36 to 41, Corollary 1), with exact derivatives for every spectrum
/// (GramFunction).
///
/// Input: F (batch, ..., d), Scalar; the dimensions between are the m locations. Output: C
/// (batch, d, d), Scalar, symmetric. Samples are spread over the host threads.
/// `forward` throws NonFiniteError that names the sample, counted from 0, for a non-finite F, and
/// Error where LAPACK does not converge.
template <class Scalar>
class SecondOrderPooling : public Operation {
 public:
  /// Throws InputError for an ε that is not positive, or lies outside the function's domain.
  explicit SecondOrderPooling(const SecondOrderPoolingSettings& settings = {});
  std::string type() const override { return "second_order_pooling"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  GramFunction<Scalar> function_of(const Shape& features) const;
  SecondOrderPoolingSettings settings_;
};

}  // namespace eigenprop
