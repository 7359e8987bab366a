#include "cuts/graph_cuts_operation.hpp"

#include <algorithm>

#include "cuts/edge_derivatives.hpp"
#include "cuts/truncated_alignment.hpp"
#include "runtime/index.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

// Inputs and solvers of one run.
struct Problem {
  HostInput<double> edges;
  HostInput<std::int32_t> labels;
  AffinityGraph graph;
  Communicator self;
  Segmentations segmentations;
  GraphSpectrum spectrum;

  Problem(const Arguments& a, const GraphCutsSettings& settings)
      : edges(a.space, a.inputs[0]),
        labels(a.space, a.inputs[1]),
        graph(graph_of_edges(edges.data(), a.inputs[0].shape()[0], a.inputs[0].shape()[1],
                             settings.radius, settings.comm)),
        self(Communicator::self()),
        segmentations(count_segments(labels.data(), static_cast<int>(a.inputs[1].shape()[0]),
                                     a.inputs[1].shape()[1],
                                     settings.comm ? *settings.comm : self)),
        spectrum(graph, settings.spectrum) {}
};

int block_of(const GraphSpectrumSettings& settings) { return settings.vectors + settings.guards; }

// Eigenvectors travel from forward to the derivative maps in three saved tensors.
void save(const GraphEigenvectors& at, const Arguments& a) {
  const HostOutput<double> basis(a.space, a.saved[0]), values(a.space, a.saved[1]);
  const HostOutput<std::int32_t> counts(a.space, a.saved[2]);
  const std::int64_t ld = a.saved[0].shape()[1];
  const auto most = static_cast<int>(a.saved[1].shape()[0]);
  const int kept = std::min(at.basis.columns, most);
  for (std::int64_t i = 0; i < at.basis.rows; ++i) {
    std::fill_n(basis.data() + i * ld, ld, 0.0);
    std::copy_n(at.basis.row(i), kept, basis.data() + i * ld);
  }
  std::copy_n(at.values.begin(), kept, values.data());
  counts.data()[0] = at.vectors;
  counts.data()[1] = kept;
  basis.flush();
  values.flush();
  counts.flush();
}

GraphEigenvectors restore(const Arguments& a) {
  const HostInput<double> basis(a.space, a.saved[0]), values(a.space, a.saved[1]);
  const HostInput<std::int32_t> counts(a.space, a.saved[2]);
  const std::int64_t ld = a.saved[0].shape()[1];
  GraphEigenvectors at;
  at.vectors = counts.data()[0];
  const int kept = counts.data()[1];
  at.values.assign(values.data(), values.data() + kept);
  if (kept > at.vectors) at.gap = at.values[index(at.vectors - 1)] - at.values[index(at.vectors)];
  at.basis = VectorBlock<double>(a.saved[0].shape()[0], kept);
  for (std::int64_t i = 0; i < at.basis.rows; ++i)
    std::copy_n(basis.data() + i * ld, kept, at.basis.row(i));
  return at;
}

void require_gap(const GraphEigenvectors& at) {
  if (at.gap > 1e-13) return;
  throw Error(
      "eigenvalues " + std::to_string(at.vectors) + " and " + std::to_string(at.vectors + 1) +
      " of the affinity graph are equal: the projector of the first " + std::to_string(at.vectors) +
      " has no derivative; choose another number of eigenvectors, or a window of numbers");
}

void report_adjoint(const GraphCutsSettings& settings, const ProjectedSolution& solution) {
  if (!settings.report) return;
  settings.report->adjoint_iterations = solution.iterations;
  settings.report->adjoint_residual = solution.residual;
}

}  // namespace

AffinityGraph graph_of_edges(const double* edges, std::int64_t lines, std::int64_t width,
                             int radius, const Communicator* comm) {
  const std::int64_t height = comm ? comm->sum(lines) : lines;
  const PixelGrid grid(height, width, comm ? comm->rank() : 0, comm ? comm->size() : 1);
  const bool fits = grid.own().count == lines;
  require(comm ? comm->min(fits ? 1 : 0) == 1 : fits,
          "the edge tensor's lines are not spread over the ranks as PixelGrid spreads " +
              std::to_string(height) + " lines");
  return affinity_graph(grid, half_plane_offsets(radius), edges, comm);
}

GraphCutsAlignment::GraphCutsAlignment(const GraphCutsSettings& settings) : settings_(settings) {
  half_plane_offsets(settings.radius);
  require(settings.spectrum.vectors >= 1 && settings.spectrum.guards >= 1,
          "normalized cuts of a graph need at least one eigenvector and one guard");
}

