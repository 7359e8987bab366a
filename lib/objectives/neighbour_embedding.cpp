#include "objectives/neighbour_embedding.hpp"

#include <algorithm>
#include <cmath>

#include "objectives/detail/embedding_kernels.hpp"
#include "objectives/detail/transposed_points.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/phase.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

using namespace neighbours;

// Of points beyond the last: 1 / (1 + its square) vanishes in every sum, and the square of that is
// still no denormal number, which would be slow.
constexpr double far_away = 1e70;

/// The same elements in the memory of the execution space; without a copy on the host. Complete
/// before any instance goes on.
template <class T>
Kokkos::View<T*, MemorySpace> on_device(std::vector<T>& values) {
  using Host = Kokkos::View<T*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  return Kokkos::create_mirror_view_and_copy(MemorySpace(), Host(values.data(), values.size()));
}

void bring(const ExecutionSpace& space, std::vector<double>& to, const Vector& from) {
  to.resize(from.extent(0));
  using Host = Kokkos::View<double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Kokkos::deep_copy(space, Host(to.data(), to.size()), from);
  space.fence();
}

}  // namespace

struct NeighbourEmbedding::State {
  EmbeddingKind kind;
  Affinities affinities;
  int dimensions;
  const Communicator& comm;
  ExecutionSpace space;
  // Made once: a step of an iteration should exchange as few messages as can be.
  AllGatherRows gather, gather_sums;
  AffinityRows rows;
  Coordinates points;
  Forces forces;
  Vector cross;
  std::vector<double> sum, least, attraction, repulsion, cross_entropy;  ///< host copies

  State(EmbeddingKind k, Affinities p, int d, const Communicator& c, const ExecutionSpace& s);
  void place(const double* embedding);
  void visit_pairs();
  double shared_least();
  double log_partition(double shift);
  void combine(double exaggeration, double shift, double log_z, double* gradient);
  double mean_cross_entropy();

  template <EmbeddingKind k, bool dense>
  void visit_tiles();
  template <int d, bool dense>
  void visit_in_registers();
  template <bool dense>
  void repel();
  template <EmbeddingKind k, bool dense>
  void cross_entropies();
};

NeighbourEmbedding::State::State(EmbeddingKind k, Affinities p, int d, const Communicator& c,
                                 const ExecutionSpace& s)
    : kind(k),
      affinities(std::move(p)),
      dimensions(d),
      comm(c),
      space(s),
      gather(affinities.rows, d, c),
      gather_sums(affinities.rows, 1, c) {
  require(d > 0, "an embedding has one dimension or more, not " + std::to_string(d));
  const auto count = index(affinities.rows);
  rows = {on_device(affinities.dense), on_device(affinities.offset), on_device(affinities.column),
          on_device(affinities.value)};
  const std::int64_t stride = padded(affinities.total);
  points = {Vector("embedding", index(stride * d)), stride, d};
  forces = {Vector("least", count), Vector("sum", count), Vector("attraction", count * index(d)),
            Vector("repulsion", count * index(d))};
  cross = Vector("cross entropy", count);
}

// The embedding of all ranks.
void NeighbourEmbedding::State::place(const double* embedding) {
  const std::vector<double> own(embedding, embedding + affinities.rows * dimensions);
  const auto all = transposed(gather.forward(own).data(), affinities.total, dimensions, far_away);
  try {
    require_finite(all, affinities.total, "the embedding");
  } catch (const InputError& error) {
    throw NonFiniteError(error.what());
  }
  using Host = Kokkos::View<const double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Kokkos::deep_copy(space, points.values, Host(all.data(), all.size()));
  space.fence();
}

template <EmbeddingKind k, bool dense>
void NeighbourEmbedding::State::visit_tiles() {
  const Pairs<PairCost::squared_distance> pairs = {
      points, {}, {}, affinities.first, affinities.rows, affinities.total};
  const std::int64_t tasks = (pairs.blocks() + blocks_of_task - 1) / blocks_of_task;
  for_each_index(space, "forces", tasks, TileForces<k, dense>{pairs, rows.dense, forces});
}

template <int d, bool dense>
void NeighbourEmbedding::State::visit_in_registers() {
  using Kernel = StudentForces<d, dense>;
  const std::int64_t tasks = (affinities.rows + Kernel::rows_of_task - 1) / Kernel::rows_of_task;
  for_each_index(space, "forces", tasks,
                 Kernel{points, rows.dense, affinities.first, affinities.rows, forces});
}

