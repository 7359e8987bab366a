#include "optimization/momentum_sgd.hpp"

#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// Outside the generic lambda that picks the precision: nvcc takes no device lambda there. Leaves
// the number of elements of w that are not finite in `wrong`.
template <class View, class Count>
void momentum_step(const ExecutionSpace& space, const View& w, const View& g, const View& v,
                   double momentum, double gradient_scale, double decay, double rate,
                   const Count& wrong) {
  using T = typename View::value_type;
  const auto mu = static_cast<T>(momentum);
  const auto scale = static_cast<T>(gradient_scale);
  const auto shrink = static_cast<T>(decay);
  const auto step = static_cast<T>(rate);
  Kokkos::parallel_reduce(
      "momentum step", Kokkos::RangePolicy<ExecutionSpace>(space, 0, w.extent(0)),
      KOKKOS_LAMBDA(std::size_t i, int& sum) {
        v(i) = mu * v(i) + scale * g(i) + shrink * w(i);
        const T next = w(i) - step * v(i);
        w(i) = next;
        // The difference of an infinity or NaN with itself is NaN.
        sum += next - next == T(0) ? 0 : 1;
      },
      wrong);
}

}  // namespace

MomentumSgd::MomentumSgd(ParameterSet& parameters, const MomentumSgdSettings& settings,
                         const ExecutionSpace& space)
    : parameters_(parameters),
      settings_(settings),
      space_(space),
      wrong_("elements that are not finite", parameters.size()) {
  require(settings.momentum >= 0 && settings.momentum < 1, "momentum must lie in [0, 1)");
  require(settings.weight_decay >= 0 && std::isfinite(settings.weight_decay),
          "weight decay must be finite, not negative");
  require(settings.clip_norm >= 0 && std::isfinite(settings.clip_norm),
          "the norm for clipping must be finite, not negative");
  for (const auto& parameter : parameters) {
    velocities_.push_back(AnyTensor::zeros(parameter->value.shape(), parameter->value.precision(),
                                           parameter->name + " velocity"));
  }
}

double MomentumSgd::step(double rate) {
  double square = 0;
  for (const auto& parameter : parameters_)
    square += dot(space_, parameter->adjoint, parameter->adjoint);
  const double norm = std::sqrt(square);
  if (!std::isfinite(norm)) {
    for (const auto& parameter : parameters_) {
      if (!all_finite(space_, parameter->adjoint))
        throw NonFiniteError("the gradient of '" + parameter->name + "' is not finite");
    }
    throw NonFiniteError("the norm of the gradient overflows");
  }
  const bool clipped = settings_.clip_norm > 0 && norm > settings_.clip_norm;
  const double scale = clipped ? settings_.clip_norm / norm : 1;

  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const auto& parameter = *parameters_[p];
    if (parameter.rate_factor == 0) continue;
    parameter.value.visit([&](const auto& value) {
      using T = typename std::decay_t<decltype(value)>::value_type;
      momentum_step(space_, value.view(), parameter.adjoint.as<T>().view(),
                    velocities_[p].as<T>().view(), settings_.momentum, scale,
                    settings_.weight_decay * parameter.decay_factor, rate * parameter.rate_factor,
                    Kokkos::subview(wrong_, p));
    });
  }
  const auto wrong = Kokkos::create_mirror_view(wrong_);
  Kokkos::deep_copy(space_, wrong, wrong_);
  space_.fence();
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    if (wrong(p) > 0) {
      throw NonFiniteError("the step makes '" + parameters_[p]->name +
                           "' infinite: the learning rate may be too large");
    }
  }
  return norm;
}

}  // namespace eigenprop
