#include <petscsys.h>

#include <limits>

#include "graph_problem.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"

namespace eigenprop {
namespace {

// Largest difference of the gradients on edges inside the image, relative to the largest entry.
double gradient_error(const GraphProblem& p, const GraphResult& result, const Dense& dense) {
  double worst = 0;
  double largest = 0;
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    const double expected = dense(static_cast<int>(i), static_cast<int>(j));
    largest = std::max(largest, std::abs(expected));
    worst = std::max(worst, std::abs(result.gradient[edge] - expected));
  });
  return worst / largest;
}

void expect_dense(const GraphProblem& p, const GraphResult& result, int vectors, int segments,
                  const std::vector<int>& labels) {
  const auto dense = dense_truncated_j1(p.dense(), vectors, labels, segments);
  EXPECT_NEAR(result.value, dense.value, 1e-9);
  EXPECT_LE(gradient_error(p, result, dense.gradient), 1e-9);
}

// On every number of ranks: the same values as the full matrices to 1e-9.
TEST(GraphCuts, EqualsTheDenseFormulas) {
  for (const int radius : {1, 5}) {
    SCOPED_TRACE(radius);
    const auto p = uneven_problem(24, 25, radius);
    const auto settings = exact_settings(p, 4);
    const auto labels = block_labels(p, 2);
    const auto result = run_graph_cuts(p, settings, {labels});
    expect_dense(p, result, 4, 4, labels);
    EXPECT_EQ(result.vectors, 4);
    EXPECT_LE(settings.report->residual, 1e-12);
    EXPECT_GT(settings.report->adjoint_iterations, 0);
    EXPECT_LE(settings.report->adjoint_residual, 1e-11);
  }
}

TEST(GraphCuts, WorksWithFewerLinesThanRanks) {
  for (const std::int64_t height : {1, 2, 5}) {
    SCOPED_TRACE(height);
    const auto p = uneven_problem(height, 60 / height, 5);
    const auto labels = block_labels(p, 1);
    expect_dense(p, run_graph_cuts(p, exact_settings(p, 3), {labels}), 3, 4, labels);
  }
}

TEST(GraphCuts, AveragesAnnotators) {
  const auto p = uneven_problem(20, 21, 2);
  const auto first = block_labels(p), second = block_labels(p, 3);
  const auto settings = exact_settings(p, 4);
  const auto both = run_graph_cuts(p, settings, {first, second});
  const auto a = dense_truncated_j1(p.dense(), 4, first, 4);
  const auto b = dense_truncated_j1(p.dense(), 4, second, 4);
  EXPECT_NEAR(both.value, (a.value + b.value) / 2, 1e-9);
  EXPECT_LE(gradient_error(p, both, 0.5 * (a.gradient + b.gradient)), 1e-9);
}

// A square with equal weights: the second and third eigenvalue are equal by symmetry. No difference
// of kept eigenvalues enters.
TEST(GraphCuts, IsExactWhereKeptEigenvaluesAreEqual) {
  const GraphProblem p(22, 22, 3, [](auto, auto, auto) { return 0.5; });
  const auto settings = exact_settings(p, 3);
  auto labels = block_labels(p, 2);
  const auto result = run_graph_cuts(p, settings, {labels});
  EXPECT_NEAR(settings.report->eigenvalues[1], settings.report->eigenvalues[2], 1e-12);
  expect_dense(p, result, 3, 4, labels);
}

// Derivative maps are those of the last forward map, and use what it has made of the edges.
TEST(GraphCuts, KeepsWhatForwardMade) {
  const auto& comm = test_communicator();
  const auto p = uneven_problem(20, 21, 2);
  const auto labels = block_labels(p, 2);
  const auto settings = exact_settings(p, 4);
  const GraphCutsAlignment operation(settings);
  const auto a = graph_arguments(p, operation, {labels});
  Tensor<double> seed({1});
  from_host(seed, {comm.is_root() ? 1.0 : 0.0});
  const Tensor<double> gradient(a.inputs[0].shape()), again(a.inputs[0].shape());
  EXPECT_THROW(operation.adjoint(a, {seed, AnyTensor()}, {gradient, AnyTensor()}), Error);
  operation.forward(a);
  operation.adjoint(a, {seed, AnyTensor()}, {gradient, AnyTensor()});
  from_host(a.inputs[0].as<double>(),
            std::vector<double>(static_cast<std::size_t>(gradient.size()), 1.0));
  operation.adjoint(a, {seed, AnyTensor()}, {again, AnyTensor()});
  EXPECT_EQ(to_host(gradient), to_host(again));
}

