#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cuts/alignment.hpp"
#include "cuts/distributed_eigenvectors.hpp"
#include "cuts/eigenvectors.hpp"
#include "reference/dense_cuts.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "runtime/session.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

constexpr int rows = 240;
constexpr int segments = 8;

Dense features(int m, int d, std::uint32_t seed) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  Dense f(m, d);
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < d; ++j)
      f(i, j) = std::abs(stream.normal(static_cast<std::uint64_t>(i * d + j)));
  }
  return f;
}

Dense positive_lambda(int d) {
  const Dense g = features(d, d, 99);
  return (0.1 / d) * (g * g.transposed()) + Dense::identity(d);
}

std::vector<int> labels(int m, int k, int shift = 0) {
  std::vector<int> result;
  result.reserve(static_cast<std::size_t>(m));
  for (int i = 0; i < m; ++i) result.push_back((i * i / 7 + shift * i / 5 + i / 40) % k);
  return result;
}

// The rows of this rank: uneven shares, and none on the last of three or more ranks.
struct OwnRows {
  std::int64_t first, count;
  explicit OwnRows(int m) {
    const auto& comm = test_communicator();
    const int sharing = comm.size() > 2 ? comm.size() - 1 : comm.size();
    const auto bound = [&](int r) {
      return r >= sharing ? m : static_cast<std::int64_t>(m) * r * r / (sharing * sharing);
    };
    first = bound(comm.rank());
    count = bound(comm.rank() + 1) - first;
  }
};

struct Problem {
  Dense f;
  Dense lambda;
  std::vector<std::int32_t> own_labels;
  OwnRows own;
  FeatureRows rows_of_f;
  Segmentations segmentations;

  Problem(Dense features_in, Dense lambda_in, const std::vector<std::vector<int>>& annotators)
      : f(std::move(features_in)), lambda(std::move(lambda_in)), own(f.rows()) {
    for (const auto& l : annotators)
      own_labels.insert(own_labels.end(), l.begin() + own.first, l.begin() + own.first + own.count);
    rows_of_f = {f.data().data() + own.first * f.columns(), own.count, f.columns()};
    segmentations = count_segments(own_labels.data(), static_cast<int>(annotators.size()),
                                   own.count, test_communicator());
  }
};

struct Result {
  Alignment alignment;
  std::vector<double> d_rows;
  std::vector<double> d_lambda;
};

Result run(AlignmentObjective objective, const Problem& p, RankSettings settings = {}) {
  const auto& comm = test_communicator();
  Result result;
  result.alignment =
      align(objective, p.rows_of_f, p.lambda.data().data(), p.segmentations, settings, comm);
  result.d_rows.resize(static_cast<std::size_t>(p.own.count * p.f.columns()));
  result.d_lambda.resize(p.lambda.data().size());
  alignment_gradient(objective, result.alignment, p.rows_of_f, p.lambda.data().data(),
                     p.segmentations, 1.0, result.d_rows.data(), result.d_lambda.data(), comm);
  return result;
}

void expect_equal(const Problem& p, const Result& result, const DenseAlignment& dense) {
  EXPECT_EQ(result.alignment.rank_w, dense.rank_w);
  EXPECT_NEAR(result.alignment.value, dense.value, 1e-10 * std::max(1.0, dense.value));
  const int d = p.f.columns();
  double worst = 0;
  for (std::int64_t i = 0; i < p.own.count; ++i) {
    for (int j = 0; j < d; ++j) {
      worst = std::max(worst, std::abs(result.d_rows[static_cast<std::size_t>(i * d + j)] -
                                       dense.gradient_f(static_cast<int>(p.own.first + i), j)));
    }
  }
  EXPECT_LE(worst, 1e-10 * std::max(1.0, dense.gradient_f.norm()));
  for (int i = 0; i < d; ++i) {
    for (int j = 0; j < d; ++j)
      EXPECT_NEAR(result.d_lambda[static_cast<std::size_t>(i * d + j)], dense.gradient_lambda(i, j),
                  1e-10 * std::max(1.0, dense.gradient_lambda.norm()));
  }
}

TEST(Alignment, EqualsTheDenseFormulas) {
  const auto l = labels(rows, segments);
  for (const int d : {20, 5}) {
    const Problem p(features(rows, d, 1), positive_lambda(d), {l});
    expect_equal(p, run(AlignmentObjective::j1, p), dense_j1(p.f, p.lambda, l, segments));
    expect_equal(p, run(AlignmentObjective::j2, p), dense_j2(p.f, p.lambda, l, segments));
  }
}

