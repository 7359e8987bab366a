#pragma once

namespace eigenprop {

/// Transposition of an argument of a matrix product.
enum class Transpose { no, yes };

/// C <- alpha op(A) op(B) + beta C for row-major matrices in host memory: op(A) is m x k, op(B)
/// k x n, C m x n; lda, ldb and ldc are the distances between rows of A, B and C as stored.
/// Calls the BLAS (xGEMM) on the calling thread.
void gemm(Transpose ta, Transpose tb, int m, int n, int k, float alpha, const float* a, int lda,
          const float* b, int ldb, float beta, float* c, int ldc);
void gemm(Transpose ta, Transpose tb, int m, int n, int k, double alpha, const double* a, int lda,
          const double* b, int ldb, double beta, double* c, int ldc);

/// Upper triangle of C <- alpha AᵀA + beta C for a row-major k x n matrix A in host memory
/// (xSYRK); the strictly lower triangle of the n x n matrix C is not touched.
void gram(int n, int k, float alpha, const float* a, int lda, float beta, float* c, int ldc);
void gram(int n, int k, double alpha, const double* a, int lda, double beta, double* c, int ldc);

}  // namespace eigenprop
