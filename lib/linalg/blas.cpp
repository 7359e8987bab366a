#include "linalg/blas.hpp"

extern "C" {
void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
            const float*, const int*, const float*, const int*, const float*, float*, const int*);
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*,
            const double*, const int*, const double*, const int*, const double*, double*,
            const int*);
void ssyrk_(const char*, const char*, const int*, const int*, const float*, const float*,
            const int*, const float*, float*, const int*);
void dsyrk_(const char*, const char*, const int*, const int*, const double*, const double*,
            const int*, const double*, double*, const int*);
}

namespace eigenprop {
namespace {

const char* letter(Transpose t) { return t == Transpose::no ? "N" : "T"; }

}  // namespace

// The BLAS is column-major: it sees the transposes of our matrices, so that C = AB becomes
// Cᵀ = BᵀAᵀ with the arguments exchanged.

void gemm(Transpose ta, Transpose tb, int m, int n, int k, float alpha, const float* a, int lda,
          const float* b, int ldb, float beta, float* c, int ldc) {
  sgemm_(letter(tb), letter(ta), &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

void gemm(Transpose ta, Transpose tb, int m, int n, int k, double alpha, const double* a, int lda,
          const double* b, int ldb, double beta, double* c, int ldc) {
  dgemm_(letter(tb), letter(ta), &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

void gram(int n, int k, float alpha, const float* a, int lda, float beta, float* c, int ldc) {
  ssyrk_("L", "N", &n, &k, &alpha, a, &lda, &beta, c, &ldc);
}

void gram(int n, int k, double alpha, const double* a, int lda, double beta, double* c, int ldc) {
  dsyrk_("L", "N", &n, &k, &alpha, a, &lda, &beta, c, &ldc);
}

}  // namespace eigenprop