Result run_regularized(AlignmentObjective objective, const Problem& p, RankSettings settings) {
  const auto& comm = test_communicator();
  Result result;
  result.alignment = align(objective, p.rows_of_f, nullptr, p.segmentations, settings, comm);
  result.d_rows.resize(static_cast<std::size_t>(p.own.count * p.f.columns()));
  alignment_gradient(objective, result.alignment, p.rows_of_f, nullptr, p.segmentations, 1.0,
                     result.d_rows.data(), nullptr, comm);
  return result;
}

void expect_equal(const Problem& p, const Result& result, const DenseRegularizedAlignment& dense) {
  const auto& alignment = result.alignment;
  EXPECT_EQ(alignment.rank_w, dense.alignment.rank_w);
  EXPECT_NEAR(alignment.value, dense.alignment.value, 1e-10 * std::max(1.0, alignment.value));
  EXPECT_NEAR(alignment.effective_rank, dense.effective_rank, 1e-10 * alignment.effective_rank);
  EXPECT_NEAR(alignment.projector_value, dense.projector_value, 1e-9);
  EXPECT_NEAR(alignment.epsilon_derivative, dense.d_epsilon,
              1e-9 * std::max(1.0, std::abs(dense.d_epsilon)));
  const int d = p.f.columns();
  double worst = 0;
  for (std::int64_t i = 0; i < p.own.count; ++i) {
    for (int j = 0; j < d; ++j) {
      worst = std::max(worst,
                       std::abs(result.d_rows[static_cast<std::size_t>(i * d + j)] -
                                dense.alignment.gradient_f(static_cast<int>(p.own.first + i), j)));
    }
  }
  EXPECT_LE(worst, 1e-10 * std::max(1.0, dense.alignment.gradient_f.norm()));
}

// Columns of very different lengths: singular values on both sides of ε σ₁.
Dense graded_features(int m, int d, std::uint32_t seed) {
  Dense f = features(m, d, seed);
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < d; ++j) f(i, j) *= std::pow(0.7, j);
  }
  return f;
}

TEST(RegularizedAlignment, EqualsTheDenseFormulas) {
  constexpr int few = 120;
  const auto l = labels(few, segments);
  for (const int d : {9, 4}) {
    const Problem p(graded_features(few, d, 1), Dense::identity(d), {l});
    for (const double epsilon : {2.0, 0.1, 0.01}) {
      SCOPED_TRACE("d = " + std::to_string(d) + ", epsilon = " + std::to_string(epsilon));
      RankSettings settings;
      settings.epsilon = epsilon;
      expect_equal(p, run_regularized(AlignmentObjective::j1, p, settings),
                   dense_regularized_j1(p.f, epsilon, l, segments));
      expect_equal(p, run_regularized(AlignmentObjective::j2, p, settings),
                   dense_regularized_j2(p.f, epsilon, l, segments));
    }
  }
}

// Below the precision of the Gram matrix a QR decomposition takes over; J_ε − J falls as ε².
TEST(RegularizedAlignment, TendsToTheProjector) {
  const Problem p(features(rows, 6, 3), Dense::identity(6), {labels(rows, 4), labels(rows, 7, 1)});
  for (const auto objective : {AlignmentObjective::j1, AlignmentObjective::j2}) {
    const auto exact = run(objective, p);
    EXPECT_EQ(exact.alignment.effective_rank, exact.alignment.rank_w);
    EXPECT_NEAR(exact.alignment.projector_value, exact.alignment.value, 1e-12);
    double before = 0;
    for (const double epsilon : {4e-3, 1e-3, 2.5e-4}) {
      RankSettings settings;
      settings.epsilon = epsilon;
      const auto close = run_regularized(objective, p, settings);
      const double error = std::abs(close.alignment.value - exact.alignment.value);
      EXPECT_GT(error, 0);
      if (before > 0) {
        EXPECT_NEAR(before / error, 16, 0.5);
      }
      before = error;
      EXPECT_NEAR(close.alignment.projector_value, exact.alignment.value, 1e-9);
      for (std::size_t i = 0; i < close.d_rows.size(); ++i)
        ASSERT_NEAR(close.d_rows[i], exact.d_rows[i], 1e4 * epsilon * epsilon);
    }
  }
}

