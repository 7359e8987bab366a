#include "models/spectral_layers.hpp"

#include <algorithm>
#include <utility>

#include "operations/cast.hpp"
#include "runtime/error.hpp"
#include "spectral/newton_schulz.hpp"
#include "spectral/projector.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/structured_function.hpp"
#include "spectral/symmetric_function.hpp"

namespace eigenprop {
namespace {

using Maps = std::vector<FeatureMap>;
using Words = std::vector<std::string>;

const Words gap_keys = {"gaps", "limit", "broadening", "degree"};

[[noreturn]] void reject(const Layer& layer, const std::string& what) {
  throw InputError("layer '" + layer.name + "' (" + layer.type + "): " + what);
}

// What settings of operations throw names the layer.
template <class Make>
auto naming(const Layer& layer, const Make& make) {
  try {
    return make();
  } catch (const InputError& error) {
    reject(layer, error.what());
  }
}

Value wide_source(Graph& graph, const Layer& layer, const Maps& from) {
  if (from.size() != 1) reject(layer, "takes one map, not " + std::to_string(from.size()));
  if (from[0].wide) return *from[0].wide;
  return graph.apply(layer.name + ".double", std::make_shared<Cast<float, double>>(),
                     {from[0].value});
}

FeatureMap narrowed(Graph& graph, const Layer& layer, Value wide, std::int64_t channels) {
  return {graph.apply(layer.name, std::make_shared<Cast<double, float>>(), {wide}), channels, wide};
}

int whole(const Layer& layer, const std::string& key, int otherwise) {
  const auto value = layer.integer(key, otherwise);
  if (value < 1 || value > 10000) reject(layer, key + " must lie in 1 .. 10000");
  return static_cast<int>(value);
}

GapTreatment gaps_of(const Layer& layer, const std::string& remedy) {
  GapTreatment gaps;
  gaps.remedy = naming(layer, [&] { return gap_remedy(remedy); });
  gaps.limit = layer.number("limit", gaps.limit);
  gaps.broadening = layer.number("broadening", gaps.broadening);
  gaps.degree = whole(layer, "degree", gaps.degree);
  return gaps;
}

ScalarFunction function_of(const Layer& layer) {
  return naming(layer, [&] { return scalar_function(layer.word("function", "log")); });
}

NewtonSchulzSettings iteration_of(const Layer& layer) {
  NewtonSchulzSettings iteration;
  const auto by = layer.word("normalization", "trace");
  if (by != "trace" && by != "frobenius")
    reject(layer, "normalization is trace or frobenius, not '" + by + "'");
  iteration.normalization = by == "trace" ? NewtonSchulzSettings::Normalization::trace
                                          : NewtonSchulzSettings::Normalization::frobenius;
  iteration.iterations = whole(layer, "iterations", iteration.iterations);
  return iteration;
}

// The pooling of `features` in their own precision, its last operation called `name`.
template <class Scalar>
Value pooled(Graph& graph, const Layer& layer, const std::string& name, Value features) {
  SecondOrderPoolingSettings pooling;
  pooling.function = function_of(layer);
  pooling.epsilon = layer.number("epsilon", pooling.epsilon);
  const auto derivative = layer.word("derivative", "exact");
  const auto exact = [&] { return std::make_shared<SecondOrderPooling<Scalar>>(pooling); };
  // Checks ε and the function for all.
  const auto operation = naming(layer, exact);
  if (derivative == "exact") return graph.apply(name, operation, {features});
  if (derivative == "newton_schulz") {
    if (pooling.function.name() != ScalarFunction::square_root().name())
      reject(layer, "derivative=newton_schulz is that of the square root: set function=sqrt");
    pooling.function = ScalarFunction::identity();
    const auto z = graph.apply(name + "/gram", exact(), {features});
    return graph.apply(name, std::make_shared<NewtonSchulzRoot<Scalar>>(iteration_of(layer)), {z});
  }
  const Words remedies = {"paper", "clip", "lorentzian", "taylor", "pade"};
  if (std::find(remedies.begin(), remedies.end(), derivative) == remedies.end())
    reject(layer,
           "derivative is exact, paper, clip, lorentzian, taylor, pade or newton_schulz, "
           "not '" +
               derivative + "'");
  const auto gaps = gaps_of(layer, derivative == "paper" ? "plain" : derivative);
  const auto route = layer.word("route", "svd");
  if (route == "svd") {
    SingularValueSettings settings;
    settings.gaps = gaps;
    return naming(layer, [&] {
      return pool_by_singular_values<Scalar>(graph, name, features, pooling.function,
                                             pooling.epsilon, settings);
    });
  }
  if (route != "eig") reject(layer, "route is svd or eig, not '" + route + "'");
  EigenvectorSettings settings;
  settings.gaps = gaps;
  return naming(layer, [&] {
    return pool_by_eigenvalues<Scalar>(graph, name, features, pooling.function, pooling.epsilon,
                                       settings);
  });
}

}  // namespace

FeatureMap add_second_order(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {"function", "epsilon", "precision", "derivative", "route", "limit", "broadening",
                  "degree", "iterations", "normalization"});
  const auto precision = layer.word("precision", "double");
  if (precision == "float") {
    if (from.size() != 1) reject(layer, "takes one map, not " + std::to_string(from.size()));
    return {pooled<float>(graph, layer, layer.name, from[0].value), from[0].channels};
  }
  if (precision != "double") reject(layer, "precision is double or float, not '" + precision + "'");
  // The whole-matrix part in double: the paper measured the loss of accuracy otherwise (7.1).
  const auto wide = wide_source(graph, layer, from);
  return narrowed(graph, layer, pooled<double>(graph, layer, layer.name + ".pooling", wide),
                  from[0].channels);
}

