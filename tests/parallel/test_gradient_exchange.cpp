#include <gtest/gtest.h>

#include "parallel/gradient_exchange.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

constexpr std::int64_t sizes[] = {5, 1, 300, 7};

struct Network {
  ParameterSet parameters;
  Network() {
    for (int p = 0; p < 4; ++p) {
      const auto precision = p % 2 == 0 ? Precision::f32 : Precision::f64;
      parameters.create("p" + std::to_string(p), {{sizes[p]}, precision}, {}, 0);
    }
  }

  // Gradient of element i of parameter p for unit u: different everywhere, exact in float.
  static double gradient(int u, int p, std::int64_t i) {
    return static_cast<double>((u + 1) * (p + 1)) + static_cast<double>(i) / 64;
  }

  void backward(int unit) {
    for (int p = 0; p < 4; ++p) {
      parameters[static_cast<std::size_t>(p)]->adjoint.visit([&](const auto& tensor) {
        using T = typename std::decay_t<decltype(tensor)>::value_type;
        std::vector<T> values;
        for (std::int64_t i = 0; i < tensor.size(); ++i)
          values.push_back(static_cast<T>(gradient(unit, p, i)));
        from_host(tensor, values);
      });
    }
  }

  void expect_mean(int units) const {
    for (int p = 0; p < 4; ++p) {
      parameters[static_cast<std::size_t>(p)]->adjoint.visit([&](const auto& tensor) {
        const auto values = to_host(tensor);
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
          double sum = 0;
          for (int u = 0; u < units; ++u) sum += gradient(u, p, i);
          EXPECT_FLOAT_EQ(static_cast<float>(values[static_cast<std::size_t>(i)]),
                          static_cast<float>(sum / units));
        }
      });
    }
  }
};

// Units are dealt out unevenly: with more ranks than units, some ranks have none.
void run(int units, std::int64_t bucket_bytes, int expected_buckets) {
  const auto& comm = test_communicator();
  Network network;
  GradientExchange exchange(network.parameters, comm, bucket_bytes);
  EXPECT_EQ(exchange.buckets(), expected_buckets);
  const int first = units * comm.rank() / comm.size();
  const int last = units * (comm.rank() + 1) / comm.size();
  for (int repeat = 0; repeat < 2; ++repeat) {
    exchange.begin();
    for (int u = first; u < last; ++u) {
      network.backward(u);
      for (std::size_t p = 4; p-- > 0;) {
        const auto& parameter = *network.parameters[p];
        if (u + 1 < last) {
          exchange.add(parameter);
        } else {
          exchange.add_last(parameter);
        }
      }
    }
    const int overlapped = exchange.overlapped_buckets();
    EXPECT_EQ(overlapped, comm.size() > 1 && last > first ? expected_buckets : 0);
    exchange.finish(1.0 / units);
    network.expect_mean(units);
  }
}

TEST(GradientExchange, AveragesOverUnitsAndRanks) { run(7, 1 << 20, 1); }

TEST(GradientExchange, SplitsIntoBuckets) { run(7, 10 * 8, 3); }

TEST(GradientExchange, WorksOnRanksWithoutUnits) { run(1, 10 * 8, 3); }

}  // namespace
}  // namespace eigenprop