// J has no gradient along singular values; J_ε draws a column that no segment needs to zero.
TEST(RegularizedAlignment, DrawsUselessDirectionsDown) {
  const auto l = labels(rows, 2);
  Dense f(rows, 3);
  for (int i = 0; i < rows; ++i) {
    f(i, l[static_cast<std::size_t>(i)]) = 1;
    f(i, 2) = i % 2 == 0 ? 0.3 : -0.3;
  }
  for (int s = 0; s < 2; ++s) {  // Orthogonal to both segments.
    double sum = 0, count = 0;
    for (int i = 0; i < rows; ++i) {
      sum += f(i, s) * f(i, 2);
      count += f(i, s);
    }
    for (int i = 0; i < rows; ++i) f(i, 2) -= f(i, s) * sum / count;
  }
  const Problem p(f, Dense::identity(3), {l});
  const auto along = [&](const std::vector<double>& gradient) {
    double sum = 0;
    for (std::int64_t i = 0; i < p.own.count; ++i)
      sum +=
          gradient[static_cast<std::size_t>(3 * i + 2)] * f(static_cast<int>(p.own.first + i), 2);
    test_communicator().sum(&sum, 1);
    return sum;
  };
  EXPECT_NEAR(along(run(AlignmentObjective::j2, p).d_rows), 0, 1e-12);
  RankSettings settings;
  settings.epsilon = 0.1;
  EXPECT_GT(along(run_regularized(AlignmentObjective::j2, p, settings).d_rows), 1e-2);
}

TEST(RegularizedAlignment, RejectsWhatItCannotUse) {
  const Problem p(features(rows, 5, 8), Dense::identity(5), {labels(rows, 3)});
  for (const double epsilon : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    RankSettings settings;
    settings.epsilon = epsilon;
    EXPECT_THROW(run_regularized(AlignmentObjective::j2, p, settings), InputError);
  }
  RankSettings settings;
  settings.epsilon = 0.1;
  EXPECT_THROW(run(AlignmentObjective::j2, p, settings), InputError);  // It gives Λ.
  // Features that are all zero have no scale, and nothing to gain.
  const Problem zero(Dense(rows, 5), Dense::identity(5), {labels(rows, 3)});
  for (const auto objective : {AlignmentObjective::j1, AlignmentObjective::j2}) {
    const auto nothing = run_regularized(objective, zero, settings);
    EXPECT_EQ(nothing.alignment.effective_rank, 0);
    for (const double g : nothing.d_rows) EXPECT_EQ(g, 0);
  }
}

// Two columns that depend on the others, and two that are zero.
TEST(Alignment, EqualsTheDenseFormulasForDeficientFeatures) {
  const auto l = labels(rows, segments);
  Dense f = features(rows, 20, 2);
  for (int i = 0; i < rows; ++i) {
    f(i, 17) = f(i, 0) + 2 * f(i, 1);
    f(i, 18) = 0;
    f(i, 19) = f(i, 3);
    f(i, 4) = 0;
  }
  const Problem p(f, Dense::identity(20), {l});
  const auto j2 = run(AlignmentObjective::j2, p);
  EXPECT_EQ(j2.alignment.rank_w, 16);
  EXPECT_TRUE(j2.alignment.used_qr);
  expect_equal(p, j2, dense_j2(p.f, p.lambda, l, segments));
  expect_equal(p, run(AlignmentObjective::j1, p), dense_j1(p.f, p.lambda, l, segments));
}

// Λ = LLᵀ is trained through the features, F L: Fᵀ ∂J/∂(FL) = 2 sym(∂J/∂Λ) L, with eq. 64.
TEST(Alignment, TheRootOfTheMetricHasTheGradientOfEq64) {
  const int d = 5, m = 120;
  const auto l = labels(m, 4);
  const Dense f = features(m, d, 21);
  const Dense root = Dense::identity(d) + 0.3 * features(d, d, 22);
  const Problem rooted(f * root, Dense::identity(d), {l});
  auto through = run(AlignmentObjective::j1, rooted).d_rows;
  Dense own(m, d);
  for (std::int64_t i = 0; i < rooted.own.count; ++i) {
    for (int j = 0; j < d; ++j)
      own(static_cast<int>(rooted.own.first + i), j) = through[static_cast<std::size_t>(i * d + j)];
  }
  auto product = (f.transposed() * own).data();
  test_communicator().sum(product.data(), static_cast<std::int64_t>(product.size()));
  const auto dense = dense_j1(f, root * root.transposed(), l, 4);
  const Dense expected = 2.0 * (dense.gradient_lambda.symmetric_part() * root);
  EXPECT_GT(expected.norm(), 1e-3);
  EXPECT_LE((Dense(d, d, product) - expected).norm(), 1e-10);
}