template <bool dense>
void NeighbourEmbedding::State::repel() {
  if (kind == EmbeddingKind::ssne) return visit_tiles<EmbeddingKind::ssne, dense>();
  switch (dimensions) {
    case 2:
      return visit_in_registers<2, dense>();
    case 3:
      return visit_in_registers<3, dense>();
    default:
      return visit_tiles<EmbeddingKind::tsne, dense>();
  }
}

void NeighbourEmbedding::State::visit_pairs() {
  if (affinities.exact) {
    repel<true>();
  } else {
    repel<false>();
    if (kind == EmbeddingKind::tsne) {
      for_each_index(
          space, "attraction", affinities.rows,
          SparseAttraction<EmbeddingKind::tsne>{points, rows, affinities.first, forces.attraction});
    } else {
      for_each_index(
          space, "attraction", affinities.rows,
          SparseAttraction<EmbeddingKind::ssne>{points, rows, affinities.first, forces.attraction});
    }
  }
  bring(space, sum, forces.sum);
  bring(space, least, forces.least);
  bring(space, attraction, forces.attraction);
  bring(space, repulsion, forces.repulsion);
}

// The least distance of all pairs, which symmetric SNE subtracts from all exponents.
double NeighbourEmbedding::State::shared_least() {
  if (kind == EmbeddingKind::tsne) return 0;
  double smallest = infinity;
  for (const double value : least) smallest = std::min(smallest, value);
  return comm.min(smallest);
}

// log Z + shift.
double NeighbourEmbedding::State::log_partition(double shift) {
  if (kind == EmbeddingKind::ssne) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] *= std::exp(shift - least[i]);
  }
  const double z = sum_in_order(sum, gather_sums);
  if (!(z > 0 && std::isfinite(z)))
    throw NonFiniteError("squared distances of the embedding overflow");
  return std::log(z);
}

void NeighbourEmbedding::State::combine(double exaggeration, double shift, double log_z,
                                        double* gradient) {
  const double inverse = std::exp(-log_z);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double scale =
        kind == EmbeddingKind::ssne ? inverse * std::exp(shift - least[i]) : inverse;
    for (std::size_t k = i * index(dimensions); k < (i + 1) * index(dimensions); ++k)
      gradient[k] = 4 * (exaggeration * attraction[k] - scale * repulsion[k]);
  }
}

template <EmbeddingKind k, bool dense>
void NeighbourEmbedding::State::cross_entropies() {
  for_each_index(space, "cross entropy", affinities.rows,
                 CrossEntropy<k, dense>{points, rows, affinities.first, affinities.total, cross});
}

// -Σ p_ij log w_ij of all ranks.
double NeighbourEmbedding::State::mean_cross_entropy() {
  if (kind == EmbeddingKind::tsne) {
    affinities.exact ? cross_entropies<EmbeddingKind::tsne, true>()
                     : cross_entropies<EmbeddingKind::tsne, false>();
  } else {
    affinities.exact ? cross_entropies<EmbeddingKind::ssne, true>()
                     : cross_entropies<EmbeddingKind::ssne, false>();
  }
  bring(space, cross_entropy, cross);
  return sum_in_order(cross_entropy, gather_sums);
}

NeighbourEmbedding::NeighbourEmbedding(EmbeddingKind kind, Affinities affinities, int dimensions,
                                       const Communicator& comm, const ExecutionSpace& space)
    : state_(std::make_unique<State>(kind, std::move(affinities), dimensions, comm, space)) {}

NeighbourEmbedding::~NeighbourEmbedding() = default;

const Affinities& NeighbourEmbedding::affinities() const { return state_->affinities; }

void NeighbourEmbedding::gradient(const double* embedding, double exaggeration, double* gradient) {
  const PhaseScope scope(Phase::backward);
  state_->place(embedding);
  state_->visit_pairs();
  const double shift = state_->shared_least();
  state_->combine(exaggeration, shift, state_->log_partition(shift), gradient);
}

double NeighbourEmbedding::divergence(const double* embedding, double exaggeration,
                                      double* gradient) {
  const PhaseScope scope(Phase::forward);
  state_->place(embedding);
  state_->visit_pairs();
  const double shift = state_->shared_least();
  const double log_z = state_->log_partition(shift);
  if (gradient) state_->combine(exaggeration, shift, log_z, gradient);
  // log q = log w - log Z, and the elements of P sum to 1.
  return state_->affinities.information + state_->mean_cross_entropy() + log_z - shift;
}

}  // namespace eigenprop
