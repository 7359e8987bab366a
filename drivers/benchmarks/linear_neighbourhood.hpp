#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/sampling.hpp"
#include "graph/execution.hpp"
#include "objectives/neighbourhood_components.hpp"
#include "operations/matrix_product.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

/// Linear NCA of random points as a graph, Z = XAᵀ and the objective, with rows of X spread over
/// the ranks: what the benchmarks time.
class LinearNeighbourhood {
 public:
  LinearNeighbourhood(std::int64_t points, std::int64_t features, std::int64_t dimensions,
                      const Communicator& comm) {
    const auto [first, last] = share_of(points, comm.rank(), comm.size());
    const std::int64_t rows = last - first;
    const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
    std::vector<double> x(static_cast<std::size_t>(rows * features));
    std::vector<std::int32_t> labels(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t point = first + i;
      const auto label = static_cast<std::int32_t>(point % 10);
      labels[static_cast<std::size_t>(i)] = label;
      for (std::int64_t k = 0; k < features; ++k) {
        // Ten clusters, so that neighbours are no chance.
        const double centre = k % 10 == label ? 1 : 0;
        x[static_cast<std::size_t>(i * features + k)] =
            centre + stream.normal(static_cast<std::uint64_t>(point * features + k));
      }
    }
    const auto data = graph_.input("x", Precision::f64);
    const auto classes = graph_.input("labels", Precision::i32);
    // Squared distances of about 2 d in the embedding.
    const double deviation = 1 / std::sqrt(static_cast<double>(features));
    const auto a = graph_.parameter("A", {{dimensions, features}, Precision::f64},
                                    {Initializer::Kind::normal, deviation});
    const MatrixProductSettings transposed = {Transpose::no, Transpose::yes};
    const auto z =
        graph_.apply("z", std::make_shared<MatrixProduct<double>>(transposed), {data, a});
    objective_ = graph_.apply("nca", std::make_shared<NeighbourhoodComponents>(comm), {z, classes});
    execution_ = &graph_.plan({{{rows, features}, Precision::f64}, {{rows}, Precision::i32}},
                              Mode::training);
    from_host(execution_->input(0).as<double>(), x);
    from_host(execution_->input(1).as<std::int32_t>(), labels);
    seed_ = Tensor<double>({1});
    from_host(seed_, {comm.is_root() ? 1.0 : 0.0});
    parameter_ = a;
  }

  /// The objective; the gradient in A is left in the graph, and summed over ranks.
  double evaluate(const Communicator& comm) {
    execution_->forward({});
    execution_->backward({{objective_, seed_}});
    auto gradient = to_host(execution_->adjoint(parameter_).as<double>());
    comm.sum(gradient.data(), static_cast<std::int64_t>(gradient.size()));
    return to_host(execution_->value(objective_).as<double>())[0];
  }

 private:
  Graph graph_;
  Value objective_, parameter_;
  Execution* execution_ = nullptr;
  Tensor<double> seed_;
};

}  // namespace eigenprop
