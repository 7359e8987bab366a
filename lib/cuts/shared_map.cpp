#include "cuts/shared_map.hpp"

#include <algorithm>

#include "runtime/index.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {

OperationPlan SharedMap::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, Precision::f64, -1);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  return plan;
}

void SharedMap::forward(const Arguments& a) const { copy(a.space, a.outputs[0], a.inputs[0]); }

void SharedMap::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                          const std::vector<AnyTensor>& output_variations) const {
  copy(a.space, output_variations[0], input_variations[0]);
}

void SharedMap::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                        const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  if (!comm_) {
    copy(a.space, input_adjoints[0], output_adjoints[0]);
    return;
  }
  const HostInput<double> from(a.space, output_adjoints[0]);
  const std::int64_t size = output_adjoints[0].shape().size();
  std::vector<double> sums(from.data(), from.data() + size);
  comm_->sum(sums.data(), size);
  if (!comm_->is_root()) std::fill(sums.begin(), sums.end(), 0.0);
  const HostOutput<double> to(a.space, input_adjoints[0]);
  std::copy(sums.begin(), sums.end(), to.data());
  to.flush();
}

}  // namespace eigenprop
