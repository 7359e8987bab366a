#include "cuts/spectral_filter.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "cuts/detail/block_conjugate_gradients.hpp"
#include "cuts/edge_derivatives.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "runtime/index.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

using Block = VectorBlock<double>;

Block to_block(const ExecutionSpace& space, const AnyTensor& tensor) {
  const HostInput<double> from(space, tensor);
  Block block(tensor.shape()[0], static_cast<int>(tensor.shape()[1]));
  for (std::int64_t i = 0; i < block.rows; ++i)
    std::copy_n(from.data() + i * block.columns, block.columns, block.row(i));
  return block;
}

void from_block(const ExecutionSpace& space, const Block& block, const AnyTensor& tensor) {
  const HostOutput<double> to(space, tensor);
  for (std::int64_t i = 0; i < block.rows; ++i)
    std::copy_n(block.row(i), block.columns, to.data() + i * block.columns);
  to.flush();
}

// The graph, M, and steps of the recurrence: forward makes it, the derivative maps take it.
struct Recurrence {
  HostExecutionSpace space;
  AffinityGraph graph;
  StencilMatrix<double> m;

  Recurrence(const Arguments& a, const SpectralFilterSettings& settings)
      : space(a.host_space()), graph(graph_of(a, settings)), m(normalized<double>(space, graph)) {}

  // out <- factor M x − before; `before` may be out, or null.
  void step(double factor, const Block& x, const double* before, const Block& out) const {
    StencilTerms<double> terms;
    terms.alpha = factor;
    terms.gamma = before ? -1 : 0;
    m.apply(space, x.data(), before, out.data(), x.columns, terms);
  }

  Block product(const Block& x) const {
    Block out(x.rows, x.columns);
    step(1, x, nullptr, out);
    return out;
  }

  // y <- y + a x
  void add(double a, const Block& x, const Block& y) const {
    block::for_each_chunk(space, x.rows, [&](std::int64_t first, std::int64_t end) {
      for (std::int64_t i = first * x.ld; i < end * x.ld; ++i) y.data()[i] += a * x.data()[i];
    });
  }

  double inner_product(const Block& a, const Block& b) const {
    const double sum =
        RowChunks(a.rows).sum(space, 1, [&](std::int64_t first, std::int64_t end, double* out) {
          for (std::int64_t i = first * a.ld; i < end * a.ld; ++i)
            *out += a.data()[i] * b.data()[i];
        })[0];
    const Communicator* comm = m.communicator();
    return comm ? comm->sum(sum) : sum;
  }

 private:
  static AffinityGraph graph_of(const Arguments& a, const SpectralFilterSettings& settings) {
    const HostInput<double> edges(a.space, a.inputs[0]);
    const Shape& shape = a.inputs[0].shape();
    return graph_of_edges(a.host_space(), edges.data(), shape[0], shape[1], settings.radius,
                          settings.comm);
  }
};

}  // namespace

std::vector<double> step_coefficients(const SpectralFilterSettings& settings) {
  const int n = settings.degree;
  const int points = 4 * (n + 1) + 64;
  const double pi = std::acos(-1.0);
  std::vector<double> result(index(n + 1), 0.0);
  for (int p = 0; p < points; ++p) {
    const double angle = pi * (p + 0.5) / points;
    const double value = (1 + std::erf((std::cos(angle) - settings.cut) / settings.width)) / 2;
    for (int k = 0; k <= n; ++k) result[index(k)] += value * std::cos(k * angle);
  }
  const double q = pi / (n + 2);
  for (int k = 0; k <= n; ++k) {
    const double jackson =
        ((n + 2 - k) * std::cos(k * q) + std::sin(k * q) / std::tan(q)) / (n + 2);
    result[index(k)] *= (k == 0 ? 1.0 : 2.0) / points * jackson;
  }
  return result;
}

SpectralFilter::SpectralFilter(const SpectralFilterSettings& settings)
    : settings_(settings), coefficients_(step_coefficients(settings)) {
  require(settings.degree >= 1 && settings.width > 0,
          "a spectral filter has degree 1 or more, and a positive width");
}

OperationPlan SpectralFilter::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, Precision::f64, 3);
  require_input(type(), inputs, 1, Precision::f64, 2);
  const Shape& edges = inputs[0].shape;
  const auto offsets = static_cast<std::int64_t>(half_plane_offsets(settings_.radius).size());
  require(edges[2] == offsets, type() + ": an edge tensor " + edges.text() + " for radius " +
                                   std::to_string(settings_.radius) + ", which has " +
                                   std::to_string(offsets) + " offsets");
  require(inputs[1].shape[0] == edges[0] * edges[1] && inputs[1].shape[1] > 0,
          type() + ": vectors " + inputs[1].shape.text() + " do not fit the edge tensor " +
              edges.text());
  OperationPlan plan;
  plan.outputs = {inputs[1], {{1}, Precision::f64}};
  plan.saved = {inputs[1], inputs[1]};
  plan.flops = static_cast<double>(4 * edges.size() * inputs[1].shape[1] * settings_.degree);
  return plan;
}