TEST(Alignment, DeadFeaturesStayOnTheFastPath) {
  Dense f = features(rows, 6, 2);
  for (int i = 0; i < rows; ++i) f(i, 2) = 0;
  const Problem p(f, Dense::identity(6), {labels(rows, 4)});
  const auto j2 = run(AlignmentObjective::j2, p);
  EXPECT_EQ(j2.alignment.rank_w, 5);
  EXPECT_FALSE(j2.alignment.used_qr);
}

// ½‖Π_W − Ψ‖² for Ψ = mean of projectors, written out; its gradient is the mean of the gradients.
TEST(Alignment, AveragesAnnotatorsIntoPsi) {
  const std::vector<std::vector<int>> all = {labels(rows, 4), labels(rows, 7, 1),
                                             labels(rows, 3, 2)};
  const Problem p(features(rows, 9, 3), Dense::identity(9), all);
  const auto result = run(AlignmentObjective::j2, p);
  const Dense projector = spectrum(p.f * p.f.transposed()).projector;
  Dense psi(rows, rows);
  Dense gradient(rows, 9);
  const int counts[] = {4, 7, 3};
  for (std::size_t a = 0; a < 3; ++a) {
    Dense e(rows, counts[a]);
    for (int i = 0; i < rows; ++i) e(i, all[a][static_cast<std::size_t>(i)]) = 1;
    psi = psi + (1.0 / 3) * spectrum(e * e.transposed()).projector;
    gradient = gradient + (1.0 / 3) * dense_j2(p.f, p.lambda, all[a], counts[a]).gradient_f;
  }
  const double norm = (projector - psi).norm();
  EXPECT_NEAR(result.alignment.value, 0.5 * norm * norm, 1e-10);
  EXPECT_EQ(result.alignment.rank_e, 14);
  for (std::int64_t i = 0; i < p.own.count; ++i) {
    for (int j = 0; j < 9; ++j)
      EXPECT_NEAR(result.d_rows[static_cast<std::size_t>(i * 9 + j)],
                  gradient(static_cast<int>(p.own.first + i), j), 1e-10);
  }
}

// J₁ is the mean of the annotators' objectives, with one W and one Λ.
TEST(Alignment, AveragesJ1OverAnnotators) {
  const std::vector<std::vector<int>> all = {labels(rows, 4), labels(rows, 7, 1),
                                             labels(rows, 3, 2)};
  const int counts[] = {4, 7, 3};
  const Problem p(features(rows, 9, 3), positive_lambda(9), all);
  DenseAlignment mean{0, 9, Dense(rows, 9), Dense(9, 9)};
  for (std::size_t a = 0; a < 3; ++a) {
    const auto one = dense_j1(p.f, p.lambda, all[a], counts[a]);
    mean.value += one.value / 3;
    mean.gradient_f = mean.gradient_f + (1.0 / 3) * one.gradient_f;
    mean.gradient_lambda = mean.gradient_lambda + (1.0 / 3) * one.gradient_lambda;
  }
  expect_equal(p, run(AlignmentObjective::j1, p), mean);
}

TEST(Alignment, IsDefinedForEverySmallCase) {
  // More features than rows: W has full range, nothing can be gained.
  const std::vector<int> few = {0, 1, 0, 1};
  const Problem wide(features(4, 9, 4), Dense::identity(9), {few});
  const auto full = run(AlignmentObjective::j2, wide);
  EXPECT_EQ(full.alignment.rank_w, 4);
  EXPECT_NEAR(full.alignment.value, 1, 1e-12);
  for (const double g : full.d_rows) EXPECT_NEAR(g, 0, 1e-12);

  // A segment that does not occur; rows of zeros; features that are all zero.
  auto gap = labels(rows, 3);
  for (int& l : gap) l = l == 2 ? 4 : l;
  Dense f = features(rows, 5, 5);
  for (int i = 100; i < 150; ++i) {
    for (int j = 0; j < 5; ++j) f(i, j) = 0;
  }
  for (const auto objective : {AlignmentObjective::j1, AlignmentObjective::j2}) {
    const Problem p(f, Dense::identity(5), {gap});
    const auto result = run(objective, p);
    EXPECT_EQ(result.alignment.rank_e, 3);
    EXPECT_TRUE(std::isfinite(result.alignment.value));
    for (const double g : result.d_rows) ASSERT_TRUE(std::isfinite(g));
    const Problem zero(Dense(rows, 5), Dense::identity(5), {gap});
    const auto nothing = run(objective, zero);
    EXPECT_EQ(nothing.alignment.rank_w, 0);
    for (const double g : nothing.d_rows) EXPECT_EQ(g, 0);
  }
}