FeatureMap add_singular_values(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, gap_keys);
  SingularValueSettings settings;
  settings.gaps = gaps_of(layer, layer.word("gaps", "plain"));
  const auto operation =
      naming(layer, [&] { return std::make_shared<SingularValueDecomposition<double>>(settings); });
  const auto outputs =
      graph.apply(layer.name + ".svd", operation, {wide_source(graph, layer, from)}, 3);
  auto map = narrowed(graph, layer, outputs[1], from[0].channels);
  map.parts = {{"u", outputs[0]}, {"values", outputs[1]}, {"v", outputs[2]}};
  return map;
}

FeatureMap add_eigenvalues(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, gap_keys);
  EigenvectorSettings settings;
  settings.gaps = gaps_of(layer, layer.word("gaps", "plain"));
  const auto operation = naming(
      layer, [&] { return std::make_shared<SymmetricEigendecomposition<double>>(settings); });
  const auto outputs =
      graph.apply(layer.name + ".eig", operation, {wide_source(graph, layer, from)}, 2);
  auto map = narrowed(graph, layer, outputs[1], from[0].channels);
  map.parts = {{"u", outputs[0]}, {"values", outputs[1]}};
  return map;
}

FeatureMap add_matrix_function(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {"function", "epsilon"});
  if (from.size() != 1) reject(layer, "takes one layer, not " + std::to_string(from.size()));
  const auto& parts = from[0].parts;
  const auto function = function_of(layer);
  const bool of_svd = parts.count("v") > 0;
  if (!of_svd && layer.word("epsilon", "none") != "none")
    reject(layer, "epsilon is for the values of an svd layer");
  std::shared_ptr<const Operation> operation;
  std::vector<Value> inputs;
  if (of_svd) {
    operation = naming(layer, [&] {
      return std::make_shared<SingularValueFunction<double>>(function,
                                                             layer.number("epsilon", 1e-3));
    });
    inputs = {parts.at("values"), parts.at("v")};
  } else if (!parts.empty()) {
    operation = std::make_shared<EigenvalueFunction<double>>(function);
    inputs = {parts.at("values"), parts.at("u")};
  } else {
    operation = std::make_shared<SymmetricFunction<double>>(function);
    inputs = {wide_source(graph, layer, from)};
  }
  return narrowed(graph, layer, graph.apply(layer.name + ".function", operation, inputs),
                  from[0].channels);
}

FeatureMap add_projector(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {"tolerance"});
  ProjectorSettings settings;
  // The matrix has come through single precision.
  settings.tolerance = layer.number("tolerance", 1e-6);
  const auto operation =
      naming(layer, [&] { return std::make_shared<RangeProjector<double>>(settings); });
  const auto outputs =
      graph.apply(layer.name + ".range", operation, {wide_source(graph, layer, from)}, 2);
  return narrowed(graph, layer, outputs[0], from[0].channels);
}

FeatureMap add_newton_schulz(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {"iterations", "normalization"});
  const auto operation = std::make_shared<NewtonSchulzRoot<double>>(iteration_of(layer));
  return narrowed(graph, layer,
                  graph.apply(layer.name + ".root", operation, {wide_source(graph, layer, from)}),
                  from[0].channels);
}

}  // namespace eigenprop
