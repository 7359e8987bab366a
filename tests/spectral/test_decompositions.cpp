#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "dense_cuts.hpp"
#include "graph/checks.hpp"
#include "node_run.hpp"
#include "spectral/extended_pooling.hpp"
#include "spectral/singular_value_decomposition.hpp"
#include "spectral/symmetric_eigendecomposition.hpp"

namespace eigenprop {
namespace {

using Extended = std::vector<long double>;

Dense dense(int rows, int columns, const std::vector<double>& values) {
  return Dense(rows, columns, values);
}

std::shared_ptr<Operation> decomposition(bool full = false, GapTreatment gaps = {},
                                         std::shared_ptr<UndeterminedGradient> observer = {}) {
  SingularValueSettings settings;
  settings.full = full;
  settings.gaps = gaps;
  settings.observer = std::move(observer);
  return std::make_shared<SingularValueDecomposition<double>>(settings);
}

std::shared_ptr<Operation> eigenvectors(GapTreatment gaps = {},
                                        std::shared_ptr<UndeterminedGradient> observer = {}) {
  return std::make_shared<SymmetricEigendecomposition<double>>(
      EigenvectorSettings{gaps, std::move(observer)});
}

// A matrix with singular values apart and nothing else special: normal numbers and a diagonal.
std::vector<double> separated(int m, int n, std::uint32_t seed) {
  auto x = normal_numbers(static_cast<std::size_t>(m * n), seed);
  for (int i = 0; i < std::min(m, n); ++i) x[static_cast<std::size_t>(i * n + i)] += 2.5 * i + 1;
  return x;
}

// Sum of the products of gradients with U, σ and V, by the Jacobi iteration in long double, with
// the signs of the convention.
long double svd_loss(int m, int n, const Extended& x, const std::vector<double>& gu,
                     const std::vector<double>& gs, const std::vector<double>& gv) {
  const int r = std::min(m, n);
  Extended tall = x;
  if (m < n) {
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j)
        tall[static_cast<std::size_t>(j * m + i)] = x[static_cast<std::size_t>(i * n + j)];
    }
  }
  const auto svd = extended_svd(std::max(m, n), r, tall);
  const Extended& u = m < n ? svd.v : svd.u;
  const Extended& v = m < n ? svd.u : svd.v;
  long double loss = 0;
  for (int j = 0; j < r; ++j) {
    long double largest = 0;
    for (int i = 0; i < n; ++i) {
      const long double value = v[static_cast<std::size_t>(i * r + j)];
      if (std::fabs(value) > std::fabs(largest)) largest = value;
    }
    const long double sign = largest < 0 ? -1 : 1;
    loss += gs[static_cast<std::size_t>(j)] * svd.values[static_cast<std::size_t>(j)];
    for (int i = 0; i < m; ++i)
      loss +=
          sign * gu[static_cast<std::size_t>(i * r + j)] * u[static_cast<std::size_t>(i * r + j)];
    for (int i = 0; i < n; ++i)
      loss +=
          sign * gv[static_cast<std::size_t>(i * r + j)] * v[static_cast<std::size_t>(i * r + j)];
  }
  return loss;
}

// Central differences of fourth order.
std::vector<double> differences(const std::vector<double>& x,
                                const std::function<long double(const Extended&)>& loss) {
  const long double h = 1e-4L;
  std::vector<double> gradient;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = [&](long double steps) {
      Extended moved(x.begin(), x.end());
      moved[i] += steps * h;
      return loss(moved);
    };
    gradient.push_back(static_cast<double>((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)));
  }
  return gradient;
}

class SingularValues : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(SingularValues, ReconstructTheMatrixWithFixedSigns) {
  const auto [m, n] = GetParam();
  const int r = std::min(m, n);
  for (const bool full : {false, true}) {
    const auto x = separated(m, n, 3);
    NodeRun run(decomposition(full), {{{1, m, n}, x}});
    run.forward();
    const int cu = full ? m : r;
    const int cv = full ? n : r;
    const Dense u = dense(m, cu, run.output(0));
    const Dense v = dense(n, cv, run.output(2));
    Dense s(cu, cv);
    for (int i = 0; i < r; ++i) s(i, i) = run.output(1)[static_cast<std::size_t>(i)];
    EXPECT_LE((u * s * v.transposed() - dense(m, n, x)).norm(), 1e-13 * dense(m, n, x).norm());
    EXPECT_LE((u.transposed() * u - Dense::identity(cu)).norm(), 1e-13);
    EXPECT_LE((v.transposed() * v - Dense::identity(cv)).norm(), 1e-13);
    for (int j = 0; j < cv; ++j) {
      double largest = 0;
      for (int i = 0; i < n; ++i)
        largest = std::abs(v(i, j)) > std::abs(largest) ? v(i, j) : largest;
      EXPECT_GT(largest, 0);
    }
    for (int j = 0; j + 1 < r; ++j) EXPECT_GE(s(j, j), s(j + 1, j + 1));
  }
}

