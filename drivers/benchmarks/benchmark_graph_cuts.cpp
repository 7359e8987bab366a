// Normalized cuts of one image as a graph of pixels: products with M by the stencil beside PETSc's
// MPIAIJ and a plain copy, the leading eigenvectors, and value and gradient of J1.
// peer_graph_cuts.py measures SciPy's ARPACK on the same graph. The image is a boundary map of
// doubles given by EIGENPROP_BOUNDARY_MAP=file,height,width, or synthetic. Run under mpirun, every
// rank has its share of the lines; times are those of the slowest rank.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "contour_edges.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/slepc_subspace.hpp"
#include "runtime/process_memory.hpp"
#include "runtime/random.hpp"
#include "runtime/session.hpp"
#include "runtime/timer.hpp"

namespace {

using namespace eigenprop;

const Communicator* world = nullptr;

struct BoundaryMap {
  std::int64_t height = 0, width = 0;
  std::vector<double> values;
};

// Regions with smooth outlines and noise.
BoundaryMap synthetic_map(std::int64_t height, std::int64_t width) {
  BoundaryMap map{height, width, {}};
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  for (std::int64_t i = 0; i < height * width; ++i) {
    const std::int64_t line = i / width;
    const double y = static_cast<double>(line) / static_cast<double>(height);
    const double x = static_cast<double>(i % width) / static_cast<double>(width);
    const double wave = std::sin(9 * x + 4 * std::sin(5 * y)) * std::sin(7 * y + 3 * x);
    map.values.push_back(0.15 * std::exp(-400 * wave * wave) +
                         0.02 * stream.uniform(static_cast<std::uint64_t>(i)));
  }
  return map;
}

// The map of the environment for a case of the whole size, else a synthetic one.
BoundaryMap boundary_map(std::int64_t height) {
  const char* text = std::getenv("EIGENPROP_BOUNDARY_MAP");
  if (!text || height < 100) return synthetic_map(height, height * 3 / 2);
  std::istringstream list(text);
  std::string path, h, w;
  std::getline(list, path, ',');
  std::getline(list, h, ',');
  std::getline(list, w, ',');
  BoundaryMap map{std::stoll(h), std::stoll(w), {}};
  map.values.resize(static_cast<std::size_t>(map.height * map.width));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(map.values.data()),
            static_cast<std::streamsize>(map.values.size() * sizeof(double)));
  require(file.good(), "cannot read " + path);
  return map;
}

struct Problem {
  BoundaryMap map;
  int radius;
  Tensor<double> edges;

  explicit Problem(const benchmark::State& state)
      : map(boundary_map(state.range(0))),
        radius(static_cast<int>(state.range(1))),
        edges(contour_edges(map.values, map.height, map.width, radius, *world)) {}
  AffinityGraph graph() const {
    return graph_of_edges(HostExecutionSpace(), edges.data(), edges.shape()[0], edges.shape()[1],
                          radius, world);
  }
};

// The slowest rank's seconds of each iteration.
template <class F>
void measure(benchmark::State& state, const F& body) {
  for (auto _ : state) {
    world->barrier();
    const Timer timer;
    body();
    state.SetIterationTime(world->max(timer.seconds()));
  }
}

// M as an object, and what it has added to the memory of all ranks: "resident_MB".
template <class F>
auto measure_memory(benchmark::State& state, const F& make) {
  const double before = resident_memory();
  auto matrix = make();
  state.counters["resident_MB"] = world->sum(resident_memory() - before) / 1e6;
  return matrix;
}

