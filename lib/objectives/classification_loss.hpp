#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

enum class ClassificationObjective {
  softmax,  ///< -log of the softmax probability of the right class
  logistic  ///< Σ_j log(1 + exp(-t_j z_j)), t_j = 1 for the right class and -1 for the others
};

/// Mean over a batch of a loss of logits z (deep-learning-exercises.txt, softmax;
/// matrix-backpropagation.txt, section 7.1).
///
/// Inputs: logits (..., n), Scalar, one row a sample; labels (rows), int32, 0 ... n - 1. Outputs:
/// the mean loss, double (1), evaluated without overflow; and, without derivative, int32 (rows):
/// how many classes have a larger logit than the right one (of equal ones, the classes before it):
/// below 1 where the best guess is right, below 5 where the right class is among the best five.
/// `forward` throws InputError that names the sample whose label is out of range.
template <class Scalar>
class ClassificationLoss : public Operation {
 public:
  explicit ClassificationLoss(ClassificationObjective objective) : objective_(objective) {}
  std::string type() const override {
    return objective_ == ClassificationObjective::softmax ? "softmax_loss" : "logistic_loss";
  }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  ClassificationObjective objective_;
};

}  // namespace eigenprop
