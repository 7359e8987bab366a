#include "spectral/projector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/eigen_loop.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/spectral_vectors.hpp"
#include "spectral/square_matrices.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

}  // namespace

template <class Scalar>
RangeProjector<Scalar>::RangeProjector(const ProjectorSettings& settings) : settings_(settings) {
  require(settings.tolerance >= 0 && settings.tolerance < 1,
          "range_projector: the tolerance must lie in [0, 1)");
}

template <class Scalar>
OperationPlan RangeProjector<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto p = precision_of<Scalar>();
  const Shape& a = require_square_matrices(type(), inputs, p);
  OperationPlan plan;
  plan.outputs = {inputs[0], {{a[0]}, Precision::i32}};
  plan.saved = {inputs[0], {{a[0], a[1]}, p}};
  plan.scratch = {{{sample_threads(), 3 * a[1] * a[1]}, p}};
  plan.flops = 11 * static_cast<double>(a.size() * a[1]);
  return plan;
}

template <class Scalar>
bool RangeProjector<Scalar>::in_range(int n, const Scalar* values, int i) const {
  const double relative = settings_.tolerance > 0
                              ? settings_.tolerance
                              : n * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  const auto largest = static_cast<double>(std::max(std::abs(values[0]), std::abs(values[n - 1])));
  return static_cast<double>(std::abs(values[i])) > relative * largest;
}

template <class Scalar>
void RangeProjector<Scalar>::forward(const Arguments& a) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const HostInput<Scalar> input(a.space, a.inputs[0]);
  const HostOutput<Scalar> projectors(a.space, a.outputs[0]);
  const HostOutput<std::int32_t> ranks(a.space, a.outputs[1]);
  const HostOutput<Scalar> all_vectors(a.space, a.saved[0]);
  const HostOutput<Scalar> all_values(a.space, a.saved[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  const auto begin = [&](std::int64_t sample, int /*thread*/) {
    add_transposed(n, Scalar(0.5), input.sample(sample), all_vectors.sample(sample));
  };
  const auto finish = [&](std::int64_t sample, int thread) {
    const Scalar* vectors = all_vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    Scalar* range = scratch.sample(thread);
    int rank = 0;
    for (int i = 0; i < n; ++i) {
      if (!in_range(n, values, i)) continue;
      std::copy(vectors + std::int64_t{i} * n, vectors + std::int64_t{i + 1} * n,
                range + std::int64_t{rank} * n);
      ++rank;
    }
    *ranks.sample(sample) = rank;
    gemm(yes, no, n, n, rank, Scalar(1), range, n, range, n, Scalar(0), projectors.sample(sample),
         n);
  };
  for_each_eigen_sample(a.host_space(), n, a.inputs[0].shape()[0], all_vectors, all_values, begin,
                        finish);
  projectors.flush();
  ranks.flush();
  all_vectors.flush();
  all_values.flush();
}

// The map is its own transpose: both it and its adjoint are restricted to symmetric matrices.
template <class Scalar>
void RangeProjector<Scalar>::derivative(const Arguments& a, const AnyTensor& from,
                                        const AnyTensor& to) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> all_vectors(a.space, a.saved[0]);
  const HostInput<Scalar> all_values(a.space, a.saved[1]);
  const HostInput<Scalar> source(a.space, from);
  const HostOutput<Scalar> target(a.space, to);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    const Scalar* vectors = all_vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    require_finite(area, source.sample(sample), "the gradient or change given to the projector");
    const auto multiply = [&](Scalar* rotated) {
      for (int i = 0; i < n; ++i) {
        const bool i_inside = in_range(n, values, i);
        for (int j = 0; j < n; ++j) {
          const bool j_inside = in_range(n, values, j);
          const Scalar difference = i_inside ? values[i] - values[j] : values[j] - values[i];
          Scalar& entry = rotated[std::int64_t{i} * n + j];
          entry = i_inside == j_inside ? Scalar(0) : entry / difference;
        }
      }
    };
    multiply_in_eigenbasis(n, vectors, source.sample(sample), target.sample(sample),
                           scratch.sample(thread), multiply);
  });
  target.flush();
}

template <class Scalar>
void RangeProjector<Scalar>::variation(const Arguments& a,
                                       const std::vector<AnyTensor>& input_variations,
                                       const std::vector<AnyTensor>& output_variations) const {
  derivative(a, input_variations[0], output_variations[0]);
}

template <class Scalar>
void RangeProjector<Scalar>::adjoint(const Arguments& a,
                                     const std::vector<AnyTensor>& output_adjoints,
                                     const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty()) derivative(a, output_adjoints[0], input_adjoints[0]);
}

template class RangeProjector<float>;
template class RangeProjector<double>;

}  // namespace eigenprop
