#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "objectives/affinities.hpp"
#include "objectives/dense_embedding.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "objectives/neighbour_embedding.hpp"
#include "objectives/spread_rows.hpp"
#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

AffinitySettings settings_of(double perplexity, bool exact, std::int64_t neighbours = 0) {
  AffinitySettings settings;
  settings.perplexity = perplexity;
  settings.exact = exact;
  settings.neighbours = neighbours;
  return settings;
}

Affinities affinities_of(const Values& x, std::int64_t n, const AffinitySettings& settings) {
  const auto own = share(n);
  const auto rows = part(x, n, own);
  return neighbour_affinities(rows.data(), own.second - own.first,
                              static_cast<int>(static_cast<std::int64_t>(x.size()) / n), settings,
                              test_communicator());
}

/// Own rows as a full matrix (rows, n).
Values full_rows(const Affinities& p) {
  const auto n = static_cast<std::size_t>(p.total), rows = static_cast<std::size_t>(p.rows);
  Values full(rows * n, 0.0);
  for (std::size_t i = 0; i < rows; ++i) {
    if (p.exact) {
      const std::size_t stride = p.dense.size() / rows;
      for (std::size_t j = 0; j < n; ++j) full[i * n + j] = p.dense[i * stride + j];
    } else {
      for (auto e = p.offset[i]; e < p.offset[i + 1]; ++e)
        full[i * n + static_cast<std::size_t>(p.column[static_cast<std::size_t>(e)])] =
            p.value[static_cast<std::size_t>(e)];
    }
  }
  return full;
}

void expect_near(const Values& own, const Values& expected, double bound) {
  ASSERT_EQ(own.size(), expected.size());
  for (std::size_t i = 0; i < own.size(); ++i)
    EXPECT_NEAR(own[i], expected[i], bound) << "element " << i;
}

void expect_affinities(const Affinities& p, const DenseEmbedding::Matrix& dense) {
  const auto n = static_cast<std::size_t>(p.total);
  Values expected;
  long double information = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      if (dense[i][j] > 0) information += dense[i][j] * std::log(dense[i][j]);
      const auto row = static_cast<std::int64_t>(i);
      if (row >= p.first && row < p.first + p.rows)
        expected.push_back(static_cast<double>(dense[i][j]));
    }
  }
  // The search ends within 1e-10 of the entropy.
  expect_near(full_rows(p), expected, 1e-10 / static_cast<double>(n));
  EXPECT_NEAR(p.information, static_cast<double>(information), 1e-9);
}

TEST(Affinities, EqualTheDenseFormula) {
  for (const std::int64_t n : {9, 65, 131}) {
    SCOPED_TRACE(n);
    const auto count = static_cast<std::size_t>(n);
    const auto x = random_values(count * 5, 3, 1);
    const double perplexity = n > 10 ? 12.5 : 2;
    const auto exact = affinities_of(x, n, settings_of(perplexity, true));
    EXPECT_TRUE(exact.exact);
    expect_affinities(exact, DenseEmbedding::affinities(x, count, perplexity, count - 1));
    const auto k = static_cast<std::size_t>(std::lround(3 * perplexity));
    const auto nearest = affinities_of(x, n, settings_of(perplexity, false));
    EXPECT_FALSE(nearest.exact);
    expect_affinities(nearest, DenseEmbedding::affinities(x, count, perplexity, k));
    EXPECT_EQ(nearest.undetermined, 0);
  }
}

TEST(Affinities, OfAllNeighboursAreTheExactOnes) {
  const std::int64_t n = 70;
  const auto x = random_values(70 * 3, 1, 2);
  const auto exact = affinities_of(x, n, settings_of(8, true));
  const auto nearest = affinities_of(x, n, settings_of(8, false, n - 1));
  expect_near(full_rows(nearest), full_rows(exact), 1e-17);
  EXPECT_NEAR(nearest.information, exact.information, 1e-13);
}

