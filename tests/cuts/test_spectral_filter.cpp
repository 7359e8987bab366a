#include "cuts/spectral_filter.hpp"

#include <cmath>

#include "graph_problem.hpp"
#include "linalg/lapack.hpp"

namespace eigenprop {
namespace {

double polynomial(const std::vector<double>& coefficients, double t) {
  double sum = 0;
  for (std::size_t k = 0; k < coefficients.size(); ++k)
    sum += coefficients[k] * std::cos(static_cast<double>(k) * std::acos(std::clamp(t, -1.0, 1.0)));
  return sum;
}

TEST(SpectralFilter, PolynomialIsAStep) {
  SpectralFilterSettings settings;
  settings.degree = 200;
  settings.cut = 0.8;
  settings.width = 0.05;
  const auto coefficients = step_coefficients(settings);
  for (int i = 0; i <= 1000; ++i) {
    const double t = -1 + 0.002 * i;
    const double value = polynomial(coefficients, t);
    EXPECT_GE(value, -1e-9);
    EXPECT_LE(value, 1 + 1e-9);
    if (t < 0.65) {
      EXPECT_LE(value, 0.01);
    }
    if (t > 0.92) {
      EXPECT_GE(value, 0.99);
    }
  }
}

// Value, gradients and soft count against the eigen-decomposition of the full matrix, on any ranks.
TEST(SpectralFilter, EqualsTheDenseFunction) {
  const auto& comm = test_communicator();
  const auto p = uneven_problem(12, 11, 3);
  const int n = static_cast<int>(p.pixels());
  const int columns = 3;
  SpectralFilterSettings settings;
  settings.radius = 3;
  settings.degree = 60;
  settings.cut = 0.9;
  settings.width = 0.1;
  settings.comm = &comm;
  const SpectralFilter filter(settings);
  const RandomStream stream(RandomKey{9, RandomPurpose::test, 0, 0, 0});
  Dense x(n, columns), y_adjoint(n, columns);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < columns; ++j) {
      x(i, j) = stream.normal(static_cast<std::uint64_t>(i * columns + j));
      y_adjoint(i, j) = stream.normal(static_cast<std::uint64_t>(100000 + i * columns + j));
    }
  }
  const auto own = [&](const Dense& d) {
    const auto begin = d.data().begin() + p.grid().first_pixel() * columns;
    Tensor<double> tensor({p.grid().own_pixels(), columns});
    from_host(tensor, std::vector<double>(begin, begin + p.grid().own_pixels() * columns));
    return tensor;
  };
  const auto count = static_cast<std::int64_t>(p.offsets.size());
  Tensor<double> edges({p.grid().own().count, p.width, count});
  from_host(edges,
            std::vector<double>(p.own_edges(), p.own_edges() + p.grid().own_pixels() * count));
  Arguments a;
  a.inputs = {edges, own(x)};
  const auto plan =
      filter.plan({{edges.shape(), Precision::f64}, {a.inputs[1].shape(), Precision::f64}});
  for (const auto& spec : plan.outputs)
    a.outputs.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  for (const auto& spec : plan.saved)
    a.saved.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  filter.forward(a);