TEST_P(SingularValues, GradientsAreThoseOfDifferencesInLongDouble) {
  const auto [m, n] = GetParam();
  const auto r = static_cast<std::size_t>(std::min(m, n));
  const auto x = separated(m, n, 3);
  const auto gu = normal_numbers(static_cast<std::size_t>(m) * r, 5);
  const auto gs = normal_numbers(r, 6);
  const auto gv = normal_numbers(static_cast<std::size_t>(n) * r, 7);
  NodeRun run(decomposition(), {{{1, m, n}, x}});
  run.forward();
  const auto rows = m;
  const auto columns = n;
  const auto reference = differences(
      x, [&](const Extended& moved) { return svd_loss(rows, columns, moved, gu, gs, gv); });
  EXPECT_LE(relative_distance(run.gradient({{0, gu}, {1, gs}, {2, gv}}), reference), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SingularValues,
                         testing::Values(std::make_pair(6, 4), std::make_pair(4, 6),
                                         std::make_pair(5, 5), std::make_pair(5, 1),
                                         std::make_pair(1, 5)));

// Eq. 16 and 17 as printed, for a full U, m >= n.
Dense paper_gradient(const Dense& u, const std::vector<double>& s, const Dense& v, const Dense& gu,
                     const std::vector<double>& gs, const Dense& gv) {
  const int m = u.rows();
  const int n = v.rows();
  Dense u1(m, n), u2(m, m - n), g1(m, n), g2(m, m - n), sigma(m, n), inverse(n, n), k(n, n);
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < m; ++j) {
      (j < n ? u1(i, j) : u2(i, j - n)) = u(i, j);
      (j < n ? g1(i, j) : g2(i, j - n)) = gu(i, j);
    }
  }
  Dense values(m, n);
  for (int i = 0; i < n; ++i) {
    const double si = s[static_cast<std::size_t>(i)];
    sigma(i, i) = si;
    inverse(i, i) = 1 / si;
    values(i, i) = gs[static_cast<std::size_t>(i)];
    for (int j = 0; j < n; ++j) {
      const double sj = s[static_cast<std::size_t>(j)];
      if (i != j) k(i, j) = 1 / (si * si - sj * sj);
    }
  }
  const Dense d = g1 * inverse - u2 * g2.transposed() * u1 * inverse;
  Dense diagonal = values - u.transposed() * d;
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) {
      if (i != j) diagonal(i, j) = 0;
    }
  }
  const Dense inner = v.transposed() * (gv - v * d.transposed() * u * sigma);
  Dense product(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) product(i, j) = k(j, i) * inner(i, j);
  }
  return d * v.transposed() + u * diagonal * v.transposed() +
         2.0 * (u * sigma * product.symmetric_part() * v.transposed());
}

TEST(SingularValueDecomposition, EqualsThePapersRuleWithFullU) {
  const int m = 6;
  const int n = 4;
  const auto x = separated(m, n, 11);
  const auto gu = normal_numbers(m * m, 5);
  const auto gs = normal_numbers(n, 6);
  const auto gv = normal_numbers(n * n, 7);
  NodeRun run(decomposition(true), {{{1, m, n}, x}});
  run.forward();
  const auto expected =
      paper_gradient(dense(m, m, run.output(0)), run.output(1), dense(n, n, run.output(2)),
                     dense(m, m, gu), gs, dense(n, n, gv));
  EXPECT_LE(relative_distance(run.gradient({{0, gu}, {1, gs}, {2, gv}}), expected.data()), 1e-12);
}

// U diag(s) Vᵀ of two bases without zeros.
std::vector<double> square_matrix(const std::vector<double>& s) {
  const int n = static_cast<int>(s.size());
  NodeRun left(decomposition(), {{{1, n, n}, separated(n, n, 21)}});
  NodeRun right(decomposition(), {{{1, n, n}, separated(n, n, 22)}});
  left.forward();
  right.forward();
  return (dense(n, n, left.output(0)) * Dense::diagonal(s) *
          dense(n, n, right.output(2)).transposed())
      .data();
}

