#pragma once

#include <string>
#include <vector>

namespace eigenprop {

/// References in long double (64 bits of mantissa on x86, 113 on 64-bit ARM and POWER, 53 where it
/// is double), slow and simple, that share nothing with LAPACK or the operations of this room.

/// A = U diag(values) Vᵀ of a row-major matrix; values descending.
struct ExtendedSvd {
  std::vector<long double> u;       ///< (rows, columns)
  std::vector<long double> values;  ///< (columns)
  std::vector<long double> v;       ///< (columns, columns)
};

/// One-sided Jacobi iteration (Hestenes 1958; Golub and Van Loan, 4th edition, section 8.6.3).
/// rows >= columns. A column of U of a zero value is zero. Throws Error where it does not converge.
ExtendedSvd extended_svd(int rows, int columns, const std::vector<long double>& a);

/// Gradient (m, d) in F of C̄ : g(FᵀF + εI) by the formula of Daleckii and Krein,
/// F̄ = 2F V (L ∘ (Vᵀ sym(C̄) V)) Vᵀ, for g = "log" or "sqrt" and ε > 0. The eigenvalues of
/// FᵀF + εI are the squared singular values of F on top of √ε I, so that none is lost beside a
/// larger one. features: (m, d); adjoint: (d, d). Throws InputError for another g.
std::vector<double> extended_pooling_gradient(int m, int d, const std::vector<double>& features,
                                              const std::vector<double>& adjoint,
                                              const std::string& function, double epsilon);

}  // namespace eigenprop
