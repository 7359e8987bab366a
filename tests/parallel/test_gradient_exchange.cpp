#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "parallel/gradient_exchange.hpp"
#include "runtime/random.hpp"
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

  // Gradient of element i of parameter p for unit u, of `units`. Large ones cancel up to a rest of
  // about 1: sums in single precision lose it, those in double have ten digits of it.
  template <class T>
  static T gradient(int u, int units, int p, std::int64_t i) {
    const auto normal = [&](int unit) {
      const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, static_cast<std::uint32_t>(p),
                                          static_cast<std::uint32_t>(unit)});
      return stream.normal(static_cast<std::size_t>(i));
    };
    const int half = units / 2;
    const double large = u < half ? normal(u) : u < 2 * half ? -normal(u - half) : 0;
    return static_cast<T>(1e6 * large + normal(units + u));
  }

  void backward(int unit, int units) {
    for (int p = 0; p < 4; ++p) {
      parameters[static_cast<std::size_t>(p)]->adjoint.visit([&](const auto& tensor) {
        using T = typename std::decay_t<decltype(tensor)>::value_type;
        std::vector<T> values;
        for (std::int64_t i = 0; i < tensor.size(); ++i)
          values.push_back(gradient<T>(unit, units, p, i));
        from_host(tensor, values);
      });
    }
  }

  // The rounding of sums in double, and of the result to the parameter's own precision.
  void expect_mean(int units) const {
    for (int p = 0; p < 4; ++p) {
      parameters[static_cast<std::size_t>(p)]->adjoint.visit([&](const auto& tensor) {
        using T = typename std::decay_t<decltype(tensor)>::value_type;
        const auto values = to_host(tensor);
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
          long double sum = 0;
          double magnitude = 0;
          for (int u = 0; u < units; ++u) {
            const auto g = gradient<T>(u, units, p, i);
            sum += g;
            magnitude += std::abs(static_cast<double>(g));
          }
          const auto mean = static_cast<double>(sum / units);
          const double rounding =
              1e-15 * magnitude / units +
              static_cast<double>(std::numeric_limits<T>::epsilon()) * std::abs(mean);
          EXPECT_NEAR(static_cast<double>(values[static_cast<std::size_t>(i)]), mean, rounding)
              << "parameter " << p << ", element " << i;
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
      network.backward(u, units);
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
