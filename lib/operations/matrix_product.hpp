#pragma once

#include "graph/operation.hpp"
#include "linalg/blas.hpp"

namespace eigenprop {

struct MatrixProductSettings {
  Transpose first = Transpose::no;   ///< of A
  Transpose second = Transpose::no;  ///< of B
};

/// C = op(A) op(B) (backpropagation-for-matrix-functions.txt: Ā = C̄ Bᵀ, B̄ = Aᵀ C̄ without
/// transposes). Inputs: two matrices, Scalar; `plan` throws InputError where the inner extents
/// differ.
template <class Scalar>
class MatrixProduct : public Operation {
 public:
  explicit MatrixProduct(const MatrixProductSettings& settings = {}) : settings_(settings) {}
  std::string type() const override { return "matrix_product"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  MatrixProductSettings settings_;
};

}  // namespace eigenprop
