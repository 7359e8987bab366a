#include "gradient_comparison/extended_pooling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Matrix = std::vector<long double>;

std::size_t at(int row, int columns, int column) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
         static_cast<std::size_t>(column);
}

long double column_product(int rows, int columns, const Matrix& a, int i, int j) {
  long double sum = 0;
  for (int k = 0; k < rows; ++k) sum += a[at(k, columns, i)] * a[at(k, columns, j)];
  return sum;
}

void rotate(int rows, int columns, Matrix& a, int i, int j, long double c, long double s) {
  for (int k = 0; k < rows; ++k) {
    const long double x = a[at(k, columns, i)];
    const long double y = a[at(k, columns, j)];
    a[at(k, columns, i)] = c * x - s * y;
    a[at(k, columns, j)] = s * x + c * y;
  }
}

// Makes columns i and j of `a` orthogonal; false where they are already.
bool orthogonalize(int rows, int columns, Matrix& a, Matrix& v, int i, int j) {
  const long double alpha = column_product(rows, columns, a, i, i);
  const long double beta = column_product(rows, columns, a, j, j);
  const long double gamma = column_product(rows, columns, a, i, j);
  const long double unit = std::numeric_limits<long double>::epsilon();
  if (std::fabs(gamma) <= 4 * unit * std::sqrt(alpha) * std::sqrt(beta)) return false;
  const long double zeta = (beta - alpha) / (2 * gamma);
  const long double t = (zeta < 0 ? -1.0L : 1.0L) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
  const long double c = 1 / std::sqrt(1 + t * t);
  rotate(rows, columns, a, i, j, c, c * t);
  rotate(columns, columns, v, i, j, c, c * t);
  return true;
}

// (g(a) - g(b)) / (a - b) for a, b > 0.
long double divided_difference(const std::string& function, long double a, long double b) {
  if (function == "sqrt") return 1 / (std::sqrt(a) + std::sqrt(b));
  const long double x = (a - b) / b;
  return x == 0 ? 1 / b : std::log1p(x) / (x * b);
}

Matrix multiply(int rows, int inner, int columns, const Matrix& a, const Matrix& b) {
  Matrix c(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0.0L);
  for (int i = 0; i < rows; ++i) {
    for (int k = 0; k < inner; ++k) {
      for (int j = 0; j < columns; ++j)
        c[at(i, columns, j)] += a[at(i, inner, k)] * b[at(k, columns, j)];
    }
  }
  return c;
}

Matrix transposed(int n, const Matrix& a) {
  Matrix t(a.size());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) t[at(j, n, i)] = a[at(i, n, j)];
  }
  return t;
}

}  // namespace

ExtendedSvd extended_svd(int rows, int columns, const std::vector<long double>& a) {
  require(rows >= columns, "extended_svd takes matrices with at least as many rows as columns");
  Matrix work = a;
  Matrix v(at(columns, columns, 0), 0.0L);
  for (int i = 0; i < columns; ++i) v[at(i, columns, i)] = 1;
  constexpr int sweeps = 60;
  bool rotated = true;
  for (int sweep = 0; rotated; ++sweep) {
    if (sweep == sweeps) throw Error("the Jacobi iteration did not converge");
    rotated = false;
    for (int i = 0; i < columns; ++i) {
      for (int j = i + 1; j < columns; ++j) {
        if (orthogonalize(rows, columns, work, v, i, j)) rotated = true;
      }
    }
  }
  std::vector<long double> norms;
  norms.reserve(static_cast<std::size_t>(columns));
  for (int j = 0; j < columns; ++j)
    norms.push_back(std::sqrt(column_product(rows, columns, work, j, j)));
  std::vector<int> order(norms.size());
  std::iota(order.begin(), order.end(), 0);
  const auto norm = [&](int i) { return norms[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return norm(i) > norm(j); });
  ExtendedSvd result{Matrix(work.size()), {}, Matrix(v.size())};
  for (int j = 0; j < columns; ++j) {
    const int from = order[static_cast<std::size_t>(j)];
    const long double size = norm(from);
    result.values.push_back(size);
    for (int i = 0; i < rows; ++i)
      result.u[at(i, columns, j)] = size > 0 ? work[at(i, columns, from)] / size : 0.0L;
    for (int i = 0; i < columns; ++i) result.v[at(i, columns, j)] = v[at(i, columns, from)];
  }
  return result;
}

std::vector<double> extended_pooling_gradient(int m, int d, const std::vector<double>& features,
                                              const std::vector<double>& adjoint,
                                              const std::string& function, double epsilon) {
  require(function == "log" || function == "sqrt",
          "the extended reference knows log and sqrt, not " + function);
  require(epsilon > 0, "second-order pooling needs a positive epsilon");
  Matrix f(features.begin(), features.end());
  Matrix stacked = f;
  stacked.resize(at(m + d, d, 0), 0.0L);
  for (int i = 0; i < d; ++i)
    stacked[at(m + i, d, i)] = std::sqrt(static_cast<long double>(epsilon));
  const auto svd = extended_svd(m + d, d, stacked);
  Matrix symmetric(at(d, d, 0));
  for (int i = 0; i < d; ++i) {
    for (int j = 0; j < d; ++j) {
      symmetric[at(i, d, j)] =
          (static_cast<long double>(adjoint[at(i, d, j)]) + adjoint[at(j, d, i)]) / 2;
    }
  }
  const Matrix vt = transposed(d, svd.v);
  Matrix inner = multiply(d, d, d, multiply(d, d, d, vt, symmetric), svd.v);
  for (int i = 0; i < d; ++i) {
    const long double a = svd.values[static_cast<std::size_t>(i)];
    for (int j = 0; j < d; ++j) {
      const long double b = svd.values[static_cast<std::size_t>(j)];
      inner[at(i, d, j)] *= divided_difference(function, a * a, b * b);
    }
  }
  const Matrix z = multiply(d, d, d, multiply(d, d, d, svd.v, inner), vt);
  const Matrix gradient = multiply(m, d, d, f, z);
  std::vector<double> result;
  for (const long double value : gradient) result.push_back(static_cast<double>(2 * value));
  return result;
}

}  // namespace eigenprop
