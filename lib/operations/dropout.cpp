#include "operations/dropout.hpp"

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// to <- from * mask; the mask is drawn again at each use instead of being stored.
template <class Scalar>
void apply_mask(const ExecutionSpace& space, const Tensor<Scalar>& from, const Tensor<Scalar>& to,
                double rate, const RandomKey& key) {
  const auto x = from.view();
  const auto y = to.view();
  const std::int64_t samples = from.shape().rank() > 0 ? from.shape()[0] : 1;
  const std::int64_t size = samples > 0 ? from.size() / samples : 0;
  const auto scale = static_cast<Scalar>(1 / (1 - rate));
  const std::int64_t blocks = (size + 3) / 4;
  const auto threshold = static_cast<std::uint32_t>(rate * 4294967296.0);
  for_each_index(
      space, "dropout", samples * blocks, KOKKOS_LAMBDA(std::int64_t b) {
        RandomKey own = key;
        own.sample += static_cast<std::uint32_t>(b / blocks);
        const auto random = RandomStream(own).block(static_cast<std::uint64_t>(b % blocks));
        const std::int64_t first = (b % blocks) * 4;
        const std::int64_t last = first + 4 < size ? first + 4 : size;
        for (std::int64_t i = first; i < last; ++i) {
          const std::int64_t element = (b / blocks) * size + i;
          const bool kept = random.words[i - first] >= threshold;
          y(element) = kept ? scale * x(element) : Scalar(0);
        }
      });
}

}  // namespace

template <class Scalar>
Dropout<Scalar>::Dropout(double rate) : rate_(rate) {
  require(rate >= 0 && rate < 1, "dropout: the rate must lie in [0, 1)");
}

template <class Scalar>
OperationPlan Dropout<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void Dropout<Scalar>::apply(const Arguments& arguments, const AnyTensor& from,
                            const AnyTensor& to) const {
  if (arguments.mode == Mode::inference || rate_ == 0) {
    copy(arguments.space, to, from);
    return;
  }
  RandomKey key = arguments.random;
  key.purpose = RandomPurpose::dropout;
  apply_mask(arguments.space, from.as<Scalar>(), to.as<Scalar>(), rate_, key);
}

template <class Scalar>
void Dropout<Scalar>::forward(const Arguments& arguments) const {
  apply(arguments, arguments.inputs[0], arguments.outputs[0]);
}

template <class Scalar>
void Dropout<Scalar>::variation(const Arguments& arguments,
                                const std::vector<AnyTensor>& input_variations,
                                const std::vector<AnyTensor>& output_variations) const {
  apply(arguments, input_variations[0], output_variations[0]);
}

template <class Scalar>
void Dropout<Scalar>::adjoint(const Arguments& arguments,
                              const std::vector<AnyTensor>& output_adjoints,
                              const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty()) apply(arguments, output_adjoints[0], input_adjoints[0]);
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace eigenprop