// For m = n dU stays finite where a singular value vanishes, and the gradient keeps its digits,
// which the paper's rule loses through CΣ⁻¹.
TEST(SingularValueDecomposition, IsAccurateAtSmallSingularValues) {
  const int n = 4;
  const auto gu = normal_numbers(n * n, 5);
  const std::vector<double> gs(n, 0.0);
  const std::vector<double> gv(n * n, 0.0);
  const auto gradient = [&](double smallest) {
    NodeRun run(decomposition(), {{{1, n, n}, square_matrix({4, 3, 2, smallest})}});
    run.forward();
    const auto u = dense(n, n, run.output(0));
    const auto v = dense(n, n, run.output(2));
    return std::make_pair(
        run.gradient({{0, gu}}),
        paper_gradient(u, run.output(1), v, dense(n, n, gu), gs, dense(n, n, gv)).data());
  };
  // The gradient depends smoothly on the small value: 1e-9 and 2e-9 give the same to 1e-8.
  const auto [one, paper_one] = gradient(1e-9);
  const auto [two, paper_two] = gradient(2e-9);
  EXPECT_LE(relative_distance(one, two), 1e-8);
  EXPECT_GE(relative_distance(paper_one, paper_two), 1e-8);
  const auto [zero, paper_zero] = gradient(0);
  EXPECT_LE(relative_distance(zero, two), 1e-8);
}

TEST(SingularValueDecomposition, EachOutputCanBeLeftOut) {
  const int m = 5;
  const int n = 3;
  const auto x = separated(m, n, 3);
  NodeRun all(decomposition(), {{{1, m, n}, x}});
  all.forward();
  const auto gradients = std::vector<std::vector<double>>{
      normal_numbers(m * n, 5), normal_numbers(n, 6), normal_numbers(n * n, 7)};
  for (int mask = 1; mask < 8; ++mask) {
    SingularValueSettings settings;
    settings.u = mask & 1;
    settings.values = mask & 2;
    settings.v = mask & 4;
    NodeRun some(std::make_shared<SingularValueDecomposition<double>>(settings), {{{1, m, n}, x}});
    some.forward();
    std::vector<std::pair<std::size_t, std::vector<double>>> of_some;
    std::vector<std::pair<std::size_t, std::vector<double>>> of_all;
    for (std::size_t i = 0; i < 3; ++i) {
      if (!(mask >> i & 1)) continue;
      EXPECT_EQ(some.output(of_some.size()), all.output(i));
      of_some.emplace_back(of_some.size(), gradients[i]);
      of_all.emplace_back(i, gradients[i]);
    }
    EXPECT_EQ(some.gradient(of_some), all.gradient(of_all));
  }
  SingularValueSettings none;
  none.u = none.values = none.v = false;
  EXPECT_THROW(SingularValueDecomposition<double>{none}, InputError);
}

// The gradient of singular values alone needs no differences of them: 2I, zero, and the sum of
// singular values, whose gradient is UVᵀ.
TEST(SingularValueDecomposition, ValuesAloneHaveGradientsWhereTheyAreEqual) {
  NodeRun run(decomposition(), {{{2, 2, 2}, {2, 0, 0, -2, 0, 0, 0, 0}}});
  run.forward();
  const auto gradient = run.gradient({{1, {1, 1, 1, 1}}});
  const std::vector<double> expected = {1, 0, 0, -1};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-15);
}

TEST(Eigendecomposition, GradientsAreThoseOfDifferencesInLongDouble) {
  const int n = 5;
  auto z = normal_numbers(n * n, 9);
  // Positive definite and apart, so that singular vectors in long double are the reference.
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j)
      z[static_cast<std::size_t>(i * n + j)] = z[static_cast<std::size_t>(j * n + i)];
    z[static_cast<std::size_t>(i * n + i)] += 4 + 3 * i;
  }
  const auto gu = normal_numbers(n * n, 5);
  const auto gq = normal_numbers(n, 6);
  NodeRun run(eigenvectors(), {{{1, n, n}, z}});
  run.forward();
  const auto reference = differences(z, [&](const Extended& moved) {
    Extended symmetric(moved.size());
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        symmetric[static_cast<std::size_t>(i * n + j)] =
            (moved[static_cast<std::size_t>(i * n + j)] +
             moved[static_cast<std::size_t>(j * n + i)]) /
            2;
      }
    }
    const auto svd = extended_svd(n, n, symmetric);
    long double loss = 0;
    for (int j = 0; j < n; ++j) {
      const auto column = static_cast<std::size_t>(n - 1 - j);
      long double largest = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const auto value = svd.v[i * n + column];
        if (std::fabs(value) > std::fabs(largest)) largest = value;
      }
      loss += gq[static_cast<std::size_t>(j)] * svd.values[column];
      for (std::size_t i = 0; i < n; ++i) {
        loss += gu[i * n + static_cast<std::size_t>(j)] * svd.v[i * n + column] *
                (largest < 0 ? -1 : 1);
      }
    }
    return loss;
  });
  EXPECT_LE(relative_distance(run.gradient({{0, gu}, {1, gq}}), reference), 1e-10);
  for (int j = 0; j + 1 < n; ++j)
    EXPECT_LT(run.output(1)[static_cast<std::size_t>(j)],
              run.output(1)[static_cast<std::size_t>(j) + 1]);
}