  // f(M) = V f(Λ) Vᵀ.
  const Dense w = p.dense();
  std::vector<double> degrees(static_cast<std::size_t>(n), 0.0), scale;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) degrees[static_cast<std::size_t>(i)] += w(i, j);
    scale.push_back(1 / std::sqrt(degrees[static_cast<std::size_t>(i)]));
  }
  const Dense m = Dense::diagonal(scale) * w * Dense::diagonal(scale);
  std::vector<double> rows = m.symmetric_part().data(), values(static_cast<std::size_t>(n));
  symmetric_eigen(n, rows.data(), values.data());
  const Dense vectors(n, n, rows);
  const auto coefficients = step_coefficients(settings);
  std::vector<double> f;
  f.reserve(values.size());
  for (const double value : values) f.push_back(polynomial(coefficients, value));
  const Dense y = vectors.transposed() * (Dense::diagonal(f) * (vectors * x));
  const auto own_y = to_host(a.outputs[0].as<double>());
  const auto expected_y = to_host(own(y));
  for (std::size_t i = 0; i < own_y.size(); ++i) ASSERT_NEAR(own_y[i], expected_y[i], 1e-10);
  double trace = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < columns; ++j) trace += x(i, j) * y(i, j) / columns;
  }
  EXPECT_NEAR(to_host(a.outputs[1].as<double>())[0], trace, 1e-10 * std::abs(trace));

  // Gradient through divided differences of f (Daleckii and Krein).
  Tensor<double> count_adjoint({1});
  from_host(count_adjoint, {comm.is_root() ? 0.7 : 0.0});
  const Tensor<double> edge_gradient(edges.shape()), x_gradient(a.inputs[1].shape());
  filter.adjoint(a, {own(y_adjoint), count_adjoint}, {edge_gradient, x_gradient});
  const Dense seed = y_adjoint + (0.7 / columns) * x;
  Dense inner = vectors * (seed * x.transposed()).symmetric_part() * vectors.transposed();
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double t = values[static_cast<std::size_t>(i)] - values[static_cast<std::size_t>(j)];
      const double h = 1e-6;
      const double middle =
          (values[static_cast<std::size_t>(i)] + values[static_cast<std::size_t>(j)]) / 2;
      inner(i, j) *= std::abs(t) > 1e-5
                         ? (f[static_cast<std::size_t>(i)] - f[static_cast<std::size_t>(j)]) / t
                         : (polynomial(coefficients, std::min(1.0, middle + h)) -
                            polynomial(coefficients, middle - h)) /
                               (std::min(1.0, middle + h) - (middle - h));
    }
  }
  const Dense d_m = vectors.transposed() * inner * vectors;
  std::vector<double> g(static_cast<std::size_t>(n), 0.0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j)
      g[static_cast<std::size_t>(i)] -= d_m(i, j) * m(i, j) / degrees[static_cast<std::size_t>(i)];
  }
  const auto own_edges = to_host(edge_gradient);
  const std::int64_t first = p.grid().first_pixel() * count;
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    const auto place = static_cast<std::int64_t>(edge) - first;
    if (place < 0 || place >= static_cast<std::int64_t>(own_edges.size())) return;
    const auto row = static_cast<std::size_t>(i);
    const auto column = static_cast<std::size_t>(j);
    const double expected =
        2 * d_m(static_cast<int>(i), static_cast<int>(j)) * scale[row] * scale[column] + g[row] +
        g[column];
    ASSERT_NEAR(own_edges[static_cast<std::size_t>(place)], expected, 1e-6);
  });
  const Dense x_expected =
      vectors.transposed() * (Dense::diagonal(f) * (vectors * seed)) + (0.7 / columns) * y;
  const auto own_x = to_host(x_gradient);
  const auto expected_x = to_host(own(x_expected));
  for (std::size_t i = 0; i < own_x.size(); ++i) ASSERT_NEAR(own_x[i], expected_x[i], 1e-10);
}

// A graph is made once a run: derivative maps do not look at the edges again, and without a forward
// map in training there are none.
TEST(SpectralFilter, DerivativesTakeTheGraphOfTheForwardMap) {
  const auto& comm = test_communicator();
  const auto p = uneven_problem(12, 11, 3);
  SpectralFilterSettings settings;
  settings.radius = 3;
  settings.degree = 20;
  settings.comm = &comm;
  const SpectralFilter filter(settings);
  const std::int64_t rows = p.grid().own_pixels();
  const auto count = static_cast<std::int64_t>(p.offsets.size());
  const Tensor<double> edges({p.grid().own().count, p.width, count}), x({rows, 2});
  const std::vector<double> values(p.own_edges(), p.own_edges() + rows * count);
  std::vector<double> ramp(static_cast<std::size_t>(2 * rows));
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = 1 + static_cast<double>(i % 7);
  from_host(x, ramp);
  Arguments a;
  a.inputs = {edges, x};
  for (const auto& spec :
       filter.plan({{edges.shape(), Precision::f64}, {x.shape(), Precision::f64}}).outputs)
    a.outputs.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  a.saved = {Tensor<double>(x.shape()), Tensor<double>(x.shape())};
  const auto gradient = [&](bool spoil) {
    from_host(edges, values);
    filter.forward(a);
    if (spoil) from_host(edges, std::vector<double>(values.size(), std::nan("")));
    const Tensor<double> of_edges(edges.shape()), of_x(x.shape()), change(x.shape()),
        count_change({1});
    filter.adjoint(a, {x, AnyTensor()}, {of_edges, of_x});
    filter.variation(a, {AnyTensor(), x}, {change, count_change});
    auto all = to_host(of_edges);
    for (const auto& more : {to_host(of_x), to_host(change), to_host(count_change)})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto expected = gradient(false);
  EXPECT_EQ(gradient(true), expected);
  from_host(edges, values);
  a.mode = Mode::inference;
  filter.forward(a);
  EXPECT_THROW(filter.adjoint(a, {x, AnyTensor()}, {Tensor<double>(edges.shape()), AnyTensor()}),
               Error);
}

}  // namespace
}  // namespace eigenprop
