#include "models/dictionary_model.hpp"

#include <algorithm>
#include <cmath>

#include "models/gradient_descent.hpp"
#include "operations/matrix_expression.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

void check_number(double value, const std::string& name) {
  require(value >= 0 && std::isfinite(value), name + " must be a number of at least 0");
}

double deviation_of(std::int64_t inputs) { return 1 / std::sqrt(static_cast<double>(inputs)); }

MatrixExpression activate(const std::string& function, const MatrixExpression& a) {
  if (function == "sigmoid") return sigmoid(a);
  if (function == "tanh") return elementwise(a, ElementFunction::tanh);
  return function == "relu" ? relu(a) : a;
}

/// Names the outputs; `sparsity` may be null.
void finish(Graph& graph, const MatrixExpression& residual, const MatrixExpression* sparsity,
            const MatrixExpression& penalty) {
  const auto reconstruction = sum(square(residual));
  graph.name_output("reconstruction", reconstruction.value());
  graph.name_output("objective",
                    (sparsity ? reconstruction + *sparsity : 1.0 * reconstruction).value());
  graph.name_output("penalty", penalty.value());
}

void build_with_codes(Graph& graph, const DictionaryModelSettings& model, std::int64_t features) {
  const auto x = matrix_input(graph, "points");
  const auto s = matrix_input(graph, "codes", true);
  const auto D =
      matrix_parameter(graph, "dictionary", {model.atoms, features}, deviation_of(features));
  const auto residual = s * D - x;
  const auto penalty = model.decay * sum(square(D));
  if (model.objective == "sparse") return finish(graph, residual, nullptr, penalty);
  const auto V = matrix_input(graph, "groups");
  // V is symmetric.
  const auto groups = sum(square_root(square(s) * V, model.smoothing));
  const auto sparsity = model.sparsity * groups;
  finish(graph, residual, &sparsity, penalty);
}

void build_rica(Graph& graph, const DictionaryModelSettings& model, std::int64_t features) {
  const auto x = matrix_input(graph, "points");
  const auto W =
      matrix_parameter(graph, "dictionary", {model.atoms, features}, deviation_of(features));
  const auto responses = x * W.transposed();
  const auto sparsity = model.sparsity * sum(smooth_absolute(responses, model.smoothing));
  finish(graph, responses * W - x, &sparsity, model.decay * sum(square(W)));
}

void build_autoencoder(Graph& graph, const DictionaryModelSettings& model, std::int64_t features) {
  const auto x = matrix_input(graph, "points");
  const auto ones = matrix_input(graph, "ones");
  const auto W1 =
      matrix_parameter(graph, "encoder", {features, model.atoms}, deviation_of(features));
  const auto b1 = matrix_parameter(graph, "encoder_bias", {1, model.atoms}, 0);
  const auto hidden = activate(model.activation, x * W1 + ones * b1);
  const auto W2 = model.tied ? W1.transposed()
                             : matrix_parameter(graph, "decoder", {model.atoms, features},
                                                deviation_of(model.atoms));
  const auto b2 = matrix_parameter(graph, "decoder_bias", {1, features}, 0);
  const auto weights = model.tied ? sum(square(W1)) : sum(square(W1)) + sum(square(W2));
  finish(graph, activate(model.output, hidden * W2 + ones * b2) - x, nullptr,
         model.decay * weights);
}

}  // namespace

bool has_codes(const DictionaryModelSettings& model) {
  return model.objective == "sparse" || model.objective == "topographic";
}

void declare_dictionary_options(CommandLine& line, DictionarySettings& s) {
  line.choice("model.objective", s.model.objective,
              {"sparse", "topographic", "rica", "autoencoder"}, "What is learned");
  line.option("model.atoms", s.model.atoms, "Atoms of the dictionary, or hidden units");
  line.option("model.sparsity", s.model.sparsity, "Weight of the sparsity of codes");
  line.option("model.decay", s.model.decay, "Weight of the squared weights");
  line.option("model.smoothing", s.model.smoothing,
              "topographic, rica: what is added under the square root");
  line.choice("model.constraint", s.model.constraint, {"ball", "none"},
              "sparse, topographic: atoms of norm at most 1, or free (then model.decay > 0)");
  line.choice("model.initial", s.model.initial, {"points", "random"},
              "sparse, topographic: first atoms");
  line.option("model.map", s.model.map, "topographic: rows and columns of the map of atoms");
  line.option("model.neighbourhood", s.model.neighbourhood,
              "topographic: side of a group of atoms on the map");
  line.choice("model.activation", s.model.activation, {"sigmoid", "relu", "tanh"},
              "autoencoder: of hidden units");
  line.choice("model.output", s.model.output, {"linear", "sigmoid"},
              "autoencoder: of the reconstruction");
  line.option("model.tied", s.model.tied, "autoencoder: the decoder is the encoder's transpose");
  line.choice("codes.method", s.codes.method, {"fista", "ista"}, "sparse: how codes are found");
  line.option("codes.iterations", s.codes.iterations, "Most iterations for a code");
  line.option("codes.tolerance", s.codes.tolerance,
              "sparse: largest entry of the generalized gradient that is enough; topographic: norm "
              "of the gradient in the codes of a unit");
  line.choice("train.method", s.method, {"sgd", "cg", "lmvm"},
              "Momentum SGD on batches, or conjugate gradients or quasi-Newton on all points");
  line.option("train.iterations", s.iterations,
              "cg, lmvm: iterations; of sparse and topographic: alternations with the codes");
  line.option("train.restart", s.restart,
              "cg, lmvm: iterations between restarts, where checkpoints are written; of sparse and "
              "topographic: iterations of an alternation");
  line.option("train.epochs", s.epochs, "sgd: passes over the data");
  line.option("train.batch", s.batch, "sgd: points of a step, over all ranks");
  line.option("train.unit", s.unit,
              "Points that go through the graph at once; ranks share whole units");
  line.option("train.seed", s.seed, "Determines weights, first atoms and order");
  declare_descent_options(line, s.optimizer, s.schedule, "sgd: ");
}