TEST(Affinities, ReachThePerplexity) {
  for (const double scale : {1e-120, 1e-3, 1.0, 1e4, 1e120}) {
    for (const double perplexity : {1.01, 2.0, 17.3, 90.0}) {
      const auto x = random_values(300, scale, 3);
      Values squared;
      for (const double value : x) squared.push_back(value * value);
      const auto row = search_precision(squared.data(), 300, perplexity);
      EXPECT_TRUE(row.determined);
      long double entropy = 0, sum = 0;
      for (const double value : squared) {
        const long double p =
            std::exp(-static_cast<long double>(row.precision) * (value - row.least)) *
            row.inverse_sum;
        sum += p;
        entropy -= p > 0 ? p * std::log(p) : 0;
      }
      EXPECT_NEAR(static_cast<double>(sum), 1, 1e-13);
      EXPECT_NEAR(static_cast<double>(entropy), std::log(perplexity), 1e-8)
          << scale << " " << perplexity;
    }
  }
}

// Three piles of 8, 2 and 30 points. With perplexity 5 those of the first and the last have no
// bandwidth: their neighbours are those of the pile, or where nearest neighbours count the first k
// of them.
TEST(Affinities, TakeTheLimitAtDuplicates) {
  const std::int64_t n = 40;
  Values x;
  for (std::int64_t i = 0; i < n; ++i) {
    const double pile = i < 8 ? 0 : i < 10 ? 3 : 50;
    x.insert(x.end(), {pile, 1 + pile});
  }
  for (const bool exact : {true, false}) {
    const auto p = affinities_of(x, n, settings_of(5, exact));
    EXPECT_EQ(p.undetermined, 38);
    const auto full = full_rows(p);
    double sum = 0;
    for (const double value : full) {
      EXPECT_TRUE(value >= 0 && value <= 1);
      sum += value;
    }
    EXPECT_NEAR(test_communicator().sum(sum), 1, 1e-13);
    for (std::int64_t i = p.first; i < std::min<std::int64_t>(8, p.first + p.rows); ++i) {
      for (std::int64_t j = 0; j < 8; ++j) {
        const double value = full[static_cast<std::size_t>((i - p.first) * n + j)];
        EXPECT_NEAR(value, i == j ? 0 : 1 / (7.0 * 40), 1e-16);
      }
    }
    if (!exact) continue;
    for (std::int64_t i = std::max<std::int64_t>(10, p.first); i < p.first + p.rows; ++i) {
      for (std::int64_t j = 10; j < n; ++j) {
        const double value = full[static_cast<std::size_t>((i - p.first) * n + j)];
        EXPECT_NEAR(value, i == j ? 0 : 1 / (29.0 * 40), 1e-16);
      }
    }
  }
  // All points alike.
  const auto p = affinities_of(Values(80, 2.5), n, settings_of(5, true));
  EXPECT_EQ(p.undetermined, 40);
  for (const double value : full_rows(p))
    EXPECT_TRUE(value == 0 || std::abs(value - 1 / (39.0 * 40)) < 1e-16);
}

