#include "linalg/lapack.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "runtime/error.hpp"

extern "C" {
void ssyevd_(const char*, const char*, const int*, float*, const int*, float*, float*, const int*,
             int*, const int*, int*);
void dsyevd_(const char*, const char*, const int*, double*, const int*, double*, double*,
             const int*, int*, const int*, int*);
void sgesdd_(const char*, const int*, const int*, float*, const int*, float*, float*, const int*,
             float*, const int*, float*, const int*, int*, int*);
void dgesdd_(const char*, const int*, const int*, double*, const int*, double*, double*, const int*,
             double*, const int*, double*, const int*, int*, int*);
void dgelqf_(const int*, const int*, double*, const int*, double*, double*, const int*, int*);
void dpotrf_(const char*, const int*, double*, const int*, int*);
}

namespace eigenprop {
namespace {

void check_info(int info, const char* routine) {
  if (info == 0) return;
  throw Error(std::string("LAPACK ") + routine +
              (info < 0 ? " met an illegal argument " : " did not converge, info = ") +
              std::to_string(info));
}

// LAPACK may loop forever or return garbage on NaN.
template <class T>
void check_finite(const T* values, std::int64_t count, const char* routine) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) {
      throw NonFiniteError(std::string("non-finite element ") + std::to_string(i) +
                           " in the matrix given to " + routine);
    }
  }
}

template <class T, class Routine>
void eigen(Routine routine, const char* name, int n, T* a, T* w) {
  if (n == 0) return;
  check_finite(a, std::int64_t{n} * n, name);
  int info = 0;
  int query = -1;
  T work_size = 0;
  int iwork_size = 0;
  // A row-major upper triangle is a column-major lower one.
  routine("V", "L", &n, a, &n, w, &work_size, &query, &iwork_size, &query, &info);
  int lwork = static_cast<int>(work_size);
  std::vector<T> work(static_cast<std::size_t>(lwork));
  std::vector<int> iwork(static_cast<std::size_t>(iwork_size));
  routine("V", "L", &n, a, &n, w, work.data(), &lwork, iwork.data(), &iwork_size, &info);
  check_info(info, name);
}

template <class T, class Routine>
void svd(Routine routine, const char* name, bool full, int m, int n, T* a, T* u, T* s, T* vt) {
  const int r = std::min(m, n);
  const char* columns = full ? "A" : "S";
  const int u_columns = full ? m : r;
  if (r == 0) return;
  check_finite(a, std::int64_t{m} * n, name);
  std::vector<int> iwork(static_cast<std::size_t>(8 * r));
  int info = 0;
  int query = -1;
  T size = 0;
  // Column-major LAPACK sees Aᵀ = V diag(s) Uᵀ (n x m): its left vectors are our right ones.
  routine(columns, &n, &m, a, &n, s, vt, &n, u, &u_columns, &size, &query, iwork.data(), &info);
  int lwork = static_cast<int>(size);
  std::vector<T> work(static_cast<std::size_t>(lwork));
  routine(columns, &n, &m, a, &n, s, vt, &n, u, &u_columns, work.data(), &lwork, iwork.data(),
          &info);
  check_info(info, name);
}

}  // namespace

void symmetric_eigen(int n, double* a, double* w) { eigen(dsyevd_, "DSYEVD", n, a, w); }
void symmetric_eigen(int n, float* a, float* w) { eigen(ssyevd_, "SSYEVD", n, a, w); }

void thin_svd(int m, int n, double* a, double* u, double* s, double* vt) {
  svd(dgesdd_, "DGESDD", false, m, n, a, u, s, vt);
}
void thin_svd(int m, int n, float* a, float* u, float* s, float* vt) {
  svd(sgesdd_, "SGESDD", false, m, n, a, u, s, vt);
}
void full_svd(int m, int n, double* a, double* u, double* s, double* vt) {
  svd(dgesdd_, "DGESDD", true, m, n, a, u, s, vt);
}
void full_svd(int m, int n, float* a, float* u, float* s, float* vt) {
  svd(sgesdd_, "SGESDD", true, m, n, a, u, s, vt);
}

void qr_factor(int m, int n, double* a, double* r) {
  // A = QR row-major is Aᵀ = RᵀQᵀ = LQ column-major.
  std::vector<double> tau(static_cast<std::size_t>(std::max(1, std::min(m, n))));
  int info = 0;
  int query = -1;
  double size = 0;
  dgelqf_(&n, &m, a, &n, tau.data(), &size, &query, &info);
  int lwork = static_cast<int>(size);
  std::vector<double> work(static_cast<std::size_t>(std::max(1, lwork)));
  dgelqf_(&n, &m, a, &n, tau.data(), work.data(), &lwork, &info);
  check_info(info, "DGELQF");
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      r[i * n + j] = (i <= j && i < m) ? a[static_cast<std::int64_t>(i) * n + j] : 0.0;
    }
  }
}

bool cholesky(int n, double* a) {
  if (n == 0) return true;
  int info = 0;
  dpotrf_("L", &n, a, &n, &info);
  if (info < 0) check_info(info, "DPOTRF");
  return info == 0;
}

}  // namespace eigenprop