// Three parts without edges between them: the eigenvalue 1 three times.
TEST(GraphCuts, IsExactForSeparateParts) {
  const RandomStream stream(RandomKey{3, RandomPurpose::test, 0, 0, 0});
  const auto part = [](std::int64_t i) { return i % 24 / 8; };
  const GraphProblem p(20, 24, 2, [&](std::int64_t i, std::int64_t j, std::uint64_t edge) {
    return part(i) == part(j) ? 0.2 + stream.uniform(edge) : 0.0;
  });
  const auto settings = exact_settings(p, 3);
  const auto labels = block_labels(p, 1);
  const auto result = run_graph_cuts(p, settings, {labels});
  for (int l = 0; l < 3; ++l)
    EXPECT_NEAR(settings.report->eigenvalues[static_cast<std::size_t>(l)], 1, 1e-12);
  expect_dense(p, result, 3, 4, labels);
}

// Pixels without any edge take no part, and their edges have no gradient.
TEST(GraphCuts, LeavesIsolatedPixelsOut) {
  const auto base = uneven_problem(20, 20, 2);
  const auto isolated = [](std::int64_t i) { return i == 0 || i == 210 || i == 399; };
  const GraphProblem p(20, 20, 2, [&](std::int64_t i, std::int64_t j, std::uint64_t edge) {
    return isolated(i) || isolated(j) ? 0.0 : base.edges[static_cast<std::size_t>(edge)];
  });
  const auto labels = block_labels(p, 1);
  const auto result = run_graph_cuts(p, exact_settings(p, 4), {labels});
  auto dense = dense_truncated_j1(p.dense(), 4, labels, 4);
  EXPECT_NEAR(result.value, dense.value, 1e-9);
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    if (isolated(i) || isolated(j)) {
      EXPECT_EQ(result.gradient[edge], 0);
      dense.gradient(static_cast<int>(i), static_cast<int>(j)) = 0;
    }
  });
  EXPECT_LE(gradient_error(p, result, dense.gradient), 1e-9);
}

TEST(GraphCuts, ChoosesTheWidestGapOfAWindow) {
  const auto p = uneven_problem(24, 25, 3);
  auto settings = exact_settings(p, 8);
  settings.spectrum.least_vectors = 2;
  const auto labels = block_labels(p);
  const auto result = run_graph_cuts(p, settings, {labels});
  // Four blocks with weak edges between them.
  EXPECT_EQ(result.vectors, 4);
  const auto& values = settings.report->eigenvalues;
  EXPECT_NEAR(settings.report->gap, values[3] - values[4], 1e-14);
  expect_dense(p, result, 4, 4, labels);
}

// Single weights change M by 6e-8: looser tolerances do not need more.
TEST(GraphCuts, SingleWeightsSufficeForLooseTolerances) {
  const auto p = uneven_problem(24, 25, 3);
  auto settings = exact_settings(p, 4);
  settings.spectrum.tolerance = 1e-6;
  settings.spectrum.adjoint_tolerance = 1e-6;
  const auto labels = block_labels(p, 2);
  const auto result = run_graph_cuts(p, settings, {labels});
  const auto dense = dense_truncated_j1(p.dense(), 4, labels, 4);
  EXPECT_NEAR(result.value, dense.value, 1e-6);
  EXPECT_LE(gradient_error(p, result, dense.gradient), 1e-4);
}

// Options that go away with the test.
class PetscOptions {
 public:
  explicit PetscOptions(std::vector<std::string> options) : options_(std::move(options)) {
    add_petsc_options(options_);
  }
  ~PetscOptions() {
    for (const auto& option : options_) {
      if (option.front() == '-') PetscOptionsClearValue(nullptr, option.c_str());
    }
  }
  PetscOptions(const PetscOptions&) = delete;
  PetscOptions& operator=(const PetscOptions&) = delete;

 private:
  std::vector<std::string> options_;
};

TEST(GraphCuts, AnySolverOfSlepcGivesTheSame) {
  const auto p = uneven_problem(12, 13, 2);
  const auto labels = block_labels(p, 2);
  for (const auto& [solver, type] :
       {std::pair{"krylovschur", "aij"}, std::pair{"lobpcg", "shell"}, std::pair{"gd", "shell"}}) {
    SCOPED_TRACE(solver);
    const PetscOptions options({"-cuts_eps_type", solver, "-cuts_mat_type", type});
    auto settings = exact_settings(p, 4);
    settings.spectrum.tolerance = 1e-11;
    expect_dense(p, run_graph_cuts(p, settings, {labels}), 4, 4, labels);
  }
}