// A loss that sees only the rotation of two equal vectors, one that sees none of it, and their sum.
TEST(UndeterminedGradients, AreMeasuredForSingularVectors) {
  const auto observer = std::make_shared<UndeterminedGradient>();
  GapTreatment lorentzian;
  lorentzian.remedy = GapRemedy::lorentzian;
  // Values 3, 3, 1 with U = V = I.
  NodeRun run(decomposition(false, lorentzian, observer),
              {{{1, 3, 3}, {3, 0, 0, 0, 3, 0, 0, 0, 1}}});
  run.forward();
  const auto u = dense(3, 3, run.output(0));
  const auto v = dense(3, 3, run.output(2));
  Dense turn(3, 3);
  turn(0, 1) = 1;
  turn(1, 0) = -1;
  const auto share = [&](const std::vector<double>& gu, const std::vector<double>& gv) {
    observer->reset();
    run.gradient({{0, gu}, {2, gv}});
    EXPECT_EQ(observer->pairs(), 1);
    EXPECT_EQ(observer->samples(), 1);
    return observer->share();
  };
  const auto both = (u * turn).data();
  EXPECT_NEAR(share(both, (v * turn).data()), 1, 1e-14);
  EXPECT_NEAR(share(std::vector<double>(9, 0.0), (v * turn).data()), std::sqrt(0.5), 1e-14);
  EXPECT_NEAR(share(both, (-1.0 * (v * turn)).data()), 0, 1e-14);
  // tr(Gᵀ U Vᵀ) is a function of X alone.
  const Dense g = dense(3, 3, normal_numbers(9, 4));
  EXPECT_NEAR(share((g * v).data(), (g.transposed() * u).data()), 0, 1e-14);
}

TEST(UndeterminedGradients, AreMeasuredForZeroValuesAndCompletions) {
  const auto observer = std::make_shared<UndeterminedGradient>();
  GapTreatment lorentzian;
  lorentzian.remedy = GapRemedy::lorentzian;
  const std::vector<double> x = {2, 0, 0, 0, 0, 0};  // 3 x 2, rank 1
  NodeRun thin(decomposition(false, lorentzian, observer), {{{1, 3, 2}, x}});
  thin.forward();
  const auto u = thin.output(0);
  // The direction orthogonal to both columns of U, given to the column of the zero value.
  std::vector<double> gu(6, 0.0);
  const double c[3] = {u[2] * u[5] - u[4] * u[3], u[4] * u[1] - u[0] * u[5],
                       u[0] * u[3] - u[2] * u[1]};
  for (std::size_t i = 0; i < 3; ++i) gu[2 * i + 1] = c[i];
  thin.gradient({{0, gu}});
  EXPECT_NEAR(observer->share(), 1, 1e-14);
  EXPECT_EQ(observer->pairs(), 1);

  // Left and right vectors of two zero values turn independently.
  observer->reset();
  NodeRun square(decomposition(false, lorentzian, observer),
                 {{{1, 3, 3}, {2, 0, 0, 0, 0, 0, 0, 0, 0}}});
  square.forward();
  Dense turn_zeros(3, 3);
  turn_zeros(1, 2) = 1;
  turn_zeros(2, 1) = -1;
  square.gradient({{0, (dense(3, 3, square.output(0)) * turn_zeros).data()}});
  EXPECT_NEAR(observer->share(), 1, 1e-14);

  observer->reset();
  NodeRun full(decomposition(true, lorentzian, observer), {{{1, 4, 2}, separated(4, 2, 3)}});
  full.forward();
  Dense turn(4, 4);
  turn(2, 3) = 1;
  turn(3, 2) = -1;
  full.gradient({{0, (dense(4, 4, full.output(0)) * turn).data()}});
  EXPECT_NEAR(observer->share(), 1, 1e-14);
  EXPECT_EQ(observer->pairs(), 0);
}

