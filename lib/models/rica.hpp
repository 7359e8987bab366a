#pragma once

#include "models/dictionary_objective.hpp"

namespace eigenprop {

/// Independent components with a reconstruction cost: ‖WᵀWx - x‖² + λ Σ sqrt((Wx)² + ε)
/// (backpropagation-for-matrix-functions.txt, example 3).
class Rica : public DictionaryObjective {
 public:
  using DictionaryObjective::DictionaryObjective;
  void check() const override {}
  void build(Graph& graph, std::int64_t features) const override;
};

}  // namespace eigenprop
