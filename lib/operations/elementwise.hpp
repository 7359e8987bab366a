#pragma once

#include <string>

#include "graph/operation.hpp"

namespace eigenprop {

/// Functions of one number. ε is ElementwiseSettings::epsilon.
enum class ElementFunction {
  square,
  square_root,      ///< sqrt(x + ε); infinite derivative at x = -ε
  smooth_absolute,  ///< sqrt(x² + ε), the smoothed |x| of backpropagation-for-matrix-functions.txt
  exponential,
  logarithm,
  sigmoid,  ///< 1 / (1 + exp(-x))
  tanh,
  absolute_tanh,  ///< |tanh x| (convolutional-ncar-supplement.txt, eq. 28); derivative 0 at 0
  /// sign(x) max(|x| - ε, 0), the proximal operator of ε|x| (deep-learning-exercises.txt, eq. 40);
  /// derivative 0 at the corners
  soft_threshold
};

/// The name in registries and layers, like "absolute_tanh".
std::string element_function_name(ElementFunction function);

struct ElementwiseSettings {
  ElementFunction function = ElementFunction::square;
  double epsilon = 0;
};

/// y_i = f(x_i). Input: any shape, Scalar; output the same.
template <class Scalar>
class Elementwise : public Operation {
 public:
  explicit Elementwise(const ElementwiseSettings& settings) : settings_(settings) {}
  std::string type() const override { return element_function_name(settings_.function); }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  ElementwiseSettings settings_;
};

}  // namespace eigenprop