OperationPlan GraphCutsAlignment::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, Precision::f64, 3);
  require_input(type(), inputs, 1, Precision::i32, 2);
  const Shape& edges = inputs[0].shape;
  const auto offsets = static_cast<std::int64_t>(half_plane_offsets(settings_.radius).size());
  require(edges[2] == offsets, type() + ": an edge tensor " + edges.text() + " for radius " +
                                   std::to_string(settings_.radius) + ", which has " +
                                   std::to_string(offsets) + " offsets");
  const std::int64_t pixels = edges[0] * edges[1];
  require(inputs[1].shape[0] > 0 && inputs[1].shape[1] == pixels,
          type() + ": labels " + inputs[1].shape.text() + " do not fit the " +
              std::to_string(pixels) + " pixels of the edge tensor");
  const std::int64_t block = block_of(settings_.spectrum);
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}, {{2}, Precision::i32}};
  plan.saved = {
      {{pixels, block}, Precision::f64}, {{block}, Precision::f64}, {{2}, Precision::i32}};
  plan.flops = static_cast<double>(400 * pixels * offsets * block);
  return plan;
}

void GraphCutsAlignment::forward(const Arguments& a) const {
  const Problem p(a, settings_);
  const auto at = p.spectrum.eigenvectors();
  save(at, a);
  const auto u = leading_columns(at.basis, at.vectors);
  const auto value = truncated_alignment(u, p.graph.degrees, p.segmentations, settings_.comm);
  from_host(a.outputs[0].as<double>(), {value.value});
  from_host(a.outputs[1].as<std::int32_t>(), {at.vectors, value.segments});
  if (!settings_.report) return;
  auto& report = *settings_.report;
  report.vectors = at.vectors;
  report.gap = at.gap;
  report.eigenvalues = at.values;
  report.residual = *std::max_element(at.residuals.begin(), at.residuals.begin() + at.vectors);
  report.products = at.products;
}

void GraphCutsAlignment::variation(const Arguments& a,
                                   const std::vector<AnyTensor>& input_variations,
                                   const std::vector<AnyTensor>& output_variations) const {
  const Problem p(a, settings_);
  const auto at = restore(a);
  require_gap(at);
  const auto u = leading_columns(at.basis, at.vectors);
  const auto value = truncated_alignment(u, p.graph.degrees, p.segmentations, settings_.comm);
  const HostInput<double> d_edges(a.space, input_variations[0]);
  const NormalizedChange change(p.graph, d_edges.data());
  const VectorBlock<double> d_m_u(u.rows, at.vectors);
  change.apply(u, scaled_columns(u, at.values), d_m_u);
  // dP = Σ_l y_l u_lᵀ + u_l y_lᵀ with y_l = R_l dM u_l, and dJ = C : dP.
  const auto solution = p.spectrum.solve_projected(at, d_m_u);
  report_adjoint(settings_, solution);
  const auto c_u = alignment_right_sides(value, p.graph.degrees, p.segmentations);
  const auto of_degrees = alignment_degree_gradient(value, u, p.graph.degrees, p.segmentations);
  double sum = 0;
  for (std::int64_t i = 0; i < u.rows; ++i) {
    sum += of_degrees[index(i)] * change.degrees()[index(i)];
    for (int l = 0; l < at.vectors; ++l) sum += 2 * c_u.row(i)[l] * solution.z.row(i)[l];
  }
  if (settings_.comm) sum = settings_.comm->sum(sum);
  from_host(output_variations[0].as<double>(), {sum});
}

void GraphCutsAlignment::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                                 const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const Problem p(a, settings_);
  const auto at = restore(a);
  require_gap(at);
  double scale = to_host(output_adjoints[0].as<double>())[0];
  if (settings_.comm) scale = settings_.comm->sum(scale);
  const auto u = leading_columns(at.basis, at.vectors);
  const auto value = truncated_alignment(u, p.graph.degrees, p.segmentations, settings_.comm);
  const auto solution = p.spectrum.solve_projected(
      at, alignment_right_sides(value, p.graph.degrees, p.segmentations));
  report_adjoint(settings_, solution);
  const VectorBlock<double> m_z(u.rows, at.vectors);
  p.spectrum.multiply(solution.z, m_z);
  const auto of_degrees = alignment_degree_gradient(value, u, p.graph.degrees, p.segmentations);
  const HostOutput<double> edges(a.space, input_adjoints[0]);
  EdgeGradient gradient(p.graph, edges.data());
  gradient.add(solution.z, u, m_z, scaled_columns(u, at.values), 2);
  gradient.finish(of_degrees, scale);
  edges.flush();
}

}  // namespace eigenprop
