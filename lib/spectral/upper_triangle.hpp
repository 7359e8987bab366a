#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Vector of the upper triangle of every symmetric matrix of a batch, row by row, with √2 before
/// the elements off the diagonal, so that scalar products of matrices and of vectors agree
/// (matrix-backpropagation.txt, section 7.1: the pooled matrices' upper triangle is classified).
///
/// Input: (batch, n, n), Scalar, of which the symmetric part counts. Output:
/// (batch, n (n + 1) / 2), Scalar.
template <class Scalar>
class UpperTriangle : public Operation {
 public:
  std::string type() const override { return "upper_triangle"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
