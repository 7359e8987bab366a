#include "optimization/sparse_codes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Values = std::vector<double>;

Values random_values(std::size_t count, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Values values(count);
  for (auto& value : values) value = normal(generator);
  return values;
}

struct Case {
  std::int64_t samples, atoms, features;
  Values x, dictionary;

  Case(std::int64_t n, std::int64_t k, std::int64_t d)
      : samples(n),
        atoms(k),
        features(d),
        x(random_values(static_cast<std::size_t>(n * d), 1)),
        dictionary(random_values(static_cast<std::size_t>(k * d), 2)) {}

  SparseCodeReport solve(const SparseCodeSettings& settings, Values& codes) const {
    codes.assign(static_cast<std::size_t>(samples * atoms), 0.0);
    return SparseCoder(dictionary.data(), atoms, features, settings)
        .solve(x.data(), samples, codes.data());
  }

  /// x - sD of a sample.
  Values residual(const Values& codes, std::int64_t sample) const {
    Values r(x.begin() + sample * features, x.begin() + (sample + 1) * features);
    for (std::int64_t k = 0; k < atoms; ++k) {
      for (std::int64_t j = 0; j < features; ++j)
        r[static_cast<std::size_t>(j)] -= codes[static_cast<std::size_t>(sample * atoms + k)] *
                                          dictionary[static_cast<std::size_t>(k * features + j)];
    }
    return r;
  }
};

// Finite values whose squares are not: an error that names the sample, where backtracking for a
// step length once went on for ever.
TEST(SparseCodes, RefuseValuesThatOverflow) {
  Case large(3, 4, 5);
  for (auto& value : large.dictionary) value *= 1e160;
  Values codes;
  const auto message = [&](const Case& c) -> std::string {
    try {
      c.solve(SparseCodeSettings(), codes);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message(large).find("dictionary's values are too large"), std::string::npos);
  Case point(3, 4, 5);
  for (std::size_t i = 5; i < 10; ++i) point.x[i] *= 1e200;
  EXPECT_NE(message(point).find("sample 1"), std::string::npos) << message(point);
}

// Optimality: 2 dᵀ(x - sD) is λ sign(s) where s is not 0, and at most λ elsewhere.
TEST(SparseCodes, MeetTheConditionsOfOptimality) {
  for (const auto method : {ProximalMethod::ista, ProximalMethod::fista}) {
    for (const Case& c : {Case(70, 12, 20), Case(9, 40, 10)}) {
      SparseCodeSettings settings;
      settings.sparsity = 3;
      settings.method = method;
      settings.iterations = 20000;
      settings.tolerance = 1e-10;
      Values codes;
      const auto report = c.solve(settings, codes);
      EXPECT_EQ(report.unfinished, 0);
      double objective = 0, zeros = 0;
      for (std::int64_t i = 0; i < c.samples; ++i) {
        const auto r = c.residual(codes, i);
        for (const double value : r) objective += value * value;
        for (std::int64_t k = 0; k < c.atoms; ++k) {
          double slope = 0;
          for (std::int64_t j = 0; j < c.features; ++j)
            slope += 2 * r[static_cast<std::size_t>(j)] *
                     c.dictionary[static_cast<std::size_t>(k * c.features + j)];
          const double s = codes[static_cast<std::size_t>(i * c.atoms + k)];
          objective += settings.sparsity * std::abs(s);
          zeros += s == 0 ? 1 : 0;
          if (s != 0) {
            EXPECT_NEAR(slope, std::copysign(settings.sparsity, s), 1e-7);
          } else {
            EXPECT_LE(std::abs(slope), settings.sparsity + 1e-7);
          }
        }
      }
      EXPECT_NEAR(report.objective / objective, 1, 1e-12);
      EXPECT_GT(zeros, 0);
    }
  }
}

// On more atoms than features ISTA creeps: it has not come in ten times the iterations to where
// FISTA is.
TEST(SparseCodes, AreFoundFasterWithMomentum) {
  const Case c(20, 40, 10);
  SparseCodeSettings settings;
  settings.sparsity = 0.1;
  Values codes;
  settings.iterations = 300;
  const auto fista = c.solve(settings, codes);
  settings.method = ProximalMethod::ista;
  settings.iterations = 3000;
  const auto ista = c.solve(settings, codes);
  EXPECT_EQ(ista.iterations, 3000);
  EXPECT_GT(ista.unfinished, 0);
  EXPECT_LT(fista.objective, ista.objective);
}

TEST(SparseCodes, OfZeroSamplesAndUnderLargePenaltiesAreZero) {
  Case c(5, 6, 4);
  for (std::size_t j = 0; j < 4; ++j) c.x[j] = 0;
  SparseCodeSettings settings;
  Values codes;
  c.solve(settings, codes);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_EQ(codes[k], 0);
  settings.sparsity = 1e6;
  c.solve(settings, codes);
  for (const double code : codes) EXPECT_EQ(code, 0);
}

TEST(SparseCodes, SayWhatIsWrong) {
  Case c(3, 4, 5);
  SparseCodeSettings settings;
  Values codes;
  settings.sparsity = -1;
  EXPECT_THROW(c.solve(settings, codes), InputError);
  settings.sparsity = 1;
  c.x[7] = std::numeric_limits<double>::quiet_NaN();
  try {
    c.solve(settings, codes);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "sample 1 is not finite");
  }
}

}  // namespace
}  // namespace eigenprop
