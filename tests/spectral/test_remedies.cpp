#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "decomposition_runs.hpp"
#include "graph/checks.hpp"

namespace eigenprop {
namespace {

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

// tr(GᵀUVᵀ), whose gradient in X = σQ with QᵀQ = I is (Q skew(QᵀG) + (I - QQᵀ)G) / σ: no turn of
// equal vectors arrives, and the remedies must not take the rest for one.
TEST(Remedies, LeaveTheProcrustesGradientAtEqualValues) {
  constexpr int m = 6, n = 4;
  constexpr double sigma = 3;
  const auto v = normal_numbers(m, 2);
  double square = 0;
  for (const double x : v) square += x * x;
  for (const int rows : {n, m}) {
    Dense q(rows, n);
    // The first columns of a reflection, or of the identity: equal values to rounding, or exactly.
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < n; ++j) {
        q(i, j) = (i == j ? 1 : 0) - (rows == n ? 0
                                                : 2 * v[static_cast<std::size_t>(i)] *
                                                      v[static_cast<std::size_t>(j)] / square);
      }
    }
    const Dense g = dense(rows, n, normal_numbers(static_cast<std::size_t>(rows * n), 3));
    const Dense inner = q.transposed() * g;
    const Dense skew = 0.5 * inner + -0.5 * inner.transposed();
    const Dense exact = (1 / sigma) * (q * skew + g + -1.0 * (q * inner));
    for (const char* remedy : {"clip", "lorentzian", "taylor"}) {
      SCOPED_TRACE(std::string(remedy) + ", rows " + std::to_string(rows));
      GapTreatment gaps;
      gaps.remedy = gap_remedy(remedy);
      const auto observer = std::make_shared<UndeterminedGradient>();
      NodeRun run(decomposition(false, gaps, observer), {{{1, rows, n}, (sigma * q).data()}});
      run.forward();
      const Dense u = dense(rows, n, run.output(0)), right = dense(n, n, run.output(2));
      const auto found = run.gradient({{0, (g * right).data()}, {2, (g.transposed() * u).data()}});
      EXPECT_LT(relative_distance(found, exact.data()), 1e-11);
      EXPECT_LT(observer->share(), 1e-14);
      EXPECT_EQ(observer->pairs(), n * (n - 1) / 2);
    }
  }
}

// The same for eigenvectors: a loss of the eigenvalues and of a projector on equal ones.
TEST(Remedies, MakeNothingOfRoundingErrors) {
  GapTreatment clip;
  clip.remedy = GapRemedy::clip;
  NodeRun run(eigenvectors(clip), {{{1, 3, 3}, {2, 0, 0, 0, 2, 0, 0, 0, 2}}});
  run.forward();
  const Dense u = dense(3, 3, run.output(0));
  // tr(A UUᵀ) = tr(A): its gradient in U is (A + Aᵀ)U, in the matrix 0.
  const Dense a = dense(3, 3, normal_numbers(9, 7));
  const auto found = run.gradient({{0, ((a + a.transposed()) * u).data()}});
  for (const double value : found) EXPECT_NEAR(value, 0, 1e-12);
}

}  // namespace
}  // namespace eigenprop
