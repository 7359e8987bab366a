#include "models/rica.hpp"

#include "operations/matrix_expression.hpp"

namespace eigenprop {

void Rica::build(Graph& graph, std::int64_t features) const {
  const auto x = matrix_input(graph, "points");
  const auto W =
      matrix_parameter(graph, "dictionary", {model().atoms, features}, deviation_of(features));
  const auto responses = x * W.transposed();
  const auto sparsity = model().sparsity * sum(smooth_absolute(responses, model().smoothing));
  name_outputs(graph, responses * W - x, &sparsity, model().decay * sum(square(W)));
}

}  // namespace eigenprop