// Products of vectors in double with weights of type `Weight`. The stencil holds one number for two
// entries of M, and no indices: beside MPIAIJ's two values of 8 and two indices of 4 bytes that is
// a sixth where weights are float, as they are for eigenvectors to 1e-6 or more (WeightStorage),
// and a third where they are double. (With 64-bit PetscInt, an eighth and a quarter.) "MB": of
// these numbers, "resident_MB": measured.
template <class Weight>
void stencil_product(benchmark::State& state) {
  const Problem p(state);
  const auto columns = static_cast<int>(state.range(2));
  const auto graph = p.graph();
  const auto m =
      measure_memory(state, [&] { return normalized<Weight>(HostExecutionSpace(), graph); });
  const VectorBlock<double> x(m.grid().own_pixels(), columns), y(x.rows, columns);
  Kokkos::deep_copy(x.view, 1.0);
  measure(state, [&] {
    m.apply(HostExecutionSpace(), x.data(), static_cast<const double*>(nullptr), y.data(), columns,
            StencilTerms<double>());
  });
  const double bytes = world->sum(m.bytes());
  state.counters["MB"] = bytes / 1e6;
  state.counters["GB/s"] =
      benchmark::Counter((bytes + 16.0 * static_cast<double>(m.grid().pixels() * columns)) / 1e9,
                         benchmark::Counter::kIsIterationInvariantRate);
}

void aij_product(benchmark::State& state) {
  const Problem p(state);
  const auto m = normalized<double>(HostExecutionSpace(), p.graph());
  const auto matrix = measure_memory(state, [&] { return assembled_matrix(m, *world); });
  VecHandle x, y;
  check_petsc(MatCreateVecs(matrix.get(), x.address(), y.address()));
  check_petsc(VecSet(x.get(), 1));
  measure(state, [&] { check_petsc(MatMult(matrix.get(), x.get(), y.get())); });
  MatInfo info;
  check_petsc(MatGetInfo(matrix.get(), MAT_GLOBAL_SUM, &info));
  // Values and column indices; what PETSc reports beyond holds its communication.
  const double bytes = info.nz_used * (sizeof(PetscScalar) + sizeof(PetscInt));
  state.counters["MB"] = bytes / 1e6;
  state.counters["GB/s"] =
      benchmark::Counter(bytes / 1e9, benchmark::Counter::kIsIterationInvariantRate);
}

void plain_copy(benchmark::State& state) {
  const std::int64_t count = (std::int64_t{1} << 23) / world->size();
  const VectorBlock<double> x(count, 1), y(count, 1);
  measure(state, [&] { Kokkos::deep_copy(y.view, x.view); });
  state.counters["GB/s"] =
      benchmark::Counter(16.0 * static_cast<double>(count * world->size()) / 1e9,
                         benchmark::Counter::kIsIterationInvariantRate);
}

GraphCutsSettings cuts_settings(const Problem& p, double tolerance) {
  GraphCutsSettings settings;
  settings.radius = p.radius;
  settings.comm = world;
  settings.spectrum.vectors = 15;
  settings.spectrum.tolerance = tolerance;
  settings.report = std::make_shared<GraphCutsReport>();
  return settings;
}

// From the edge tensor to 15 eigenpairs.
void eigenvectors(benchmark::State& state) {
  const Problem p(state);
  const auto settings = cuts_settings(p, 1e-4);
  GraphEigenvectors result;
  measure(state, [&] {
    const auto graph = p.graph();
    result = GraphSpectrum(HostExecutionSpace(), graph, settings.spectrum).eigenvectors();
  });
  state.counters["lambda_15"] = result.values[14];
  state.counters["residual"] =
      *std::max_element(result.residuals.begin(), result.residuals.begin() + 15);
  state.counters["products"] = result.products;
}

// SLEPc as it is: its default solver, Krylov-Schur, on MPIAIJ, from the edge tensor to 15 pairs.
void slepc_eigenvectors(benchmark::State& state) {
  const Problem p(state);
  PetscInt found = 0, iterations = 0;
  PetscScalar smallest = 0;
  measure(state, [&] {
    const auto matrix =
        assembled_matrix(normalized<double>(HostExecutionSpace(), p.graph()), *world);
    EpsHandle eps;
    check_petsc(EPSCreate(world->get(), eps.address()));
    check_petsc(EPSSetOptionsPrefix(eps.get(), "peer_"));
    check_petsc(EPSSetOperators(eps.get(), matrix.get(), nullptr));
    check_petsc(EPSSetProblemType(eps.get(), EPS_HEP));
    check_petsc(EPSSetWhichEigenpairs(eps.get(), EPS_LARGEST_REAL));
    check_petsc(EPSSetConvergenceTest(eps.get(), EPS_CONV_ABS));
    check_petsc(EPSSetTolerances(eps.get(), 1e-4, 10000));
    check_petsc(EPSSetDimensions(eps.get(), 15, PETSC_DEFAULT, PETSC_DEFAULT));
    check_petsc(EPSSetFromOptions(eps.get()));
    check_petsc(EPSSolve(eps.get()));
    check_petsc(EPSGetConverged(eps.get(), &found));
    check_petsc(EPSGetIterationNumber(eps.get(), &iterations));
    require(found >= 15, "SLEPc found " + std::to_string(found) + " eigenpairs of 15");
    check_petsc(EPSGetEigenvalue(eps.get(), 14, &smallest, nullptr));
  });
  state.counters["lambda_15"] = smallest;
  state.counters["iterations"] = static_cast<double>(iterations);
}