TEST(GraphCuts, SaysWhatDidNotConverge) {
  const auto p = uneven_problem(24, 25, 3);
  const auto labels = block_labels(p, 2);
  auto settings = exact_settings(p, 4);
  settings.spectrum.most_products = 2;
  try {
    run_graph_cuts(p, settings, {labels});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("residual"));
    EXPECT_THAT(error.what(), testing::HasSubstr("or the number of guards"));
  }
  const PetscOptions options({"-cuts_adjoint_ksp_max_it", "1"});
  try {
    run_graph_cuts(p, exact_settings(p, 4), {labels});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("after 1 iterations"));
    EXPECT_THAT(error.what(), testing::HasSubstr("-cuts_adjoint_ksp_max_it"));
  }
  // The option's tolerance, not the setting's.
  const PetscOptions tight({"-cuts_adjoint_ksp_max_it", "1", "-cuts_adjoint_ksp_rtol", "3e-15"});
  try {
    run_graph_cuts(p, exact_settings(p, 4), {labels});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("not 3e-15"));
  }
}

// One refinement in single precision gives four digits.
TEST(GraphCuts, AdjointsThatNeedItAreSolvedInDouble) {
  const auto p = uneven_problem(24, 25, 2);
  const auto labels = block_labels(p, 2);
  auto settings = exact_settings(p, 4);
  const auto exact = run_graph_cuts(p, settings, {labels});
  settings.spectrum.tolerance = settings.spectrum.adjoint_tolerance = 1e-6;
  const PetscOptions options({"-cuts_adjoint_ksp_max_it", "1"});
  const auto found = run_graph_cuts(p, settings, {labels});
  EXPECT_LE(settings.report->adjoint_residual, 1e-6);
  EXPECT_NEAR(found.value, exact.value, 1e-6);
  settings.spectrum.storage = WeightStorage::single;
  EXPECT_THROW(run_graph_cuts(p, settings, {labels}), Error);
}

TEST(GraphCuts, SaysWhichSolversOfSlepcFail) {
  const auto p = uneven_problem(24, 25, 3);
  const auto labels = block_labels(p, 2);
  const auto message = [&](const std::vector<std::string>& arguments) -> std::string {
    const PetscOptions options(arguments);
    try {
      run_graph_cuts(p, exact_settings(p, 4), {labels});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({"-cuts_eps_type", "nonsense"}),
              testing::HasSubstr("-cuts_eps_type: this SLEPc has no eigensolver 'nonsense'"));
  EXPECT_THAT(message({"-cuts_eps_type", "krylovschur", "-cuts_eps_max_it", "1"}),
              testing::HasSubstr("was not found to a residual of 1e-12"));
}

TEST(GraphCuts, RejectsWhatItCannotUse) {
  auto p = uneven_problem(12, 10, 2);
  const auto labels = block_labels(p);
  EXPECT_THROW(run_graph_cuts(p, exact_settings(p, 120), {labels}), InputError);
  auto empty_window = exact_settings(p, 4);
  empty_window.spectrum.least_vectors = 5;
  EXPECT_THROW(run_graph_cuts(p, empty_window, {labels}), InputError);
  const GraphProblem nothing(12, 10, 2, [](auto, auto, auto) { return 0.0; });
  EXPECT_THROW(run_graph_cuts(nothing, exact_settings(p, 4), {labels}), InputError);
  // The last pixel's edge to nowhere is not read; the one before is.
  const std::size_t edge = 5 * p.offsets.size();
  const double good = p.edges[edge];
  p.edges[edge] = -1;
  EXPECT_THROW(run_graph_cuts(p, exact_settings(p, 4), {labels}), InputError);
  p.edges[edge] = std::numeric_limits<double>::quiet_NaN();
  try {
    run_graph_cuts(p, exact_settings(p, 4), {labels});
    FAIL();
  } catch (const NonFiniteError& error) {
    EXPECT_STREQ(error.what(),
                 "the edge weight at line 0, column 5, 0 down and 1 to the right, is not finite");
  }
  p.edges[edge] = good;
  // The square's second and third eigenvalue are equal: their projectors have no derivative.
  const GraphProblem square(12, 12, 2, [](auto, auto, auto) { return 1.0; });
  try {
    run_graph_cuts(square, exact_settings(square, 2), {block_labels(square)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("eigenvalues 2 and 3"));
  }
}

}  // namespace
}  // namespace eigenprop