void check_dictionary_settings(const DictionarySettings& s) {
  const auto& model = s.model;
  try {
    Schedule(s.schedule, static_cast<double>(s.epochs));
    require(model.atoms > 0, "model.atoms must be positive");
    check_number(model.sparsity, "model.sparsity");
    check_number(model.decay, "model.decay");
    require(model.smoothing > 0 && std::isfinite(model.smoothing),
            "model.smoothing must be positive");
    if (model.objective == "topographic") {
      require(model.map.size() == 2 && model.map[0] > 0 && model.map[1] > 0 &&
                  model.map[0] * model.map[1] == model.atoms,
              "model.map must be rows and columns whose product is model.atoms");
      require(model.neighbourhood > 0 && model.neighbourhood % 2 == 1 &&
                  model.neighbourhood <= std::min(model.map[0], model.map[1]),
              "model.neighbourhood must be odd and no larger than the map");
    }
    if (has_codes(model)) {
      require(s.method == "sgd" || model.constraint == "none",
              "train.method cg and lmvm know no constraint: model.constraint must be none");
      // Longer atoms would make the codes' penalty vanish.
      require(model.constraint == "ball" || model.decay > 0 || model.sparsity == 0,
              "model.constraint = \"none\" needs a positive model.decay");
    }
    require(s.codes.iterations > 0, "codes.iterations must be positive");
    check_number(s.codes.tolerance, "codes.tolerance");
    require(s.iterations >= 0 && s.epochs >= 0,
            "train.iterations and train.epochs must not be negative");
    require(s.restart > 0 && s.batch > 0 && s.unit > 0,
            "train.restart, train.batch and train.unit must be positive");
    require(s.seed >= 0 && s.seed < (std::int64_t{1} << 32), "train.seed must fit 32 bits");
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

Graph build_dictionary(const DictionarySettings& settings, std::int64_t features) {
  Graph graph(static_cast<std::uint32_t>(settings.seed));
  if (has_codes(settings.model)) {
    build_with_codes(graph, settings.model, features);
  } else if (settings.model.objective == "rica") {
    build_rica(graph, settings.model, features);
  } else {
    build_autoencoder(graph, settings.model, features);
  }
  return graph;
}

std::vector<TensorSpec> dictionary_inputs(const DictionaryModelSettings& model,
                                          std::int64_t features, std::int64_t n) {
  std::vector<TensorSpec> inputs = {{{n, features}, Precision::f64}};
  if (has_codes(model)) inputs.push_back({{n, model.atoms}, Precision::f64});
  if (model.objective == "topographic")
    inputs.push_back({{model.atoms, model.atoms}, Precision::f64});
  if (model.objective == "autoencoder") inputs.push_back({{n, 1}, Precision::f64});
  return inputs;
}

std::vector<double> grouping_matrix(const DictionaryModelSettings& model) {
  const std::int64_t rows = model.map[0], columns = model.map[1], reach = model.neighbourhood / 2;
  std::vector<double> matrix(static_cast<std::size_t>(model.atoms * model.atoms), 0.0);
  for (std::int64_t atom = 0; atom < model.atoms; ++atom) {
    for (std::int64_t dy = -reach; dy <= reach; ++dy) {
      for (std::int64_t dx = -reach; dx <= reach; ++dx) {
        const std::int64_t y = (atom / columns + dy + rows) % rows;
        const std::int64_t x = (atom % columns + dx + columns) % columns;
        matrix[static_cast<std::size_t>(atom * model.atoms + y * columns + x)] = 1;
      }
    }
  }
  return matrix;
}

std::string dictionary_signature(const DictionarySettings& settings, std::int64_t features) {
  return settings.model.objective + ", " + std::to_string(features) + " features, " +
         std::to_string(settings.model.atoms) + " atoms" + (settings.model.tied ? ", tied" : "");
}

}  // namespace eigenprop
