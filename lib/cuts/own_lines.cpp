#include "cuts/own_lines.hpp"

#include "cuts/pixel_grid.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

/// First element of the own lines in the whole map.
std::int64_t first_element(const Shape& map, int rank, int ranks) {
  return PixelGrid(map[1], map[2], rank, ranks).own().first * map[2] * map[3];
}

Tensor<double>::View own_part(const Tensor<double>& map, const Tensor<double>& part, int rank,
                              int ranks) {
  const auto first = static_cast<std::size_t>(first_element(map.shape(), rank, ranks));
  return Kokkos::subview(map.view(),
                         std::make_pair(first, first + static_cast<std::size_t>(part.size())));
}

}  // namespace

OperationPlan OwnLines::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, Precision::f64, 4);
  const Shape& map = inputs[0].shape;
  require(map[0] == 1, type() + " takes one image at a time, not " + map.text());
  OperationPlan plan;
  plan.outputs = {
      {{PixelGrid(map[1], map[2], rank_, ranks_).own().count, map[2], map[3]}, Precision::f64}};
  return plan;
}

void OwnLines::forward(const Arguments& a) const {
  const auto& lines = a.outputs[0].as<double>();
  Kokkos::deep_copy(a.space, lines.view(),
                    own_part(a.inputs[0].as<double>(), lines, rank_, ranks_));
}

void OwnLines::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                         const std::vector<AnyTensor>& output_variations) const {
  const auto& lines = output_variations[0].as<double>();
  Kokkos::deep_copy(a.space, lines.view(),
                    own_part(input_variations[0].as<double>(), lines, rank_, ranks_));
}

void OwnLines::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                       const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto& map = input_adjoints[0].as<double>();
  const auto& lines = output_adjoints[0].as<double>();
  Kokkos::deep_copy(a.space, map.view(), 0.0);
  Kokkos::deep_copy(a.space, own_part(map, lines, rank_, ranks_), lines.view());
}

}  // namespace eigenprop
