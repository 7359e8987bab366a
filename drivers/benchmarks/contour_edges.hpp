#pragma once

#include <vector>

#include "cuts/intervening_contour.hpp"

namespace eigenprop {

/// Edge tensor (own lines, width, offsets) of a boundary map (height, width) that all ranks know:
/// intervening contour with the maximum over a line, of width `sigma`.
inline Tensor<double> contour_edges(const std::vector<double>& map, std::int64_t height,
                                    std::int64_t width, int radius, const Communicator& world,
                                    double sigma = 0.05) {
  InterveningContourSettings settings;
  settings.edges = {radius, world.rank(), world.size()};
  settings.power = 0;
  const InterveningContour operation(settings);
  const Tensor<double> b({height, width}), contour_width({1});
  from_host(b, map);
  from_host(contour_width, {sigma});
  Arguments a;
  a.inputs = {b, contour_width};
  const auto plan =
      operation.plan({{b.shape(), Precision::f64}, {contour_width.shape(), Precision::f64}});
  const auto allocate = [](const std::vector<TensorSpec>& specs, std::vector<AnyTensor>& tensors) {
    for (const auto& spec : specs) tensors.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  };
  allocate(plan.outputs, a.outputs);
  allocate(plan.saved, a.saved);
  // The last of the scratch is for derivatives.
  allocate({plan.scratch[0], plan.scratch[1]}, a.scratch);
  operation.forward(a);
  return a.outputs[0].as<double>();
}

}  // namespace eigenprop
