// An operation of one's own, y = log(1 + exp(x)) element by element: its three maps, the check that
// the two derivative maps belong together, and its use in a graph. Prints values and derivatives.

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "graph/checks.hpp"
#include "graph/execution.hpp"
#include "runtime/session.hpp"
#include "tensor/loops.hpp"

using namespace eigenprop;

namespace {

// to <- from / (1 + exp(-x)): the derivative is a factor, so that both derivative maps are this.
void scale(const ExecutionSpace& space, const Tensor<double>& input, const Tensor<double>& from,
           const Tensor<double>& to) {
  const auto x = input.view(), source = from.view(), target = to.view();
  for_each_index(
      space, "softplus derivative", input.size(),
      KOKKOS_LAMBDA(std::int64_t i) { target(i) = source(i) / (1 + exp(-x(i))); });
}

class Softplus : public Operation {
 public:
  std::string type() const override { return "softplus"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override {
    require_inputs(type(), inputs, 1);
    require_input(type(), inputs, 0, Precision::f64, -1);
    OperationPlan plan;
    plan.outputs = {inputs[0]};
    return plan;
  }
  void forward(const Arguments& arguments) const override {
    const auto x = arguments.inputs[0].as<double>().view();
    const auto y = arguments.outputs[0].as<double>().view();
    for_each_index(
        arguments.space, "softplus", arguments.inputs[0].shape().size(),
        KOKKOS_LAMBDA(std::int64_t i) { y(i) = fmax(x(i), 0.0) + log1p(exp(-fabs(x(i)))); });
  }

  void variation(const Arguments& arguments, const std::vector<AnyTensor>& dx,
                 const std::vector<AnyTensor>& dy) const override {
    scale(arguments.space, arguments.inputs[0].as<double>(), dx[0].as<double>(),
          dy[0].as<double>());
  }
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& y_bar,
               const std::vector<AnyTensor>& x_bar) const override {
    if (x_bar[0].empty()) return;  // nobody needs it
    scale(arguments.space, arguments.inputs[0].as<double>(), y_bar[0].as<double>(),
          x_bar[0].as<double>());
  }
};

void print(const char* name, const AnyTensor& tensor) {
  std::printf("%s", name);
  for (const double value : to_host(tensor.as<double>())) std::printf(" %.17g", value);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [](Session&) {
    const auto softplus = std::make_shared<Softplus>();
    std::printf("mismatch %.17g\n",
                duality_mismatch({"a matrix", softplus, {{{{5, 7}, Precision::f64}}}}, 1));

    Graph graph;
    const Value x = graph.input("x", Precision::f64, true);
    const Value y = graph.apply("softplus", softplus, {x});
    auto& execution = graph.plan({{{5}, Precision::f64}}, Mode::training);
    from_host(execution.input(0).as<double>(), {-800, -1, 0, 2, 800});
    execution.forward({});
    Tensor<double> ones({5});
    Kokkos::deep_copy(ones.view(), 1.0);
    execution.backward({{y, ones}});
    print("y", execution.value(y));
    print("derivative", execution.adjoint(x));
    return ExitStatus::success;
  });
}
