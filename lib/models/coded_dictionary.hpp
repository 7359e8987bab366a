#pragma once

#include "models/dictionary_objective.hpp"

namespace eigenprop {

/// Objectives whose points have codes s of their own: x is approximated by sD.
class CodedDictionary : public DictionaryObjective {
 public:
  using DictionaryObjective::DictionaryObjective;
  void check() const override;
  bool has_codes() const override { return true; }
  std::vector<TensorSpec> inputs(std::int64_t features, std::int64_t n) const override;
};

/// min_s ‖x - sD‖² + λ‖s‖₁; codes by proximal gradients (backpropagation-for-matrix-functions.txt,
/// example 1). λ‖s‖₁ is not in the graph.
class SparseCoding : public CodedDictionary {
 public:
  using CodedDictionary::CodedDictionary;
  void build(Graph& graph, std::int64_t features) const override;
  std::unique_ptr<CodeSearch> code_search(Graph& graph) const override;
  double added_objective(const std::vector<double>& codes) const override;
};

/// min_s ‖x - sD‖² + λ Σ sqrt(V (s ∘ s) + ε); codes by quasi-Newton through TAO, whose options
/// begin with -codes_ (backpropagation-for-matrix-functions.txt, example 2).
class TopographicSparseCoding : public CodedDictionary {
 public:
  using CodedDictionary::CodedDictionary;
  void check() const override;
  void build(Graph& graph, std::int64_t features) const override;
  std::vector<TensorSpec> inputs(std::int64_t features, std::int64_t n) const override;
  void load_constants(Execution& execution) const override;
  std::unique_ptr<CodeSearch> code_search(Graph& graph) const override;
};

/// V, (atoms, atoms), row-major: 1 where both atoms lie in one square of `neighbourhood` atoms a
/// side around the first on the map, which wraps around.
std::vector<double> grouping_matrix(const DictionaryModelSettings& model);

}  // namespace eigenprop
