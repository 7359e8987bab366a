#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// y = a b, element by element; deliberately free of everything that the library's operations use.
class Product : public Operation {
 public:
  std::string type() const override { return "test_product"; }

  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override {
    require_inputs(type(), inputs, 2);
    require_input(type(), inputs, 0, Precision::f64, -1);
    require(inputs[0] == inputs[1], "factors of different shapes");
    OperationPlan plan;
    plan.outputs = {inputs[0]};
    return plan;
  }

  void forward(const Arguments& a) const override {
    combine(a.inputs[0], a.inputs[1], a.outputs[0], false);
  }

  void variation(const Arguments& a, const std::vector<AnyTensor>& dx,
                 const std::vector<AnyTensor>& dy) const override {
    fill_zero(dy[0]);
    if (!dx[0].empty()) combine(dx[0], a.inputs[1], dy[0], true);
    if (!dx[1].empty()) combine(a.inputs[0], dx[1], dy[0], true);
  }

  void adjoint(const Arguments& a, const std::vector<AnyTensor>& dy,
               const std::vector<AnyTensor>& dx) const override {
    if (!dx[0].empty()) combine(dy[0], a.inputs[1], dx[0], false);
    if (!dx[1].empty()) combine(dy[0], a.inputs[0], dx[1], false);
  }

 protected:
  static void combine(const AnyTensor& a, const AnyTensor& b, const AnyTensor& y, bool plus) {
    const auto x0 = to_host(a.as<double>());
    const auto x1 = to_host(b.as<double>());
    auto out = to_host(y.as<double>());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (plus ? out[i] : 0) + x0[i] * x1[i];
    from_host(y.as<double>(), out);
  }
};

}  // namespace eigenprop
