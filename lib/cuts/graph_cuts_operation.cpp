#include "cuts/graph_cuts_operation.hpp"

#include <algorithm>

#include "cuts/edge_derivatives.hpp"
#include "cuts/truncated_alignment.hpp"
#include "runtime/index.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

// What one run has made of its edges and labels: forward makes it, the derivative maps take it.
struct Solved {
  HostExecutionSpace space;
  HostInput<std::int32_t> labels;
  AffinityGraph graph;
  GraphSpectrum spectrum;
  Segmentations segmentations;
  GraphEigenvectors at;
  TruncatedAlignment alignment;

  Solved(const Arguments& a, const GraphCutsSettings& settings)
      : space(a.host_space()),
        labels(a.space, a.inputs[1]),
        graph(graph_of(a, settings)),
        spectrum(space, graph, settings.spectrum),
        segmentations(segments_of(a, settings)),
        at(spectrum.eigenvectors()),
        alignment(truncated_alignment(space, u(), graph.degrees, segmentations, settings.comm)) {}

  VectorBlock<double> u() const { return leading_columns(at.basis, at.vectors); }
  VectorBlock<double> right_sides() const {
    return alignment_right_sides(space, alignment, graph.degrees, segmentations);
  }
  std::vector<double> degree_gradient() const {
    return alignment_degree_gradient(space, alignment, u(), graph.degrees, segmentations);
  }

 private:
  static AffinityGraph graph_of(const Arguments& a, const GraphCutsSettings& settings) {
    const HostInput<double> edges(a.space, a.inputs[0]);
    const Shape& shape = a.inputs[0].shape();
    return graph_of_edges(a.host_space(), edges.data(), shape[0], shape[1], settings.radius,
                          settings.comm);
  }
  Segmentations segments_of(const Arguments& a, const GraphCutsSettings& settings) const {
    const Shape& shape = a.inputs[1].shape();
    const Communicator self = Communicator::self();
    return count_segments(labels.data(), static_cast<int>(shape[0]), shape[1],
                          settings.comm ? *settings.comm : self);
  }
};

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

AffinityGraph graph_of_edges(const HostExecutionSpace& space, const double* edges,
                             std::int64_t lines, std::int64_t width, int radius,
                             const Communicator* comm) {
  const std::int64_t height = comm ? comm->sum(lines) : lines;
  const PixelGrid grid(height, width, comm ? comm->rank() : 0, comm ? comm->size() : 1);
  const bool fits = grid.own().count == lines;
  require(comm ? comm->min(fits ? 1 : 0) == 1 : fits,
          "the edge tensor's lines are not spread over the ranks as PixelGrid spreads " +
              std::to_string(height) + " lines");
  return affinity_graph(space, grid, half_plane_offsets(radius), edges, comm);
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
  const std::int64_t block = settings_.spectrum.vectors + settings_.spectrum.guards;
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}, {{2}, Precision::i32}};
  plan.flops = static_cast<double>(400 * pixels * offsets * block);
  return plan;
}

void GraphCutsAlignment::forward(const Arguments& a) const {
  a.kept.clear();
  const auto p = std::make_shared<const Solved>(a, settings_);
  if (a.mode == Mode::training) a.kept.set<Solved>(p);
  from_host(a.outputs[0].as<double>(), {p->alignment.value});
  from_host(a.outputs[1].as<std::int32_t>(), {p->at.vectors, p->alignment.segments});
  if (!settings_.report) return;
  auto& report = *settings_.report;
  report.vectors = p->at.vectors;
  report.gap = p->at.gap;
  report.eigenvalues = p->at.values;
  report.residual =
      *std::max_element(p->at.residuals.begin(), p->at.residuals.begin() + p->at.vectors);
  report.products = p->at.products;
}

void GraphCutsAlignment::variation(const Arguments& a,
                                   const std::vector<AnyTensor>& input_variations,
                                   const std::vector<AnyTensor>& output_variations) const {
  const auto p = a.kept.get<Solved>();
  require_gap(p->at);
  const auto u = p->u();
  const HostInput<double> d_edges(a.space, input_variations[0]);
  const NormalizedChange change(p->space, p->graph, d_edges.data());
  const VectorBlock<double> d_m_u(u.rows, u.columns);
  change.apply(u, scaled_columns(p->space, u, p->at.values), d_m_u);
  // dP = Σ_l y_l u_lᵀ + u_l y_lᵀ with y_l = R_l dM u_l, and dJ = C : dP.
  const auto solution = p->spectrum.solve_projected(p->at, d_m_u);
  report_adjoint(settings_, solution);
  const auto c_u = p->right_sides();
  const auto of_degrees = p->degree_gradient();
  double sum = 0;
  for (std::int64_t i = 0; i < u.rows; ++i) {
    sum += of_degrees[index(i)] * change.degrees()[index(i)];
    for (int l = 0; l < u.columns; ++l) sum += 2 * c_u.row(i)[l] * solution.z.row(i)[l];
  }
  if (settings_.comm) sum = settings_.comm->sum(sum);
  from_host(output_variations[0].as<double>(), {sum});
}

void GraphCutsAlignment::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                                 const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto p = a.kept.get<Solved>();
  require_gap(p->at);
  double scale = to_host(output_adjoints[0].as<double>())[0];
  if (settings_.comm) scale = settings_.comm->sum(scale);
  const auto u = p->u();
  const auto solution = p->spectrum.solve_projected(p->at, p->right_sides());
  report_adjoint(settings_, solution);
  const VectorBlock<double> m_z(u.rows, u.columns);
  p->spectrum.multiply(solution.z, m_z);
  const HostOutput<double> edges(a.space, input_adjoints[0]);
  EdgeGradient gradient(p->space, p->graph, edges.data());
  gradient.add(solution.z, u, m_z, scaled_columns(p->space, u, p->at.values), 2);
  gradient.finish(p->degree_gradient(), scale);
  edges.flush();
}

}  // namespace eigenprop
