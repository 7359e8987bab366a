#include "models/autoencoder.hpp"

#include "operations/matrix_expression.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

MatrixExpression activate(const std::string& function, const MatrixExpression& a) {
  if (function == "sigmoid") return sigmoid(a);
  if (function == "tanh") return elementwise(a, ElementFunction::tanh);
  return function == "relu" ? relu(a) : a;
}

}  // namespace

void Autoencoder::build(Graph& graph, std::int64_t features) const {
  const auto x = matrix_input(graph, "points");
  const auto ones = matrix_input(graph, "ones");
  const auto W1 =
      matrix_parameter(graph, "encoder", {features, model().atoms}, deviation_of(features));
  const auto b1 = matrix_parameter(graph, "encoder_bias", {1, model().atoms}, 0);
  const auto hidden = activate(model().activation, x * W1 + ones * b1);
  const auto W2 = model().tied ? W1.transposed()
                               : matrix_parameter(graph, "decoder", {model().atoms, features},
                                                  deviation_of(model().atoms));
  const auto b2 = matrix_parameter(graph, "decoder_bias", {1, features}, 0);
  const auto weights = model().tied ? sum(square(W1)) : sum(square(W1)) + sum(square(W2));
  name_outputs(graph, activate(model().output, hidden * W2 + ones * b2) - x, nullptr,
               model().decay * weights);
}

std::vector<TensorSpec> Autoencoder::inputs(std::int64_t features, std::int64_t n) const {
  auto specs = DictionaryObjective::inputs(features, n);
  specs.push_back({{n, 1}, Precision::f64});
  return specs;
}

void Autoencoder::load_constants(Execution& execution) const {
  const auto ones = execution.input(1).as<double>();
  from_host(ones, std::vector<double>(index(ones.size()), 1.0));
}

}  // namespace eigenprop
