// Second-order pooling and its gradient of the matrices in an HDF5 file, for
// check_pooling_gradients.py. Usage: pooling_gradients CASES RESULTS. Every group of CASES holds
// features (batch, m, d) and adjoint (batch, d, d), with the attributes function, epsilon and
// route; RESULTS gets pooled and gradient in groups of the same names.

#include <map>

#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "spectral/second_order_pooling.hpp"
#include "storage/hdf5.hpp"

namespace {

using namespace eigenprop;

Tensor<double> read_tensor(const H5File& file, const std::string& name) {
  Tensor<double> tensor(file.shape(name));
  from_host(tensor, file.read<double>(name));
  return tensor;
}

std::vector<AnyTensor> allocate(const std::vector<TensorSpec>& specs) {
  std::vector<AnyTensor> tensors;
  tensors.reserve(specs.size());
  for (const auto& spec : specs) tensors.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  return tensors;
}

void write_tensor(H5File& file, const std::string& name, const AnyTensor& tensor) {
  file.write(name, tensor.shape(), to_host(tensor.as<double>()).data());
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    require(argc == 3, "usage: pooling_gradients CASES RESULTS");
    const auto cases = H5File::open(argv[1]);
    auto results = H5File::create(argv[2]);
    const std::map<std::string, GramRoute> routes = {
        {"automatic", GramRoute::automatic}, {"gram", GramRoute::gram}, {"svd", GramRoute::svd}};
    for (const auto& name : cases.names("/")) {
      const std::string group = "/" + name;
      SecondOrderPoolingSettings settings;
      settings.function = scalar_function(cases.string_attribute(group, "function"));
      settings.epsilon = cases.real_attribute(group, "epsilon");
      settings.route = routes.at(cases.string_attribute(group, "route"));
      const SecondOrderPooling<double> pooling(settings);
      const auto features = read_tensor(cases, group + "/features");
      const auto plan = pooling.plan({{features.shape(), Precision::f64}});
      Arguments arguments;
      arguments.inputs = {features};
      arguments.outputs = allocate(plan.outputs);
      arguments.saved = allocate(plan.saved);
      arguments.scratch = allocate(plan.scratch);
      pooling.forward(arguments);
      const Tensor<double> gradient(features.shape());
      pooling.adjoint(arguments, {read_tensor(cases, group + "/adjoint")}, {gradient});
      write_tensor(results, group + "/pooled", arguments.outputs[0]);
      write_tensor(results, group + "/gradient", gradient);
    }
    return ExitStatus::success;
  });
}