TEST(Alignment, RowsOfZeroDegreeTakeNoPart) {
  const auto l = labels(rows, 3);
  Dense f = features(rows, 5, 6);
  for (int j = 0; j < 5; ++j) f(rows - 1, j) = 0;
  const Problem with(f, Dense::identity(5), {l});
  const Dense without(rows - 1, 5,
                      {f.data().begin(), f.data().begin() + (rows - 1) * std::ptrdiff_t{5}});
  const std::vector<int> shorter(l.begin(), l.end() - 1);
  const auto expected = dense_j1(without, Dense::identity(5), shorter, 3);
  EXPECT_NEAR(run(AlignmentObjective::j1, with).alignment.value, expected.value, 1e-10);
}

TEST(Alignment, BoundOfLemma2HoldsWhereTheSpacesAgree) {
  // Features that are the segments' indicators, mixed.
  const auto l = labels(rows, 4);
  Dense f(rows, 4);
  for (int i = 0; i < rows; ++i) f(i, l[static_cast<std::size_t>(i)]) = 1;
  const Problem p(f * features(4, 4, 7), Dense::identity(4), {l});
  const auto result = run(AlignmentObjective::j2, p);
  EXPECT_NEAR(result.alignment.value, 0, 1e-10);
  EXPECT_TRUE(result.alignment.bound_holds);
  EXPECT_EQ(result.alignment.rank_w, result.alignment.rank_e);
}

TEST(Alignment, RejectsWhatItCannotUse) {
  const auto l = labels(rows, 3);
  Dense singular = Dense::identity(5);
  singular(2, 2) = 0;
  const Problem p(features(rows, 5, 8), singular, {l});
  EXPECT_THROW(run(AlignmentObjective::j1, p), InputError);
  const std::int32_t negative[] = {0, -1};
  EXPECT_THROW(count_segments(negative, 1, 2, test_communicator()), InputError);
  Dense bad = features(rows, 5, 9);
  for (int i = 0; i < rows; ++i) bad(i, 1) = std::numeric_limits<double>::quiet_NaN();
  const Problem nan(bad, Dense::identity(5), {l});
  EXPECT_THROW(run(AlignmentObjective::j2, nan), NonFiniteError);
}

// Errors of J₂'s projector energy by Gram matrix and by QR against the condition number: the
// boundary RankSettings::gram_condition = 1e3 keeps the Gram path below 1e-9.
TEST(Alignment, GramLosesTheSquareOfTheCondition) {
  const auto l = labels(rows, 4);
  for (const double condition : {1e2, 1e3, 1e5, 1e6}) {
    Dense f = features(rows, 6, 10);
    Dense scaled(f);
    // A nearly dependent column; the range is that of f whatever the condition.
    for (int i = 0; i < rows; ++i) scaled(i, 5) = f(i, 0) + f(i, 5) / condition;
    const Problem exact(f, Dense::identity(6), {l});
    const Problem stretched(scaled, Dense::identity(6), {l});
    const double truth = run(AlignmentObjective::j2, exact).alignment.value;
    RankSettings gram_only;
    gram_only.gram_condition = 1e12;
    RankSettings qr_only;
    qr_only.gram_condition = 1;
    const double by_gram =
        std::abs(run(AlignmentObjective::j2, stretched, gram_only).alignment.value - truth);
    const double by_qr =
        std::abs(run(AlignmentObjective::j2, stretched, qr_only).alignment.value - truth);
    RecordProperty("gram_error_at_1e" + std::to_string(static_cast<int>(std::log10(condition))),
                   std::to_string(by_gram));
    EXPECT_LE(by_qr, 1e-14 * condition);
    if (condition <= 1e3) {
      EXPECT_LE(by_gram, 1e-9);
    }
    if (condition >= 1e6) {
      EXPECT_GE(by_gram, 10 * by_qr);
    }
  }
}

