#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "decomposition_runs.hpp"
#include "gradient_comparison/extended_pooling.hpp"

namespace eigenprop {
namespace {

using Extended = std::vector<long double>;

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
  std::vector<double> first;  // the left vector of the least value
  const auto gradient = [&](double smallest) {
    NodeRun run(decomposition(), {{{1, n, n}, square_matrix({4, 3, 2, smallest})}});
    run.forward();
    const auto u = dense(n, n, run.output(0));
    const auto v = dense(n, n, run.output(2));
    // The signs of U and V are tied by the singular value: at 0 that of this vector is free.
    std::vector<double> last;
    last.reserve(n);
    for (int i = 0; i < n; ++i) last.push_back(u(i, n - 1));
    if (first.empty()) first = last;
    const bool turned = std::inner_product(first.begin(), first.end(), last.begin(), 0.0) < 0;
    auto seed = gu;
    for (int i = 0; i < n; ++i) seed[static_cast<std::size_t>(i * n + n - 1)] *= turned ? -1 : 1;
    return std::make_pair(
        run.gradient({{0, seed}}),
        paper_gradient(u, run.output(1), v, dense(n, n, seed), gs, dense(n, n, gv)).data());
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

}  // namespace
}  // namespace eigenprop
