// Objective and gradient of linear NCA for compare_sklearn.py:
//
//   write_nca_values INPUT.h5 OUTPUT.h5
//
// INPUT holds points X (n, D), labels (n) and A (d, D) in groups by case; OUTPUT gets objective (1)
// and gradient (d, D) of Z = XAᵀ in groups of the same names.

#include "graph/execution.hpp"
#include "objectives/neighbourhood_components.hpp"
#include "operations/matrix_product.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "storage/hdf5.hpp"

namespace {

using namespace eigenprop;

void evaluate(const H5File& input, const std::string& group, H5File& output) {
  const Shape points = input.shape(group + "/X");
  const Shape map = input.shape(group + "/A");
  Graph graph;
  const auto x = graph.input("x", Precision::f64);
  const auto labels = graph.input("labels", Precision::i32);
  const auto a = graph.parameter("A", {map, Precision::f64}, {});
  const MatrixProductSettings transposed = {Transpose::no, Transpose::yes};
  const auto z = graph.apply("z", std::make_shared<MatrixProduct<double>>(transposed), {x, a});
  const auto nca = graph.apply(
      "nca", std::make_shared<NeighbourhoodComponents>(Communicator::self()), {z, labels});
  auto& execution =
      graph.plan({{points, Precision::f64}, {{points[0]}, Precision::i32}}, Mode::training);
  from_host(execution.input(0).as<double>(), input.read<double>(group + "/X"));
  from_host(execution.input(1).as<std::int32_t>(), input.read<std::int32_t>(group + "/labels"));
  from_host(execution.value(a).as<double>(), input.read<double>(group + "/A"));
  execution.forward({});
  Tensor<double> seed({1});
  from_host(seed, {1.0});
  execution.backward({{nca, seed}});
  output.write(group + "/objective", to_host(execution.value(nca).as<double>()));
  output.write(group + "/gradient", map, to_host(execution.adjoint(a).as<double>()).data());
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    require(argc == 3, "usage: write_nca_values INPUT.h5 OUTPUT.h5");
    const auto input = H5File::open(argv[1]);
    auto output = H5File::create(argv[2]);
    for (const auto& name : input.names("/")) evaluate(input, "/" + name, output);
    return ExitStatus::success;
  });
}
