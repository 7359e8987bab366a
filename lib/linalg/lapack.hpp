#pragma once

#include <vector>

namespace eigenprop {

/// Symmetric eigen-decomposition A = V diag(w) Vᵀ on the host (xSYEVD).
/// a: row-major n x n, upper triangle read; on return row i of `a` is the i-th eigenvector, so
/// that A = aᵀ diag(w) a. w: n eigenvalues, ascending.
/// Throws Error where the algorithm does not converge or the input is not finite.
void symmetric_eigen(int n, double* a, double* w);
void symmetric_eigen(int n, float* a, float* w);

/// Thin singular value decomposition A = U diag(s) Vᵀ of a row-major m x n matrix on the host
/// (xGESDD); r = min(m, n). u: m x r, s: r descending, vt: r x n, all row-major. `a` is destroyed.
/// Throws Error where the algorithm does not converge or the input is not finite.
void thin_svd(int m, int n, double* a, double* u, double* s, double* vt);
void thin_svd(int m, int n, float* a, float* u, float* s, float* vt);

/// The same with square factors, u: m x m and vt: n x n, s: min(m, n).
void full_svd(int m, int n, double* a, double* u, double* s, double* vt);
void full_svd(int m, int n, float* a, float* u, float* s, float* vt);

/// Upper triangular factor R (n x n row-major, lower triangle zero; rows beyond m zero where
/// m < n) of the QR decomposition of a row-major m x n matrix on the host. `a` is destroyed.
void qr_factor(int m, int n, double* a, double* r);

/// Cholesky factor of a row-major symmetric positive definite matrix on the host, upper triangle
/// read and overwritten by R with A = RᵀR. Returns false where A is not positive definite.
bool cholesky(int n, double* a);

}  // namespace eigenprop