TEST(UndeterminedGradients, AreMeasuredForEigenvectorsAlsoWhereTheDerivativeFails) {
  const auto observer = std::make_shared<UndeterminedGradient>();
  NodeRun run(eigenvectors({}, observer), {{{1, 2, 2}, {3, 0, 0, 3}}});
  run.forward();
  const Dense u = dense(2, 2, run.output(0));
  const Dense turn = dense(2, 2, {0, 1, -1, 0});
  EXPECT_THROW(run.gradient({{0, (u * turn).data()}}), NonFiniteError);
  EXPECT_NEAR(observer->share(), 1, 1e-14);
  EXPECT_NEAR(observer->largest_share(), 1, 1e-14);
  EXPECT_EQ(observer->samples_with_pairs(), 1);
}

// Whatever a remedy does to the derivative, its two maps stay transposes of each other.
TEST(Remedies, KeepDualityAtSmallGaps) {
  for (const auto remedy : {GapRemedy::plain, GapRemedy::clip, GapRemedy::lorentzian,
                            GapRemedy::taylor, GapRemedy::pade}) {
    SCOPED_TRACE(static_cast<int>(remedy));
    GapTreatment gaps;
    gaps.remedy = remedy;
    gaps.limit = 1e6;
    for (const double gap : {1e-4, 1e-8}) {
      InputSample sample;
      sample.spec = {{2, 3, 3}, Precision::f64};
      sample.scale = 1e-3 * gap;
      sample.centre = {1, 0, 0, 0, 1 + gap, 0, 0, 0, 2};
      OperationCase svd{"", decomposition(false, gaps), {sample}};
      EXPECT_LE(duality_mismatch(svd, 1), 1e-12);
      OperationCase full{"", decomposition(true, gaps), {sample}};
      full.inputs[0].spec.shape = {2, 4, 3};
      full.inputs[0].centre.insert(full.inputs[0].centre.end(), {0, 0, 0});
      EXPECT_LE(duality_mismatch(full, 1), 1e-12);
      OperationCase eigen{"", eigenvectors(gaps), {sample}};
      EXPECT_LE(duality_mismatch(eigen, 1), 1e-12);
    }
  }
}

TEST(Remedies, AreWhatTheirNamesSay) {
  const auto with = [](const std::string& name) {
    GapTreatment gaps;
    gaps.remedy = gap_remedy(name);
    return gaps;
  };
  EXPECT_EQ(with("plain").reciprocal(3, 1), 0.5);
  EXPECT_TRUE(std::isinf(with("plain").reciprocal(3, 3)));
  EXPECT_EQ(with("clip").reciprocal(3, 3), 1e10);
  EXPECT_EQ(with("clip").reciprocal(3, 3 + 1e-12), -1e10);
  EXPECT_EQ(with("clip").reciprocal(3, 1), 0.5);
  EXPECT_EQ(with("lorentzian").reciprocal(3, 3), 0);
  EXPECT_DOUBLE_EQ(with("lorentzian").reciprocal(1e-6, 0), 1e-6 / (1e-12 + 1e-12));
  EXPECT_EQ(with("taylor").reciprocal(4, 4), 101 / 4.0);
  double sum = 0;
  for (int k = 0; k <= 100; ++k) sum += std::pow(0.99, k);
  EXPECT_NEAR(with("taylor").reciprocal(2, 1.98), sum / 2, 1e-12 * sum);
  EXPECT_NEAR(with("taylor").reciprocal(1.98, 2), -sum / 2, 1e-12 * sum);
  EXPECT_NEAR(with("taylor").reciprocal(-2, -1.98), -sum / 2, 1e-12 * sum);
  for (const double ratio : {-0.5, 0.1, 0.5, 0.9, 0.999})
    EXPECT_NEAR(with("pade").reciprocal(2, 2 * ratio) * 2 * (1 - ratio), 1, 1e-11);
  for (const auto* name : {"plain", "clip", "lorentzian", "taylor", "pade"}) {
    const auto gaps = with(name);
    EXPECT_NEAR(gaps.reciprocal_of_squares(3, 2), gaps.reciprocal(9, 4), 1e-12);
    EXPECT_NEAR(gaps.reciprocal_of_squares(2, 3), -gaps.reciprocal(9, 4), 1e-12);
  }
  EXPECT_THROW(gap_remedy("none"), InputError);
  GapTreatment odd;
  odd.degree = 7;
  EXPECT_THROW(eigenvectors(odd), InputError);
  GapTreatment negative;
  negative.limit = -1;
  EXPECT_THROW(decomposition(false, negative), InputError);
}

}  // namespace
}  // namespace eigenprop
