#include "models/dictionary_objective.hpp"

#include <cmath>

#include "models/autoencoder.hpp"
#include "models/coded_dictionary.hpp"
#include "models/rica.hpp"
#include "operations/matrix_expression.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

std::vector<TensorSpec> DictionaryObjective::inputs(std::int64_t features, std::int64_t n) const {
  return {{{n, features}, Precision::f64}};
}

std::unique_ptr<CodeSearch> DictionaryObjective::code_search(Graph&) const { return nullptr; }

void DictionaryObjective::name_outputs(Graph& graph, const MatrixExpression& residual,
                                       const MatrixExpression* sparsity,
                                       const MatrixExpression& penalty) {
  const auto reconstruction = sum(square(residual));
  graph.name_output("reconstruction", reconstruction.value());
  graph.name_output("objective",
                    (sparsity ? reconstruction + *sparsity : 1.0 * reconstruction).value());
  graph.name_output("penalty", penalty.value());
}

double deviation_of(std::int64_t inputs) { return 1 / std::sqrt(static_cast<double>(inputs)); }

std::unique_ptr<const DictionaryObjective> make_dictionary_objective(
    const DictionarySettings& settings) {
  const auto& name = settings.model.objective;
  if (name == "sparse") return std::make_unique<SparseCoding>(settings);
  if (name == "topographic") return std::make_unique<TopographicSparseCoding>(settings);
  if (name == "rica") return std::make_unique<Rica>(settings);
  require(name == "autoencoder",
          "model.objective = '" + name + "' is none of sparse, topographic, rica, autoencoder");
  return std::make_unique<Autoencoder>(settings);
}

}  // namespace eigenprop
