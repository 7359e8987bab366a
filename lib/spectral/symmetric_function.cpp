#include "spectral/symmetric_function.hpp"

#include <sstream>
#include <vector>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/eigen_loop.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/square_matrices.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

}  // namespace

template <class Scalar>
SymmetricFunction<Scalar>::SymmetricFunction(const ScalarFunction& function)
    : function_(function) {}

template <class Scalar>
OperationPlan SymmetricFunction<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto p = precision_of<Scalar>();
  const Shape& z = require_square_matrices(type(), inputs, p);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.saved = {inputs[0], {{z[0], z[1]}, p}};
  plan.scratch = {{{sample_threads(), 3 * z[1] * z[1]}, p}};
  plan.flops = 12 * static_cast<double>(z.size() * z[1]);
  return plan;
}

template <class Scalar>
void SymmetricFunction<Scalar>::forward(const Arguments& a) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> z(a.space, a.inputs[0]);
  const HostOutput<Scalar> c(a.space, a.outputs[0]);
  const HostOutput<Scalar> all_vectors(a.space, a.saved[0]);
  const HostOutput<Scalar> all_values(a.space, a.saved[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  const auto begin = [&](std::int64_t sample, int /*thread*/) {
    add_transposed(n, Scalar(0.5), z.sample(sample), all_vectors.sample(sample));
  };
  const auto finish = [&](std::int64_t sample, int thread) {
    const Scalar* vectors = all_vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    Scalar* images = scratch.sample(thread);
    Scalar* scaled = images + area;
    for (int i = 0; i < n; ++i) {
      const auto value = static_cast<double>(values[i]);
      if (!function_.defined_at(value)) {
        std::ostringstream text;
        text << "eigenvalue " << value << " lies outside the domain " << function_.domain()
             << " of " << function_.name();
        throw InputError(text.str());
      }
      images[i] = static_cast<Scalar>(function_.value(value));
    }
    scale_rows(n, n, images, vectors, scaled);
    gemm(yes, no, n, n, n, Scalar(1), vectors, n, scaled, n, Scalar(0), c.sample(sample), n);
  };
  for_each_eigen_sample(a.host_space(), n, a.inputs[0].shape()[0], all_vectors, all_values, begin,
                        finish);
  c.flush();
  all_vectors.flush();
  all_values.flush();
}

// to <- U (L ∘ (Uᵀ sym(from) U)) Uᵀ.
template <class Scalar>
void SymmetricFunction<Scalar>::derivative(const Arguments& a, const AnyTensor& from,
                                           const AnyTensor& to) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const HostInput<Scalar> all_vectors(a.space, a.saved[0]);
  const HostInput<Scalar> all_values(a.space, a.saved[1]);
  const HostInput<Scalar> source(a.space, from);
  const HostOutput<Scalar> target(a.space, to);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    const Scalar* vectors = all_vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    const auto multiply = [&](Scalar* rotated) {
      const auto count = static_cast<std::size_t>(n);
      const ScalarFunction::Differences differences(function_, {values, values + n});
      std::vector<double> row(count);
      for (std::size_t i = 0; i < count; ++i) {
        differences.row(i, row.data());
        for (std::size_t j = 0; j < count; ++j)
          rotated[i * count + j] *= static_cast<Scalar>(row[j]);
      }
    };
    multiply_in_eigenbasis(n, vectors, source.sample(sample), target.sample(sample),
                           scratch.sample(thread), multiply);
  });
  target.flush();
}

template <class Scalar>
void SymmetricFunction<Scalar>::variation(const Arguments& a,
                                          const std::vector<AnyTensor>& input_variations,
                                          const std::vector<AnyTensor>& output_variations) const {
  derivative(a, input_variations[0], output_variations[0]);
}

template <class Scalar>
void SymmetricFunction<Scalar>::adjoint(const Arguments& a,
                                        const std::vector<AnyTensor>& output_adjoints,
                                        const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty()) derivative(a, output_adjoints[0], input_adjoints[0]);
}

template class SymmetricFunction<float>;
template class SymmetricFunction<double>;

}  // namespace eigenprop
