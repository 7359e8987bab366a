#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "linalg/batched_eigen.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

using Matrix = std::vector<double>;

std::size_t size(int n) { return static_cast<std::size_t>(n); }

// FᵀF, F of `rows` rows.
Matrix gram_matrix(int n, int rows, unsigned seed) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  Matrix f(size(rows) * size(n));
  for (std::size_t i = 0; i < f.size(); ++i) f[i] = stream.normal(i);
  Matrix a(size(n) * size(n), 0.0);
  for (int k = 0; k < rows; ++k) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) a[size(i * n + j)] += f[size(k * n + i)] * f[size(k * n + j)];
    }
  }
  return a;
}

Matrix diagonal_matrix(const std::vector<double>& values) {
  const std::size_t n = values.size();
  Matrix a(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = values[i];
  return a;
}

// Q diag(values) Qᵀ for a Q from a decomposition by LAPACK.
Matrix rotated(const std::vector<double>& values, unsigned seed) {
  const auto n = static_cast<int>(values.size());
  Matrix q = gram_matrix(n, 2 * n, seed);
  std::vector<double> w(values.size());
  symmetric_eigen(n, q.data(), w.data());
  Matrix a(size(n) * size(n), 0.0);
  for (int i = 0; i < n; ++i) {
    for (int j = i; j < n; ++j) {
      for (int k = 0; k < n; ++k)
        a[size(i * n + j)] += q[size(k * n + i)] * values[size(k)] * q[size(k * n + j)];
      a[size(j * n + i)] = a[size(i * n + j)];
    }
  }
  return a;
}

Matrix scaled(Matrix a, double factor) {
  for (double& x : a) x *= factor;
  return a;
}

struct Result {
  std::vector<Matrix> vectors, values;
};

Result decompose(int n, const std::vector<Matrix>& matrices) {
  Result result{matrices, std::vector<Matrix>(matrices.size(), Matrix(size(n), -1))};
  std::vector<double*> a, w;
  for (std::size_t k = 0; k < matrices.size(); ++k) {
    a.push_back(result.vectors[k].data());
    w.push_back(result.values[k].data());
  }
  symmetric_eigen_batch(n, matrices.size(), a.data(), w.data());
  return result;
}

// The definition, and the eigenvalues of LAPACK, up to rounding errors of the matrix's norm.
void expect_decomposition(int n, const Matrix& a, const Matrix& vectors, const Matrix& values,
                          const std::string& what) {
  Matrix copy = a;
  std::vector<double> expected(size(n));
  symmetric_eigen(n, copy.data(), expected.data());
  const double norm = std::max(std::abs(expected.front()), std::abs(expected.back()));
  const double bound = 2e-15 * std::sqrt(n) * norm;
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end())) << what;
  for (int i = 0; i < n; ++i) {
    EXPECT_NEAR(values[size(i)], expected[size(i)], bound) << what << ", value " << i;
    for (int j = i; j < n; ++j) {
      double product = 0, back = 0;
      for (int k = 0; k < n; ++k) {
        product += vectors[size(i * n + k)] * vectors[size(j * n + k)];
        back += vectors[size(k * n + i)] * values[size(k)] * vectors[size(k * n + j)];
      }
      ASSERT_NEAR(product, i == j, 3e-15 * std::sqrt(n)) << what << ": rows " << i << ", " << j;
      ASSERT_NEAR(back, a[size(i * n + j)], bound) << what << ": element " << i << ", " << j;
    }
  }
}

std::vector<Matrix> difficult_matrices(int n) {
  std::vector<double> pairs, graded, clusters;
  for (int i = 0; i < n; ++i) {
    const int pair = i / 2;
    pairs.push_back(1 + pair);
    graded.push_back(std::pow(10.0, -i % 17));
    clusters.push_back(1 + 1e-12 * i);
  }
  return {
      gram_matrix(n, 2 * n, 1),
      gram_matrix(n, std::max(1, n / 3), 2),  // deficient
      gram_matrix(n, 1, 3),
      Matrix(size(n) * size(n), 0.0),
      diagonal_matrix(pairs),
      diagonal_matrix(graded),
      rotated(pairs, 4),
      rotated(graded, 5),
      rotated(clusters, 6),
      scaled(rotated(pairs, 7), -1),
      scaled(gram_matrix(n, n, 8), 1e200),
      scaled(gram_matrix(n, n, 9), 1e-200),
      Matrix(size(n) * size(n), 1.0),
  };
}

TEST(SymmetricEigenBatch, DecomposesWhatIsDifficult) {
  for (const int n : {1, 2, 3, 4, 5, 8, 17, 36, 64, 128, 130}) {
    const auto matrices = difficult_matrices(n);
    const auto result = decompose(n, matrices);
    for (std::size_t k = 0; k < matrices.size(); ++k) {
      expect_decomposition(n, matrices[k], result.vectors[k], result.values[k],
                           "n = " + std::to_string(n) + ", matrix " + std::to_string(k));
    }
  }
}

TEST(SymmetricEigenBatch, DoesNotDependOnTheCompany) {
  for (const int n : {2, 7, 36, 64, 130}) {
    const auto matrices = difficult_matrices(n);
    const auto all = decompose(n, matrices);
    for (std::size_t count = 1; count <= 6; ++count) {
      for (std::size_t first = 0; first + count <= matrices.size(); first += count) {
        const auto begin = matrices.begin() + static_cast<std::ptrdiff_t>(first);
        const auto some = decompose(n, {begin, begin + static_cast<std::ptrdiff_t>(count)});
        for (std::size_t k = 0; k < count; ++k) {
          EXPECT_EQ(some.vectors[k], all.vectors[first + k]) << n << ", " << count << ", " << k;
          EXPECT_EQ(some.values[k], all.values[first + k]) << n << ", " << count << ", " << k;
        }
      }
    }
  }
}

TEST(SymmetricEigenBatch, ReadsTheUpperTriangleAlone) {
  auto matrix = gram_matrix(9, 20, 1);
  const auto expected = decompose(9, {matrix, matrix, matrix});
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < i; ++j) matrix[size(i * 9 + j)] = std::nan("");
  }
  EXPECT_EQ(decompose(9, {matrix}).vectors[0], expected.vectors[0]);
}

TEST(SymmetricEigenBatch, NamesTheMatrixThatIsNotFinite) {
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    std::vector<Matrix> matrices(5, gram_matrix(6, 6, 1));
    matrices[3][1] = bad;
    try {
      decompose(6, matrices);
      ADD_FAILURE() << "no error";
    } catch (const NonFiniteError& error) {
      EXPECT_EQ(error.sample(), 3);
    }
  }
}

TEST(SymmetricEigenBatch, InFloatIsThatOfLapack) {
  std::vector<float> a = {2, 1, 1, 2}, w(2);
  float* matrices[] = {a.data()};
  float* values[] = {w.data()};
  symmetric_eigen_batch(2, 1, matrices, values);
  EXPECT_NEAR(w[0], 1, 1e-6);
  EXPECT_NEAR(w[1], 3, 1e-6);
}

}  // namespace
}  // namespace eigenprop
