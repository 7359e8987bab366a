#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "objectives/affinities.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

enum class EmbeddingKind {
  tsne,  ///< w_ij = 1 / (1 + ‖y_i - y_j‖²)
  ssne   ///< w_ij = exp(-‖y_i - y_j‖²): symmetric SNE
};

/// The objective of t-SNE and of symmetric SNE for N points y, whose rows are spread over ranks:
///
///     KL(P‖Q) = Σ_ij p_ij log(p_ij / q_ij),   q_ij = w_ij / Z,   Z = Σ_k≠l w_kl,
///
/// with the gradients
///
///     ∂KL/∂y_i = 4 Σ_j (p_ij - q_ij) (y_i - y_j)                              symmetric SNE
///     ∂KL/∂y_i = 4 Σ_j (p_ij - q_ij) (y_i - y_j) / (1 + ‖y_i - y_j‖²)         t-SNE.
///
/// deep-learning-exercises.txt, problem 8, calls the first one, its eq. 39, the gradient of t-SNE;
/// it starts from d_ij = -‖y_i - y_j‖² and q_ij = exp(d_ij) / Z (eq. 31, 32), which is symmetric
/// SNE. A heavy tail, d_ij = -log(1 + ‖y_i - y_j‖²), brings the factor of the second. (Two further
/// slips: the first sum of eq. 37 keeps its sign in 38, and eq. 38 prints p_ij where q_tm must
/// stand.)
///
/// One visit of all pairs a gradient: attraction Σ p w (y_i - y_j) and repulsion Σ w² (y_i - y_j)
/// (symmetric SNE: w) are summed apart, and Z divides the latter when all rows are done. A rank
/// works on its rows against all columns; work O(N² dimensions / ranks), and beside the affinities
/// memory O(N dimensions). Sums over rows are taken in their order: value and gradient have the
/// same bits on any number of ranks, as an iteration would magnify the last ones. Where
/// exponentials of symmetric SNE would all vanish, a row subtracts its least distance first.
class NeighbourEmbedding {
 public:
  /// Kernels run on `space`. Collective over `comm`, which must outlive the object.
  NeighbourEmbedding(EmbeddingKind kind, Affinities affinities, int dimensions,
                     const Communicator& comm, const ExecutionSpace& space = ExecutionSpace());
  ~NeighbourEmbedding();
  NeighbourEmbedding(const NeighbourEmbedding&) = delete;
  NeighbourEmbedding& operator=(const NeighbourEmbedding&) = delete;

  /// `gradient` <- own rows of that of KL(exaggeration P‖Q), (rows, dimensions); `embedding`: own
  /// rows. Throws NonFiniteError that names a point that is not finite, alike on all ranks.
  /// Collective.
  void gradient(const double* embedding, double exaggeration, double* gradient);

  /// KL(P‖Q), and with `gradient` what gradient() computes. Costs a logarithm for each pair with
  /// p_ij > 0. Collective.
  double divergence(const double* embedding, double exaggeration = 1, double* gradient = nullptr);

  const Affinities& affinities() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eigenprop