// Forward, and forward with adjoint, of J1 from the edge tensor.
void alignment(benchmark::State& state, bool with_gradient) {
  const Problem p(state);
  const auto settings = cuts_settings(p, 1e-4);
  const GraphCutsAlignment operation(settings);
  const std::int64_t pixels = p.edges.shape()[0] * p.edges.shape()[1];
  const std::int64_t first = world->exclusive_sum(pixels);
  const Tensor<std::int32_t> labels({1, pixels});
  std::vector<std::int32_t> values;
  for (std::int64_t i = first; i < first + pixels; ++i)
    values.push_back(static_cast<std::int32_t>(8 * i / (p.map.height * p.map.width)));
  from_host(labels, values);
  Arguments a;
  a.inputs = {p.edges, labels};
  const auto plan =
      operation.plan({{p.edges.shape(), Precision::f64}, {labels.shape(), Precision::i32}});
  for (const auto& spec : plan.outputs)
    a.outputs.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  for (const auto& spec : plan.saved)
    a.saved.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  const Tensor<double> seed({1}), gradient(p.edges.shape());
  from_host(seed, {world->is_root() ? 1.0 : 0.0});
  measure(state, [&] {
    operation.forward(a);
    if (with_gradient) operation.adjoint(a, {seed, AnyTensor()}, {gradient, AnyTensor()});
  });
  state.counters["J1"] = to_host(a.outputs[0].as<double>())[0];
  state.counters["products"] = settings.report->products;
  if (with_gradient) state.counters["adjoint"] = settings.report->adjoint_iterations;
}

void value(benchmark::State& state) { alignment(state, false); }
void value_and_gradient(benchmark::State& state) { alignment(state, true); }

void products(benchmark::internal::Benchmark* b) {
  b->ArgNames({"lines", "radius", "columns"})
      ->Args({40, 5, 1})
      ->Args({321, 5, 1})
      ->Args({321, 5, 24})
      ->Iterations(20)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseManualTime();
}

void images(benchmark::internal::Benchmark* b) {
  b->ArgNames({"lines", "radius"})
      ->Args({40, 5})
      ->Args({321, 5})
      ->Iterations(2)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseManualTime();
}

BENCHMARK(stencil_product<float>)->Apply(products);
BENCHMARK(stencil_product<double>)->Apply(products);
BENCHMARK(aij_product)
    ->ArgNames({"lines", "radius"})
    ->Args({40, 5})
    ->Args({321, 5})
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseManualTime();
BENCHMARK(plain_copy)->Iterations(20)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(eigenvectors)->Apply(images);
BENCHMARK(slepc_eigenvectors)
    ->ArgNames({"lines", "radius"})
    ->Args({40, 5})
    ->Args({321, 5})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseManualTime();
BENCHMARK(value)->Apply(images);
BENCHMARK(value_and_gradient)->Apply(images);

// One rank reports.
class Silent : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    world = &session.world();
    benchmark::Initialize(&argc, argv);
    if (argc > 1) add_petsc_options({argv + 1, argv + argc});
    if (world->is_root()) {
      benchmark::RunSpecifiedBenchmarks();
    } else {
      Silent silent;
      benchmark::RunSpecifiedBenchmarks(&silent);
    }
    return ExitStatus::success;
  });
}
