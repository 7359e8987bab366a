#include "objectives/weighted_logistic_loss.hpp"

#include <cmath>

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// log(1 + exp(x)) with an exponent that is never positive.
KOKKOS_INLINE_FUNCTION double softplus(double x) {
  return (x > 0 ? x : 0.0) + std::log1p(std::exp(x > 0 ? -x : x));
}

KOKKOS_INLINE_FUNCTION double logistic(double x) {
  const double small = std::exp(x > 0 ? -x : x);
  return x > 0 ? 1 / (1 + small) : small / (1 + small);
}

/// One logit with its weights.
struct Term {
  double z, p, n;

  KOKKOS_FUNCTION double slope() const { return n * logistic(z) - p * logistic(-z); }
};

template <class Scalar>
struct Terms {
  typename Tensor<Scalar>::View z;
  typename Tensor<Scalar>::Matrix weights;

  explicit Terms(const Arguments& a)
      : z(a.inputs[0].as<Scalar>().view()), weights(a.inputs[1].as<Scalar>().matrix()) {}
  std::int64_t size() const { return static_cast<std::int64_t>(z.extent(0)); }
  KOKKOS_FUNCTION Term operator()(std::int64_t i) const {
    return {static_cast<double>(z(i)), static_cast<double>(weights(i, 0)),
            static_cast<double>(weights(i, 1))};
  }
};

// Sum over the terms of what `f` makes of each.
template <class Scalar, class F>
double sum_of(const ExecutionSpace& space, const Terms<Scalar>& terms, const F& f) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "weighted logistic loss", index_range(space, terms.size()),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) { partial += f(terms(i)); }, sum);
  return sum;
}

struct LossOf {
  KOKKOS_FUNCTION double operator()(const Term& term) const {
    return term.p * softplus(-term.z) + term.n * softplus(term.z);
  }
};

struct WeightOf {
  KOKKOS_FUNCTION double operator()(const Term& term) const { return term.p + term.n; }
};

// 1 where a weight is negative, infinite or not a number.
struct IsBad {
  KOKKOS_FUNCTION double operator()(const Term& term) const {
    return std::isfinite(term.p) && std::isfinite(term.n) && term.p >= 0 && term.n >= 0 ? 0 : 1;
  }
};

template <class Scalar>
double change_by_logits(const ExecutionSpace& space, const Terms<Scalar>& terms,
                        const typename Tensor<Scalar>::View& dz) {
  double change = 0;
  Kokkos::parallel_reduce(
      "weighted logistic loss by logits", index_range(space, terms.size()),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) {
        partial += terms(i).slope() * static_cast<double>(dz(i));
      },
      change);
  return change;
}

template <class Scalar>
double change_by_weights(const ExecutionSpace& space, const Terms<Scalar>& terms, double mean,
                         const typename Tensor<Scalar>::Matrix& dw) {
  double change = 0;
  Kokkos::parallel_reduce(
      "weighted logistic loss by weights", index_range(space, terms.size()),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) {
        const double z = terms(i).z;
        partial += static_cast<double>(dw(i, 0)) * (softplus(-z) - mean) +
                   static_cast<double>(dw(i, 1)) * (softplus(z) - mean);
      },
      change);
  return change;
}

template <class Scalar>
void slopes_of_logits(const ExecutionSpace& space, const Terms<Scalar>& terms, double scale,
                      const typename Tensor<Scalar>::View& result) {
  for_each_index(
      space, "weighted logistic loss adjoint of logits", terms.size(),
      KOKKOS_LAMBDA(std::int64_t i) { result(i) = static_cast<Scalar>(scale * terms(i).slope()); });
}

template <class Scalar>
void slopes_of_weights(const ExecutionSpace& space, const Terms<Scalar>& terms, double scale,
                       double mean, const typename Tensor<Scalar>::Matrix& result) {
  for_each_index(
      space, "weighted logistic loss adjoint of weights", terms.size(),
      KOKKOS_LAMBDA(std::int64_t i) {
        const double z = terms(i).z;
        result(i, 0) = static_cast<Scalar>(scale * (softplus(-z) - mean));
        result(i, 1) = static_cast<Scalar>(scale * (softplus(z) - mean));
      });
}

double scalar(const Arguments& a, const AnyTensor& tensor) {
  return to_host(a.space, tensor.as<double>())[0];
}

}  // namespace

template <class Scalar>
OperationPlan WeightedLogisticLoss<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  require_input(type(), inputs, 1, precision_of<Scalar>(), 2);
  const Shape& z = inputs[0].shape;
  require(z.size() > 0, type() + " takes at least one logit, not " + z.text());
  require(inputs[1].shape == Shape({z.size(), 2}), type() + ": weights " + inputs[1].shape.text() +
                                                       " do not fit logits " + z.text() +
                                                       ": there must be two for each");
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}};
  plan.saved = {{{1}, Precision::f64}};
  plan.flops = 8 * static_cast<double>(z.size());
  return plan;
}

template <class Scalar>
void WeightedLogisticLoss<Scalar>::forward(const Arguments& a) const {
  const Terms<Scalar> terms(a);
  require(sum_of(a.space, terms, IsBad()) == 0, type() + ": a weight is negative or not finite");
  const double weight = sum_of(a.space, terms, WeightOf());
  require(weight > 0, type() + ": all weights are zero");
  from_host(a.space, a.outputs[0].as<double>(), {sum_of(a.space, terms, LossOf()) / weight});
  from_host(a.space, a.saved[0].as<double>(), {weight});
}

template <class Scalar>
void WeightedLogisticLoss<Scalar>::variation(
    const Arguments& a, const std::vector<AnyTensor>& input_variations,
    const std::vector<AnyTensor>& output_variations) const {
  const Terms<Scalar> terms(a);
  double change = 0;
  if (!input_variations[0].empty())
    change += change_by_logits(a.space, terms, input_variations[0].as<Scalar>().view());
  if (!input_variations[1].empty())
    change += change_by_weights(a.space, terms, scalar(a, a.outputs[0]),
                                input_variations[1].as<Scalar>().matrix());
  from_host(a.space, output_variations[0].as<double>(), {change / scalar(a, a.saved[0])});
}

template <class Scalar>
void WeightedLogisticLoss<Scalar>::adjoint(const Arguments& a,
                                           const std::vector<AnyTensor>& output_adjoints,
                                           const std::vector<AnyTensor>& input_adjoints) const {
  const Terms<Scalar> terms(a);
  const double scale = scalar(a, output_adjoints[0]) / scalar(a, a.saved[0]);
  if (!input_adjoints[0].empty())
    slopes_of_logits(a.space, terms, scale, input_adjoints[0].as<Scalar>().view());
  if (!input_adjoints[1].empty())
    slopes_of_weights(a.space, terms, scale, scalar(a, a.outputs[0]),
                      input_adjoints[1].as<Scalar>().matrix());
}

template class WeightedLogisticLoss<float>;
template class WeightedLogisticLoss<double>;

}  // namespace eigenprop