// M u = λ u for every vector, and all of M is captured: tr M = Σ λ.
void expect_eigenvectors(const Problem& p, const LeadingEigenvectors& leading, double tolerance) {
  const int d = p.f.columns();
  ASSERT_EQ(leading.dimensions, d);
  const Dense m = dense_normalized_affinity(p.f, p.lambda);
  std::vector<double> all(static_cast<std::size_t>(rows * d), 0.0);
  std::copy(leading.eigenvectors.begin(), leading.eigenvectors.end(),
            all.begin() + p.own.first * d);
  test_communicator().sum(all.data(), rows * d);
  const Dense u(rows, d, all);
  EXPECT_LE((m * u - u * Dense::diagonal(leading.eigenvalues)).norm(), tolerance);
  EXPECT_LE((u.transposed() * u - Dense::identity(d)).norm(), tolerance);
  double trace = 0;
  double sum = 0;
  for (int i = 0; i < rows; ++i) trace += m(i, i);
  for (const double value : leading.eigenvalues) sum += value;
  EXPECT_NEAR(trace, sum, 1e-10);
}

TEST(Embedding, EqualsTheDenseEigenvectors) {
  for (const int d : {20, 3}) {
    const Problem p(features(rows, d, 11), positive_lambda(d), {labels(rows, 2)});
    EigenvectorSettings settings;
    settings.tolerance = 1e-10;
    const auto leading =
        leading_eigenvectors(p.rows_of_f, p.lambda.data().data(), settings, test_communicator());
    expect_eigenvectors(p, leading, 1e-11);
    EXPECT_NEAR(leading.eigenvalues[0], 1, 1e-12);
  }
}

// A row against all others has a negative degree. It takes no part, as in training; raised to a
// positive one it would rule all eigenvectors.
TEST(Embedding, LeavesOutRowsOfNegativeDegree) {
  Dense f = features(rows, 6, 14);
  for (int j = 0; j < 6; ++j) f(5, j) = -f(6, j);
  const Problem p(f, positive_lambda(6), {labels(rows, 2)});
  EigenvectorSettings settings;
  settings.tolerance = 1e-10;
  const double* lambda = p.lambda.data().data();
  add_petsc_options({"-svd_type", "cross", "-svd_tol", "1e-12"});
  const auto leading = leading_eigenvectors(p.rows_of_f, lambda, settings, test_communicator());
  expect_eigenvectors(p, leading, 1e-11);
  expect_eigenvectors(
      p, distributed_eigenvectors(p.rows_of_f, lambda, settings, test_communicator()), 1e-8);
  for (std::int64_t i = 0; i < p.own.count; ++i)
    EXPECT_EQ(leading.degrees[static_cast<std::size_t>(i)] == 0, p.own.first + i == 5);
}

// Every solver by option; rows spread unevenly, none on the last of three or more ranks.
TEST(DistributedEmbedding, EqualsTheDenseEigenvectorsForAnySolver) {
  const Problem p(features(rows, 8, 11), positive_lambda(8), {labels(rows, 2)});
  EigenvectorSettings settings;
  settings.tolerance = 1e-10;
  for (const std::string solver : {"cross", "trlanczos", "lanczos"}) {
    SCOPED_TRACE(solver);
    add_petsc_options({"-svd_type", solver, "-svd_tol", "1e-12"});
    expect_eigenvectors(p,
                        distributed_eigenvectors(p.rows_of_f, p.lambda.data().data(), settings,
                                                 test_communicator()),
                        1e-8);
  }
}

TEST(Embedding, IsFiniteForRowsWithoutDegree) {
  Dense f = features(rows, 5, 12);
  for (int j = 0; j < 5; ++j) f(3, j) = 0;
  const Problem p(f, Dense::identity(5), {labels(rows, 2)});
  const auto leading = leading_eigenvectors(p.rows_of_f, nullptr, {}, test_communicator());
  for (const double v : leading.eigenvectors) ASSERT_TRUE(std::isfinite(v));
  const Problem zero(Dense(rows, 5), Dense::identity(5), {labels(rows, 2)});
  EXPECT_EQ(leading_eigenvectors(zero.rows_of_f, nullptr, {}, test_communicator()).dimensions, 0);
}

TEST(Embedding, RejectsAnIndefiniteLambda) {
  Dense lambda = Dense::identity(5);
  lambda(0, 0) = -1;
  const Problem p(features(rows, 5, 13), lambda, {labels(rows, 2)});
  EXPECT_THROW(leading_eigenvectors(p.rows_of_f, p.lambda.data().data(), {}, test_communicator()),
               InputError);
}

}  // namespace
}  // namespace eigenprop
