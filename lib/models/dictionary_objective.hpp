#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/execution.hpp"
#include "graph/graph.hpp"
#include "models/dictionary_model.hpp"

namespace eigenprop {

/// Codes of some points, and how the search for them went.
struct Codes {
  std::vector<double> values;  ///< (points, atoms); empty where the objective has no codes
  double unfinished = 0;       ///< points whose codes did not reach the tolerance
};

/// Finds codes for a dictionary as it was when the search was made.
class CodeSearch {
 public:
  virtual ~CodeSearch() = default;

  /// For the points in the inputs of this plan of the objective's graph. `stops` is asked again and
  /// again on the way: where it returns true, the search ends, and its codes are of no use.
  virtual Codes find(Execution& execution, const std::function<bool()>& stops) = 0;
};

/// One of the objectives of dictionary_model.hpp: its graph, what the graph takes beside the
/// points, and how its codes are found.
class DictionaryObjective {
 public:
  explicit DictionaryObjective(const DictionarySettings& settings) : settings_(settings) {}
  virtual ~DictionaryObjective() = default;

  /// Throws InputError for settings that this objective cannot have.
  virtual void check() const = 0;

  /// Whether there are codes beside the weights: atoms may then be bounded, are replaced where
  /// nobody uses them, and begin as points where asked for.
  virtual bool has_codes() const { return false; }

  /// Adds the objective to a graph (inputs and outputs: build_dictionary).
  virtual void build(Graph& graph, std::int64_t features) const = 0;

  /// Inputs of the graph for n points, the points first.
  virtual std::vector<TensorSpec> inputs(std::int64_t features, std::int64_t n) const;

  /// Puts what is the same for all points into the inputs of a plan.
  virtual void load_constants(Execution&) const {}

  /// A search for codes of the graph's present dictionary; null where there are none. `graph` must
  /// outlive it.
  virtual std::unique_ptr<CodeSearch> code_search(Graph& graph) const;

  /// What is added to the graph's objective, which is smooth, for these codes.
  virtual double added_objective(const std::vector<double>& /*codes*/) const { return 0; }

 protected:
  const DictionaryModelSettings& model() const { return settings_.model; }
  const DictionarySettings& settings() const { return settings_; }

  /// Names the outputs of a graph: "reconstruction", "objective" = reconstruction + sparsity, which
  /// may be null, and "penalty".
  static void name_outputs(Graph& graph, const class MatrixExpression& residual,
                           const class MatrixExpression* sparsity,
                           const class MatrixExpression& penalty);

 private:
  DictionarySettings settings_;
};

/// The objective that settings.model.objective names. Throws InputError for an unknown name.
std::unique_ptr<const DictionaryObjective> make_dictionary_objective(
    const DictionarySettings& settings);

/// Deviation of first weights of units with so many inputs.
double deviation_of(std::int64_t inputs);

}  // namespace eigenprop
