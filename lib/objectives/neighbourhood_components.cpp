#include "objectives/neighbourhood_components.hpp"

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

void require_points(const std::string& type, const std::vector<TensorSpec>& inputs) {
  require_inputs(type, inputs, 2);
  require_input(type, inputs, 0, Precision::f64, 2);
  require(inputs[0].shape[1] > 0, type + ": embeddings have no dimension");
  require(inputs[1].shape[0] == inputs[0].shape[0],
          type + ": " + std::to_string(inputs[1].shape[0]) + " labels or targets of " +
              std::to_string(inputs[0].shape[0]) + " embeddings");
}

std::int64_t side_columns(const Shape& side) { return side.rank() == 1 ? 1 : side[1]; }

/// Labels as doubles: equal where they are equal, whatever their values.
std::vector<double> sides_of(const ExecutionSpace& space, const AnyTensor& side) {
  if (side.precision() == Precision::f64) return to_host(space, side.as<double>());
  const auto labels = to_host(space, side.as<std::int32_t>());
  return {labels.begin(), labels.end()};
}

std::vector<double> gradient_of(const NeighbourSoftmax& softmax, const std::vector<double>& state,
                                double factor, bool of_points, std::int64_t size) {
  std::vector<double> gradient(static_cast<std::size_t>(size));
  softmax.gradient(state.data(), factor, of_points ? gradient.data() : nullptr,
                   of_points ? nullptr : gradient.data());
  return gradient;
}

}  // namespace

OperationPlan NeighbourhoodComponents::plan(const std::vector<TensorSpec>& inputs) const {
  require_points(type(), inputs);
  require_input(type(), inputs, 1, Precision::i32, 1);
  return plan_objective(inputs);
}

OperationPlan NeighbourhoodRegression::plan(const std::vector<TensorSpec>& inputs) const {
  require_points(type(), inputs);
  require_input(type(), inputs, 1, Precision::f64, 2);
  require(inputs[1].shape[1] > 0, type() + ": targets have no dimension");
  return plan_objective(inputs);
}

OperationPlan NeighbourhoodObjective::plan_objective(const std::vector<TensorSpec>& inputs) const {
  const Shape& z = inputs[0].shape;
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}};
  plan.saved = {{{z[0], 3}, Precision::f64}};
  const auto rows = static_cast<double>(z[0]);
  plan.flops = rows * rows * static_cast<double>(3 * z[1] + 30);
  return plan;
}

NeighbourSoftmax NeighbourhoodObjective::softmax_of(const Arguments& a) const {
  const auto points = to_host(a.space, a.inputs[0].as<double>());
  const auto sides = sides_of(a.space, a.inputs[1]);
  const Shape& z = a.inputs[0].shape();
  return {cost_,
          points.data(),
          sides.data(),
          z[0],
          static_cast<int>(z[1]),
          static_cast<int>(side_columns(a.inputs[1].shape())),
          comm_,
          nullptr,
          a.space};
}

void NeighbourhoodObjective::forward(const Arguments& a) const {
  std::vector<double> state(static_cast<std::size_t>(a.saved[0].shape().size()));
  const double objective = softmax_of(a).objective(state.data());
  from_host(a.space, a.saved[0].as<double>(), state);
  from_host(a.space, a.outputs[0].as<double>(), {objective});
}

// The objective is a number: its change is the gradient times the change of the inputs.
void NeighbourhoodObjective::variation(const Arguments& a,
                                       const std::vector<AnyTensor>& input_variations,
                                       const std::vector<AnyTensor>& output_variations) const {
  const auto softmax = softmax_of(a);
  const auto state = to_host(a.space, a.saved[0].as<double>());
  double change = 0;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (input_variations[i].empty()) continue;
    const auto direction = to_host(a.space, input_variations[i].as<double>());
    const auto gradient =
        gradient_of(softmax, state, 1, i == 0, static_cast<std::int64_t>(direction.size()));
    for (std::size_t j = 0; j < direction.size(); ++j) change += gradient[j] * direction[j];
  }
  from_host(a.space, output_variations[0].as<double>(), {comm_.sum(change)});
}

void NeighbourhoodObjective::adjoint(const Arguments& a,
                                     const std::vector<AnyTensor>& output_adjoints,
                                     const std::vector<AnyTensor>& input_adjoints) const {
  const auto softmax = softmax_of(a);
  const auto state = to_host(a.space, a.saved[0].as<double>());
  const double seed = comm_.sum(to_host(a.space, output_adjoints[0].as<double>())[0]);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (input_adjoints[i].empty()) continue;
    from_host(a.space, input_adjoints[i].as<double>(),
              gradient_of(softmax, state, seed, i == 0, input_adjoints[i].shape().size()));
  }
}

}  // namespace eigenprop
