#include <gtest/gtest.h>

#include "node_run.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/singular_value_decomposition.hpp"
#include "spectral/symmetric_eigendecomposition.hpp"

// Routines that never converge take the place of LAPACK's: symbols of the program come first.
extern "C" {
void dsyevd_(const char*, const char*, const int*, double*, const int*, double*, double* work,
             const int* lwork, int* iwork, const int*, int* info) {
  *work = *iwork = 1;
  *info = *lwork == -1 ? 0 : 3;
}
void dgesdd_(const char*, const int*, const int*, double*, const int*, double*, double*, const int*,
             double*, const int*, double* work, const int* lwork, int*, int* info) {
  *work = 1;
  *info = *lwork == -1 ? 0 : 2;
}
}

namespace eigenprop {
namespace {

std::string failure_of(const std::shared_ptr<const Operation>& operation, std::int64_t n) {
  std::vector<double> matrices(static_cast<std::size_t>(2 * n * n), 0.5);
  for (std::int64_t i = 0; i < 2 * n; ++i)
    matrices[static_cast<std::size_t>(i * n + i % n)] = 3 + static_cast<double>(i);
  NodeRun run(operation, {{{2, n, n}, matrices}});
  try {
    run.forward();
  } catch (const InputError&) {
    return "not the user's fault";
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LapackThatDoesNotConverge, NamesLayerAndSample) {
  EXPECT_EQ(failure_of(std::make_shared<SingularValueDecomposition<double>>(), 2),
            "layer 'layer': sample 0: LAPACK DGESDD did not converge, info = 2");
  // Smaller ones do not go through LAPACK.
  EXPECT_EQ(failure_of(std::make_shared<SymmetricEigendecomposition<double>>(), 129),
            "layer 'layer': sample 0: LAPACK DSYEVD did not converge, info = 3");
  EXPECT_EQ(failure_of(std::make_shared<SecondOrderPooling<double>>(), 129),
            "layer 'layer': sample 0: LAPACK DSYEVD did not converge, info = 3");
}

}  // namespace
}  // namespace eigenprop
