#include "models/coded_dictionary.hpp"

#include <algorithm>
#include <cmath>

#include "operations/matrix_expression.hpp"
#include "optimization/batch_minimizer.hpp"
#include "optimization/sparse_codes.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

class ProximalSearch : public CodeSearch {
 public:
  ProximalSearch(const DictionarySettings& settings, Graph& graph)
      : dictionary_(to_host(graph.parameters().find("dictionary")->value.as<double>())),
        atoms_(settings.model.atoms),
        features_(static_cast<std::int64_t>(dictionary_.size()) / atoms_),
        coder_(dictionary_.data(), atoms_, features_, search_of(settings)) {}

  Codes find(Execution& execution, const std::function<bool()>& stops) override {
    const auto x = to_host(execution.input(0).as<double>());
    const auto n = static_cast<std::int64_t>(x.size()) / features_;
    Codes codes;
    codes.values.assign(index(n * atoms_), 0.0);
    codes.unfinished =
        static_cast<double>(coder_.solve(x.data(), n, codes.values.data(), stops).unfinished);
    return codes;
  }

 private:
  static SparseCodeSettings search_of(const DictionarySettings& settings) {
    SparseCodeSettings search;
    search.sparsity = settings.model.sparsity;
    search.method = settings.codes.method == "ista" ? ProximalMethod::ista : ProximalMethod::fista;
    search.iterations = settings.codes.iterations;
    search.tolerance = settings.codes.tolerance;
    return search;
  }

  std::vector<double> dictionary_;
  std::int64_t atoms_, features_;
  SparseCoder coder_;
};

class QuasiNewtonSearch : public CodeSearch {
 public:
  QuasiNewtonSearch(const CodeSearchSettings& settings, Graph& graph)
      : settings_(settings), graph_(graph) {}

  Codes find(Execution& execution, const std::function<bool()>& stops) override {
    const auto input = execution.input(1);
    ParameterSet set;
    const auto codes = set.create("codes", {input.shape(), Precision::f64}, {}, 0);
    const Value objective = graph_.output("objective");
    const Value position = {graph_.inputs()[1]};
    BatchMinimizerSettings search;
    search.method = "lmvm";
    search.restart = settings_.iterations;
    search.gradient_tolerance = settings_.tolerance;
    search.prefix = "codes_";
    // Every rank searches by itself.
    BatchMinimizer minimizer(set, search, Communicator::self());
    Tensor<double> one({1}), zero({1});
    from_host(one, {1.0});
    // The penalty is among the seeds, so that the plan of the backward pass stays the same.
    const Execution::Seeds seeds = {{objective, one}, {graph_.output("penalty"), zero}};
    minimizer.minimize(
        0, settings_.iterations,
        [&] {
          copy(input, codes->value);
          execution.forward({});
          execution.backward(seeds);
          copy(codes->adjoint, execution.adjoint(position));
          return to_host(execution.value(objective).as<double>())[0];
        },
        [&](const BatchMinimizer::Iteration&) { return !stops(); });
    return {to_host(codes->value.as<double>()), 0};
  }

 private:
  CodeSearchSettings settings_;
  Graph& graph_;
};

/// x, s, D and γ‖D‖² of both objectives.
struct Terms {
  MatrixExpression x, s, D, penalty;
};

Terms add_terms(Graph& graph, const DictionaryModelSettings& model, std::int64_t features) {
  const auto x = matrix_input(graph, "points");
  const auto s = matrix_input(graph, "codes", true);
  const auto D =
      matrix_parameter(graph, "dictionary", {model.atoms, features}, deviation_of(features));
  return {x, s, D, model.decay * sum(square(D))};
}

}  // namespace

void CodedDictionary::check() const {
  require(settings().solver.by_batches() || model().constraint == "none",
          "train.method cg and lmvm know no constraint: model.constraint must be none");
  // Longer atoms would make the codes' penalty vanish.
  require(model().constraint == "ball" || model().decay > 0 || model().sparsity == 0,
          "model.constraint = \"none\" needs a positive model.decay");
}

std::vector<TensorSpec> CodedDictionary::inputs(std::int64_t features, std::int64_t n) const {
  return {{{n, features}, Precision::f64}, {{n, model().atoms}, Precision::f64}};
}

void SparseCoding::build(Graph& graph, std::int64_t features) const {
  const auto terms = add_terms(graph, model(), features);
  name_outputs(graph, terms.s * terms.D - terms.x, nullptr, terms.penalty);
}

std::unique_ptr<CodeSearch> SparseCoding::code_search(Graph& graph) const {
  return std::make_unique<ProximalSearch>(settings(), graph);
}

double SparseCoding::added_objective(const std::vector<double>& codes) const {
  double l1 = 0;
  for (const double s : codes) l1 += std::abs(s);
  return model().sparsity * l1;
}

void TopographicSparseCoding::check() const {
  CodedDictionary::check();
  const auto& map = model().map;
  require(map.size() == 2 && map[0] > 0 && map[1] > 0 && map[0] * map[1] == model().atoms,
          "model.map must be rows and columns whose product is model.atoms");
  require(model().neighbourhood > 0 && model().neighbourhood % 2 == 1 &&
              model().neighbourhood <= std::min(map[0], map[1]),
          "model.neighbourhood must be odd and no larger than the map");
}

void TopographicSparseCoding::build(Graph& graph, std::int64_t features) const {
  const auto terms = add_terms(graph, model(), features);
  const auto residual = terms.s * terms.D - terms.x;
  const auto V = matrix_input(graph, "groups");
  // V is symmetric.
  const auto groups = sum(square_root(square(terms.s) * V, model().smoothing));
  const auto sparsity = model().sparsity * groups;
  name_outputs(graph, residual, &sparsity, terms.penalty);
}

std::vector<TensorSpec> TopographicSparseCoding::inputs(std::int64_t features,
                                                        std::int64_t n) const {
  auto specs = CodedDictionary::inputs(features, n);
  specs.push_back({{model().atoms, model().atoms}, Precision::f64});
  return specs;
}

void TopographicSparseCoding::load_constants(Execution& execution) const {
  from_host(execution.input(2).as<double>(), grouping_matrix(model()));
}

std::unique_ptr<CodeSearch> TopographicSparseCoding::code_search(Graph& graph) const {
  return std::make_unique<QuasiNewtonSearch>(settings().codes, graph);
}

std::vector<double> grouping_matrix(const DictionaryModelSettings& model) {
  const std::int64_t rows = model.map[0], columns = model.map[1], reach = model.neighbourhood / 2;
  std::vector<double> matrix(index(model.atoms * model.atoms), 0.0);
  for (std::int64_t atom = 0; atom < model.atoms; ++atom) {
    for (std::int64_t dy = -reach; dy <= reach; ++dy) {
      for (std::int64_t dx = -reach; dx <= reach; ++dx) {
        const std::int64_t y = (atom / columns + dy + rows) % rows;
        const std::int64_t x = (atom % columns + dx + columns) % columns;
        matrix[index(atom * model.atoms + y * columns + x)] = 1;
      }
    }
  }
  return matrix;
}

}  // namespace eigenprop
