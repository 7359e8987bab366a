#include "operations/lp_pool2d.hpp"

#include <cmath>

#include "operations/windows.hpp"
#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

/// dy/dx = sign(x) (|x| / y)^(p-1); 0 where the window is zero.
template <class Scalar>
KOKKOS_INLINE_FUNCTION Scalar slope(Scalar x, Scalar y, Scalar power) {
  using std::abs, std::pow;
  if (!(y > Scalar(0))) return Scalar(0) * y;
  const Scalar size = pow(abs(x) / y, power - 1);
  return x > Scalar(0) ? size : x < Scalar(0) ? -size : Scalar(0) * x;
}

}  // namespace

template <class Scalar>
LpPool2d<Scalar>::LpPool2d(const PoolSettings& settings, double power)
    : settings_(settings), power_(power) {
  check_pool(type(), settings);
  require(power >= 1 && std::isfinite(power), "lp_pool2d: the power must be at least 1");
}

template <class Scalar>
OperationPlan LpPool2d<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), 4);
  const Shape shape = pooled_shape(type(), settings_, inputs[0].shape);
  OperationPlan plan;
  plan.outputs = {{shape, precision_of<Scalar>()}};
  plan.flops = static_cast<double>(2 * shape.size() * settings_.kernel * settings_.kernel);
  return plan;
}

template <class Scalar>
void LpPool2d<Scalar>::forward(const Arguments& a) const {
  const auto x = a.inputs[0].as<Scalar>().volume();
  const auto y = a.outputs[0].as<Scalar>().volume();
  const auto power = static_cast<Scalar>(power_);
  const Windows windows(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  for_each_index(
      a.space, "lp pool", windows.outputs(), KOKKOS_LAMBDA(std::int64_t o) {
        using std::abs, std::pow;
        const auto at = windows.output(o);
        const auto rows = windows.inputs_of(at.y, windows.height);
        const auto columns = windows.inputs_of(at.x, windows.width);
        for (std::int64_t c = 0; c < windows.channels; ++c) {
          // Relative to the largest, so that powers neither overflow nor vanish.
          Scalar largest = 0;
          for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            for (std::int64_t j = columns.begin; j < columns.end; ++j) {
              const Scalar size = abs(x(at.b, i, j, c));
              if (!(size <= largest)) largest = size;
            }
          }
          Scalar sum = 0;
          for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            for (std::int64_t j = columns.begin; j < columns.end; ++j)
              sum += largest == Scalar(0) ? Scalar(0) : pow(abs(x(at.b, i, j, c)) / largest, power);
          }
          y(at.b, at.y, at.x, c) = largest * pow(sum, Scalar(1) / power);
        }
      });
}

template <class Scalar>
void LpPool2d<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                                 const std::vector<AnyTensor>& output_variations) const {
  const auto x = a.inputs[0].as<Scalar>().volume();
  const auto y = a.outputs[0].as<Scalar>().volume();
  const auto dx = input_variations[0].as<Scalar>().volume();
  const auto dy = output_variations[0].as<Scalar>().volume();
  const auto power = static_cast<Scalar>(power_);
  const Windows windows(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  for_each_index(
      a.space, "lp pool variation", windows.outputs(), KOKKOS_LAMBDA(std::int64_t o) {
        const auto at = windows.output(o);
        const auto rows = windows.inputs_of(at.y, windows.height);
        const auto columns = windows.inputs_of(at.x, windows.width);
        for (std::int64_t c = 0; c < windows.channels; ++c) {
          Scalar sum = 0;
          for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            for (std::int64_t j = columns.begin; j < columns.end; ++j)
              sum += slope(x(at.b, i, j, c), y(at.b, at.y, at.x, c), power) * dx(at.b, i, j, c);
          }
          dy(at.b, at.y, at.x, c) = sum;
        }
      });
}

template <class Scalar>
void LpPool2d<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                               const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto x = a.inputs[0].as<Scalar>().volume();
  const auto y = a.outputs[0].as<Scalar>().volume();
  const auto dy = output_adjoints[0].as<Scalar>().volume();
  const auto dx = input_adjoints[0].as<Scalar>().volume();
  const auto power = static_cast<Scalar>(power_);
  const Windows windows(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  for_each_index(
      a.space, "lp pool adjoint", windows.inputs(), KOKKOS_LAMBDA(std::int64_t i) {
        const auto at = windows.input(i);
        const auto rows = windows.outputs_of(at.y, windows.out_height);
        const auto columns = windows.outputs_of(at.x, windows.out_width);
        for (std::int64_t c = 0; c < windows.channels; ++c) {
          Scalar sum = 0;
          for (std::int64_t p = rows.begin; p < rows.end; ++p) {
            for (std::int64_t q = columns.begin; q < columns.end; ++q)
              sum += slope(x(at.b, at.y, at.x, c), y(at.b, p, q, c), power) * dy(at.b, p, q, c);
          }
          dx(at.b, at.y, at.x, c) = sum;
        }
      });
}

template class LpPool2d<float>;
template class LpPool2d<double>;

}  // namespace eigenprop