TEST(Affinities, RejectWhatHasNoMeaning) {
  const auto message = [](const Values& x, double perplexity, std::int64_t neighbours = 0) {
    try {
      affinities_of(x, 16, settings_of(perplexity, false, neighbours));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  auto x = random_values(16 * 2, 1, 5);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(message(x, 4.99), "no error");
  for (const double wrong : {5.0, 30.0, 1.0, 0.0, -3.0, nan})
    EXPECT_THAT(message(x, wrong),
                testing::EndsWith("with 16 points it must be greater than 1 and less than 5"));
  EXPECT_EQ(message(x, 4, 4),
            "the number of neighbours must be greater than the perplexity and less than 16, not 4");
  EXPECT_NE(message(x, 4, 16), "no error");
  x[13] = 1e200;
  EXPECT_THAT(message(x, 3), testing::EndsWith("are not finite"));
  x[13] = nan;
  EXPECT_EQ(message(x, 3), "the feature vector of point 6 is not finite");
}

struct Problem {
  Values x, y;
  std::int64_t n;
  DenseEmbedding::Matrix p;
};

Problem problem_of(std::int64_t n, int dimensions, double scale, std::size_t neighbours) {
  const auto count = static_cast<std::size_t>(n);
  Problem result = {random_values(count * 4, 1, 6),
                    random_values(count * static_cast<std::size_t>(dimensions), scale, 7),
                    n,
                    {}};
  result.p = DenseEmbedding::affinities(result.x, count, 3, neighbours);
  return result;
}

struct Evaluation {
  double divergence = 0;
  Values gradient, again;
};

Evaluation evaluate(EmbeddingKind kind, const Problem& problem, bool exact, double exaggeration) {
  const auto own = share(problem.n);
  const auto y = part(problem.y, problem.n, own);
  const auto d = static_cast<int>(static_cast<std::int64_t>(problem.y.size()) / problem.n);
  NeighbourEmbedding objective(kind, affinities_of(problem.x, problem.n, settings_of(3, exact)), d,
                               test_communicator());
  Evaluation result;
  result.gradient.resize(y.size());
  result.again.resize(y.size());
  result.divergence = objective.divergence(y.data(), exaggeration, result.gradient.data());
  objective.gradient(y.data(), exaggeration, result.again.data());
  EXPECT_EQ(objective.divergence(y.data()), result.divergence);
  return result;
}

void expect_dense(EmbeddingKind kind, std::int64_t n, int dimensions, double scale, bool exact) {
  SCOPED_TRACE(std::to_string(n) + " points, " + std::to_string(dimensions) + " dimensions");
  const auto problem =
      problem_of(n, dimensions, scale, exact ? static_cast<std::size_t>(n - 1) : 9);
  const bool tsne = kind == EmbeddingKind::tsne;
  const auto found = evaluate(kind, problem, exact, 4.5);
  const auto value = static_cast<double>(DenseEmbedding::divergence(problem.p, problem.y, tsne));
  EXPECT_NEAR(found.divergence / value, 1, 1e-9);
  double largest = 0;
  const auto expected = DenseEmbedding::gradient(problem.p, problem.y, tsne, tsne, 4.5, largest);
  expect_near(found.gradient, part(expected, n, share(n)), 1e-10 * largest);
  EXPECT_EQ(found.gradient, found.again);
}

class BothKinds : public testing::TestWithParam<EmbeddingKind> {};

TEST_P(BothKinds, EqualTheDenseFormula) {
  for (const std::int64_t n : {12, 64, 65}) {
    for (const int dimensions : {1, 2, 3, 5}) {
      expect_dense(GetParam(), n, dimensions, 1.5, true);
      expect_dense(GetParam(), n, dimensions, 1.5, false);
    }
  }
  expect_dense(GetParam(), 131, 2, 1.5, true);
}

// The dense formulas above see P with the tolerance of the search. With P given, uniform over all
// pairs, nothing but rounding is left.
TEST_P(BothKinds, EqualTheDenseFormulaToRoundingForGivenAffinities) {
  const std::int64_t n = 37;
  const auto count = static_cast<std::size_t>(n);
  const bool tsne = GetParam() == EmbeddingKind::tsne;
  const Values same(count, 1.0);
  for (const int dimensions : {1, 2, 3, 4}) {
    for (const double scale : {1e-4, 1.0, 10.0}) {
      const auto y = random_values(count * static_cast<std::size_t>(dimensions), scale, 8);
      const auto p = 1 / static_cast<long double>(n * (n - 1));
      DenseEmbedding::Matrix dense(count, DenseEmbedding::Row(count, p));
      for (std::size_t i = 0; i < count; ++i) dense[i][i] = 0;
      NeighbourEmbedding objective(GetParam(), affinities_of(same, n, settings_of(3, true)),
                                   dimensions, test_communicator());
      const auto own = part(y, n, share(n));
      Values gradient(own.size());
      const double value = objective.divergence(own.data(), 1, gradient.data());
      const auto expected = static_cast<double>(DenseEmbedding::divergence(dense, y, tsne));
      EXPECT_NEAR(value, expected, 1e-13 * std::max(10.0, expected));
      double largest = 0;
      const auto slope = DenseEmbedding::gradient(dense, y, tsne, tsne, 1, largest);
      expect_near(gradient, part(slope, n, share(n)), 1e-13 * largest);
    }
  }
}

// Without a row's least distance all exponentials would be 0.
TEST_P(BothKinds, SurvivePointsFarApart) {
  expect_dense(GetParam(), 80, 2, 1e3, true);
  expect_dense(GetParam(), 80, 2, 1e3, false);
  expect_dense(GetParam(), 80, 5, 1e3, true);
}

// Central differences of the divergence, which does not come from the gradient's code.
TEST_P(BothKinds, GradientIsTheDerivative) {
  for (const int dimensions : {2, 4}) {
    const auto problem = problem_of(40, dimensions, 1, 39);
    const bool tsne = GetParam() == EmbeddingKind::tsne;
    const auto found = evaluate(GetParam(), problem, true, 1);
    const auto own = share(40);
    const double step = 1e-4;
    for (std::size_t i = 0; i < found.gradient.size(); i += 7) {
      const auto at = static_cast<std::size_t>(own.first * dimensions) + i;
      const auto moved = [&](double by) {
        auto y = problem.y;
        y[at] += by;
        return DenseEmbedding::divergence(problem.p, y, tsne);
      };
      // Richardson's extrapolation: an error of the fourth order.
      const auto slope = [&](double h) { return (moved(h) - moved(-h)) / (2 * h); };
      const auto derivative = (4 * slope(step) - slope(2 * step)) / 3;
      EXPECT_NEAR(found.gradient[i], static_cast<double>(derivative), 1e-10);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(NeighbourEmbedding, BothKinds,
                         testing::Values(EmbeddingKind::tsne, EmbeddingKind::ssne),
                         [](const auto& suite) {
                           return suite.param == EmbeddingKind::tsne ? "tsne" : "ssne";
                         });

// deep-learning-exercises.txt, eq. 39: 4 Σ_j (p_ij - q_ij) (y_i - y_j). It is the derivative of
// symmetric SNE and, with q of t-SNE or of symmetric SNE, not that of t-SNE.
TEST(NeighbourEmbedding, Equation39IsTheGradientOfSymmetricSne) {
  const auto problem = problem_of(40, 2, 1, 39);
  const auto norm = [&](EmbeddingKind kind, bool heavy_tail) {
    double scale = 0, squares = 0;
    const auto printed = part(
        DenseEmbedding::gradient(problem.p, problem.y, heavy_tail, false, 1, scale), 40, share(40));
    const auto right = evaluate(kind, problem, true, 1).gradient;
    for (std::size_t i = 0; i < right.size(); ++i)
      squares += (printed[i] - right[i]) * (printed[i] - right[i]);
    return std::sqrt(test_communicator().sum(squares)) / scale;
  };
  EXPECT_LT(norm(EmbeddingKind::ssne, false), 1e-9);
  EXPECT_GT(norm(EmbeddingKind::tsne, true), 0.1);
  EXPECT_GT(norm(EmbeddingKind::tsne, false), 0.1);
}

// To the last bit. With 5 points some of the ranks have none.
TEST(NeighbourEmbedding, DoesNotDependOnTheNumberOfRanks) {
  for (const std::int64_t n : {5, 90}) {
    const auto count = static_cast<std::size_t>(n);
    const auto x = random_values(count * 3, 1, 9);
    const double perplexity = n > 10 ? 10 : 1.2;
    for (const auto kind : {EmbeddingKind::tsne, EmbeddingKind::ssne}) {
      for (const bool exact : {true, false}) {
        const auto alone = Communicator::self();
        NeighbourEmbedding one(
            kind, neighbour_affinities(x.data(), n, 3, settings_of(perplexity, exact), alone), 2,
            alone);
        NeighbourEmbedding spread(kind, affinities_of(x, n, settings_of(perplexity, exact)), 2,
                                  test_communicator());
        // Several, as a wrong order of sums may round to the same bits.
        for (unsigned seed = 10; seed < 20; ++seed) {
          const auto y = random_values(count * 2, 1, seed);
          const auto own = part(y, n, share(n));
          Values all(y.size()), rows(own.size());
          const double value = one.divergence(y.data(), 12, all.data());
          EXPECT_EQ(spread.divergence(own.data(), 12, rows.data()), value);
          EXPECT_EQ(rows, part(all, n, share(n)));
        }
      }
    }
  }
}

TEST(NeighbourEmbedding, NamesThePointThatIsNotFinite) {
  auto problem = problem_of(20, 2, 1, 19);
  problem.y[13] = std::numeric_limits<double>::infinity();
  try {
    evaluate(EmbeddingKind::tsne, problem, true, 1);
    FAIL() << "no error";
  } catch (const NonFiniteError& error) {
    EXPECT_EQ(std::string(error.what()), "the embedding of point 6 is not finite");
  }
}

// The neighbours are those that nearest_neighbours() finds.
TEST(Affinities, TakeTheNearestNeighbours) {
  const auto x = random_values(50 * 3, 1, 11);
  const auto own = share(50);
  const auto p = affinities_of(x, 50, settings_of(4, false));
  const auto full = full_rows(p);
  for (std::int64_t i = own.first; i < own.second; ++i) {
    for (const auto j : nearest_neighbours({x.data() + 3 * i, 1, 3}, {x.data(), 50, 3}, 12, {i}))
      EXPECT_GT(full[static_cast<std::size_t>((i - own.first) * 50 + j)], 0);
  }
}

// Of all pairs every perplexity up to N - 1 has a solution: that many neighbours, not three times.
TEST(Affinities, TakeAnyPerplexityOfAllPairs) {
  const std::int64_t n = 31;
  const auto x = random_values(static_cast<std::size_t>(n) * 2, 1, 5);
  for (const double perplexity : {10.0, 20.0, 29.5}) {
    const auto p = affinities_of(x, n, settings_of(perplexity, true, 0));
    EXPECT_EQ(p.undetermined, 0);
    double sum = 0;
    for (const double value : full_rows(p)) sum += value;
    EXPECT_NEAR(test_communicator().sum(sum), 1, 1e-9);
  }
  for (const bool exact : {true, false}) {
    EXPECT_THROW(affinities_of(x, n, settings_of(30, exact, 0)), InputError);
    EXPECT_THROW(affinities_of(x, n, settings_of(10, false, 0)), InputError);
  }
}

// Asked on one rank alone, all end early.
TEST(Affinities, StopWhereOneRankIsAsked) {
  const auto& comm = test_communicator();
  constexpr std::int64_t rows = 80;
  const std::vector<double> x(rows * 3, 0.5);
  for (const bool exact : {false, true}) {
    for (int rank = 0; rank < comm.size(); ++rank) {
      int questions = 0;
      auto settings = settings_of(5, exact);
      settings.stops = [&] { return comm.rank() == rank && ++questions > 1; };
      EXPECT_TRUE(neighbour_affinities(x.data(), rows, 3, settings, comm).stopped);
      EXPECT_EQ(questions, comm.rank() == rank ? 2 : 0) << "of three blocks";
    }
    auto settings = settings_of(5, exact);
    settings.stops = [] { return false; };
    EXPECT_FALSE(neighbour_affinities(x.data(), rows, 3, settings, comm).stopped);
  }
}

}  // namespace
}  // namespace eigenprop