void SpectralFilter::forward(const Arguments& a) const {
  a.kept.clear();
  const auto kept = std::make_shared<const Recurrence>(a, settings_);
  if (a.mode == Mode::training) a.kept.set<Recurrence>(kept);
  const Recurrence& r = *kept;
  const Block x = to_block(a.space, a.inputs[1]);
  Block before(x.rows, x.columns), y(x.rows, x.columns);
  Kokkos::deep_copy(before.view, x.view);
  Block current = r.product(x);
  r.add(coefficients_[0], before, y);
  r.add(coefficients_[1], current, y);
  for (int k = 2; k <= settings_.degree; ++k) {
    r.step(2, current, before.data(), before);
    std::swap(before, current);
    r.add(coefficients_[index(k)], current, y);
  }
  from_block(a.space, y, a.outputs[0]);
  from_host(a.space, a.outputs[1].as<double>(), {r.inner_product(x, y) / x.columns});
  from_block(a.space, current, a.saved[0]);
  from_block(a.space, before, a.saved[1]);
}

void SpectralFilter::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                               const std::vector<AnyTensor>& output_variations) const {
  const auto kept = a.kept.get<Recurrence>();
  const Recurrence& r = *kept;
  const Block x = to_block(a.space, a.inputs[1]);
  const std::vector<double> none(index(a.inputs[0].shape().size()), 0.0);
  const bool edges_vary = !input_variations[0].empty();
  const HostInput<double> given(a.space, edges_vary ? input_variations[0] : a.inputs[0]);
  const NormalizedChange change(r.space, r.graph, edges_vary ? given.data() : none.data());
  Block dx(x.rows, x.columns);
  if (!input_variations[1].empty()) dx = to_block(a.space, input_variations[1]);
  // T_k and dT_k: `late` the newer of each.
  Block early(x.rows, x.columns), d_early(x.rows, x.columns), dy(x.rows, x.columns),
      d_m_t(x.rows, x.columns);
  Kokkos::deep_copy(early.view, x.view);
  Kokkos::deep_copy(d_early.view, dx.view);
  Block late = r.product(x);
  change.apply(x, late, d_m_t);
  Block d_late = r.product(dx);
  r.add(1, d_m_t, d_late);
  r.add(coefficients_[0], d_early, dy);
  r.add(coefficients_[1], d_late, dy);
  for (int k = 2; k <= settings_.degree; ++k) {
    const Block m_late = r.product(late);
    change.apply(late, m_late, d_m_t);
    r.step(2, d_late, d_early.data(), d_early);
    r.add(2, d_m_t, d_early);
    r.step(2, late, early.data(), early);
    std::swap(early, late);
    std::swap(d_early, d_late);
    r.add(coefficients_[index(k)], d_late, dy);
  }
  from_block(a.space, dy, output_variations[0]);
  const Block y = to_block(a.space, a.outputs[0]);
  from_host(a.space, output_variations[1].as<double>(),
            {(r.inner_product(dx, y) + r.inner_product(x, dy)) / x.columns});
}

void SpectralFilter::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                             const std::vector<AnyTensor>& input_adjoints) const {
  const auto kept = a.kept.get<Recurrence>();
  const Recurrence& r = *kept;
  const Block x = to_block(a.space, a.inputs[1]);
  Block seed(x.rows, x.columns);
  if (!output_adjoints[0].empty()) seed = to_block(a.space, output_adjoints[0]);
  double count =
      output_adjoints[1].empty() ? 0 : to_host(a.space, output_adjoints[1].as<double>())[0];
  if (settings_.comm) count = settings_.comm->sum(count);
  r.add(count / x.columns, x, seed);

  std::vector<double> unused(input_adjoints[0].empty() ? index(a.inputs[0].shape().size()) : 0);
  std::optional<HostOutput<double>> edges;
  if (!input_adjoints[0].empty()) edges.emplace(a.space, input_adjoints[0]);
  EdgeGradient gradient(r.space, r.graph, edges ? edges->data() : unused.data());
  // With t_k the adjoint of T_k: T_(k+1) = 2 M T_k − T_(k−1) gives M's adjoint 2 t_(k+1) T_kᵀ.
  Block late = to_block(a.space, a.saved[0]);   // T_k
  Block early = to_block(a.space, a.saved[1]);  // T_(k−1)
  Block t(x.rows, x.columns);                   // t_k
  Block t_after(x.rows, x.columns);             // t_(k+1)
  r.add(coefficients_.back(), seed, t);
  for (int k = settings_.degree; k >= 1; --k) {
    const double factor = k == 1 ? 1 : 2;
    const Block m_early = r.product(early);
    const Block m_t = r.product(t);
    if (edges) gradient.add(t, early, m_t, m_early, factor);
    // t_(k−1) = a_(k−1) Ȳ + factor M t_k − t_(k+1), in the place of t_(k+1).
    const double coefficient = coefficients_[index(k - 1)];
    block::for_each_chunk(r.space, t.rows, [&](std::int64_t first, std::int64_t end) {
      for (std::int64_t i = first * t.ld; i < end * t.ld; ++i) {
        t_after.data()[i] =
            coefficient * seed.data()[i] + factor * m_t.data()[i] - t_after.data()[i];
        // T_(k−2) = 2 M T_(k−1) − T_k, in the place of T_k.
        late.data()[i] = 2 * m_early.data()[i] - late.data()[i];
      }
    });
    std::swap(t, t_after);
    std::swap(late, early);
  }
  if (edges) {
    gradient.finish({}, 1);
    edges->flush();
  }
  if (input_adjoints[1].empty()) return;
  // T_0 enters T_2 as −T_0, which the loop has subtracted; ⟨X, Y⟩ depends on X also directly.
  r.add(count / x.columns, to_block(a.space, a.outputs[0]), t);
  from_block(a.space, t, input_adjoints[1]);
}

}  // namespace eigenprop
