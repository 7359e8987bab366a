#include "operations/global_average.hpp"

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

template <class Scalar>
void average(const ExecutionSpace& space, const Tensor<Scalar>& maps, const Tensor<Scalar>& means) {
  const std::int64_t channels = means.shape()[1];
  const std::int64_t locations = maps.size() / means.size();
  const auto from = maps.view();
  const auto to = means.view();
  for_each_index(
      space, "global average", means.size(), KOKKOS_LAMBDA(std::int64_t i) {
        const std::int64_t sample = i / channels;
        const std::int64_t channel = i % channels;
        Scalar sum = 0;
        for (std::int64_t l = 0; l < locations; ++l)
          sum += from((sample * locations + l) * channels + channel);
        to(i) = sum / static_cast<Scalar>(locations);
      });
}

}  // namespace

template <class Scalar>
OperationPlan GlobalAverage<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  const Shape& x = inputs[0].shape;
  require(x.rank() >= 2 && x.size() > 0,
          type() + " takes maps (batch, ..., channels), not " + x.text());
  OperationPlan plan;
  plan.outputs = {{{x[0], x.columns()}, precision_of<Scalar>()}};
  plan.flops = static_cast<double>(x.size());
  return plan;
}

template <class Scalar>
void GlobalAverage<Scalar>::forward(const Arguments& a) const {
  average(a.space, a.inputs[0].as<Scalar>(), a.outputs[0].as<Scalar>());
}

template <class Scalar>
void GlobalAverage<Scalar>::variation(const Arguments& a,
                                      const std::vector<AnyTensor>& input_variations,
                                      const std::vector<AnyTensor>& output_variations) const {
  average(a.space, input_variations[0].as<Scalar>(), output_variations[0].as<Scalar>());
}

template <class Scalar>
void GlobalAverage<Scalar>::adjoint(const Arguments& a,
                                    const std::vector<AnyTensor>& output_adjoints,
                                    const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto from = output_adjoints[0].as<Scalar>().view();
  const auto to = input_adjoints[0].as<Scalar>().view();
  const std::int64_t channels = output_adjoints[0].shape()[1];
  const std::int64_t locations =
      input_adjoints[0].shape().size() / output_adjoints[0].shape().size();
  for_each_index(
      a.space, "global average adjoint", input_adjoints[0].shape().size(),
      KOKKOS_LAMBDA(std::int64_t i) {
        const std::int64_t sample = i / (locations * channels);
        to(i) = from(sample * channels + i % channels) / static_cast<Scalar>(locations);
      });
}

template class GlobalAverage<float>;
template class GlobalAverage<double>;

}  // namespace eigenprop
