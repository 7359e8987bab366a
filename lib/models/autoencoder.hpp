#pragma once

#include "models/dictionary_objective.hpp"

namespace eigenprop {

/// ‖σ₂(W₂ σ₁(W₁x + b₁) + b₂) - x‖² (deep-learning-exercises.txt, eq. 24).
class Autoencoder : public DictionaryObjective {
 public:
  using DictionaryObjective::DictionaryObjective;
  void check() const override {}
  void build(Graph& graph, std::int64_t features) const override;
  std::vector<TensorSpec> inputs(std::int64_t features, std::int64_t n) const override;
  void load_constants(Execution& execution) const override;
};

}  // namespace eigenprop
