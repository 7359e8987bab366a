#include "models/dictionary_model.hpp"

#include <cmath>

#include "models/dictionary_objective.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

void check_number(double value, const std::string& name) {
  require(value >= 0 && std::isfinite(value), name + " must be a number of at least 0");
}

}  // namespace

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
  line.option("train.unit", s.unit,
              "Points that go through the graph at once; ranks share whole units");
  declare_solver_options(line, s.solver, {"points", false});
}

void check_dictionary_settings(const DictionarySettings& s) {
  const auto& model = s.model;
  try {
    check_solver_settings(s.solver);
    require(model.atoms > 0, "model.atoms must be positive");
    check_number(model.sparsity, "model.sparsity");
    check_number(model.decay, "model.decay");
    require(model.smoothing > 0 && std::isfinite(model.smoothing),
            "model.smoothing must be positive");
    make_dictionary_objective(s)->check();
    require(s.codes.iterations > 0, "codes.iterations must be positive");
    check_number(s.codes.tolerance, "codes.tolerance");
    check_unit(s.unit);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

Graph build_dictionary(const DictionarySettings& settings, std::int64_t features) {
  Graph graph(static_cast<std::uint32_t>(settings.solver.seed));
  make_dictionary_objective(settings)->build(graph, features);
  return graph;
}

std::vector<TensorSpec> dictionary_inputs(const DictionarySettings& settings, std::int64_t features,
                                          std::int64_t n) {
  return make_dictionary_objective(settings)->inputs(features, n);
}

std::string dictionary_signature(const DictionarySettings& settings, std::int64_t features) {
  return settings.model.objective + ", " + std::to_string(features) + " features, " +
         std::to_string(settings.model.atoms) + " atoms" + (settings.model.tied ? ", tied" : "");
}

}  // namespace eigenprop
