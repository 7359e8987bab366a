#pragma once

#include <Kokkos_Core.hpp>
#include <memory>
#include <vector>

#include "cuts/line_halo.hpp"
#include "cuts/pixel_grid.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Vectors of a block lie side by side, as a row-major matrix (pixels, padded_columns): the numbers
/// of one pixel fill whole vector registers. One vector alone is not padded.
constexpr int block_lanes = 8;
constexpr int padded_columns(int columns) {
  return columns == 1 ? 1 : (columns + block_lanes - 1) / block_lanes * block_lanes;
}

/// out <- alpha A x + beta x + gamma z. `betas`: one for each column in place of `beta`, or null.
template <class X>
struct StencilTerms {
  X alpha = 1;
  X beta = 0;
  X gamma = 0;
  const X* betas = nullptr;
};

/// A symmetric matrix over the pixels of an image that couples pixel i with i ± δ for a list of
/// half-plane offsets δ, and with itself:
///
///     (A x)_i = d_i x_i + Σ_δ a(i, δ) x_(i+δ) + a(i−δ, δ) x_(i−δ)
///
/// Each a(i, δ) = A(i, i+δ) is stored once, of type `Weight`; there are no column indices. Lines
/// belong to ranks as the grid says; beside its own, a rank stores the weights of the lines above
/// that reach into them. Everything lies in host memory.
template <class Weight>
class StencilMatrix {
 public:
  using View = Kokkos::View<Weight*, Kokkos::HostSpace>;

  /// A matrix of zeros. `comm` must outlive the matrix; null for an image that is on one rank.
  StencilMatrix(const PixelGrid& grid, std::vector<GridOffset> offsets, const Communicator* comm);

  const PixelGrid& grid() const { return grid_; }
  const Communicator* communicator() const { return comm_; }
  const std::vector<GridOffset>& offsets() const { return offsets_; }
  /// Largest step down, and to either side.
  int reach_down() const { return down_; }
  int reach_right() const { return right_; }

  /// Place of a(i, δ) in weights(), for own lines from 0 on and for the reach_down() lines above,
  /// with negative numbers. Those of columns down to -reach_right() and up to
  /// width + reach_right() exist and are zero, as are those of pairs that leave the image.
  std::int64_t at(std::int64_t line, std::size_t offset, std::int64_t column) const {
    return right_ + ((line + down_) * count_ + static_cast<std::int64_t>(offset)) * pitch_ + column;
  }
  const View& weights() const { return weights_; }
  /// d of the own pixels.
  const View& diagonal() const { return diagonal_; }

  /// Fetches the weights of the lines above from their owners. Collective.
  void exchange_weights();

  /// The product; x, z and out hold the own pixels, with padded_columns(columns) numbers each. z
  /// may be out, or null where gamma is zero; x may not be out. Complete when it returns. The order
  /// of summation is the same on any number of ranks and threads. Inner lines are computed while
  /// the halo travels. Collective.
  template <class X>
  void apply(const HostExecutionSpace& space, const X* x, const X* z, X* out, int columns,
             const StencilTerms<X>& terms) const;

  /// Bytes of weights and diagonal.
  double bytes() const;

 private:
  template <class X>
  struct Strips;
  /// Those of earlier products: fresh pages cost more than what is copied to them.
  template <class X>
  std::vector<std::shared_ptr<Strips<X>>>& kept_strips() const;
  template <class X>
  Strips<X>& strips_for(int ld) const;
  template <class X>
  void apply_lines(const HostExecutionSpace& space, std::int64_t first, std::int64_t end,
                   const X* x_of_first, const X* z, X* out, int ld,
                   const StencilTerms<X>& terms) const;

  PixelGrid grid_;
  std::vector<GridOffset> offsets_;
  const Communicator* comm_;
  int down_ = 0, right_ = 0;
  std::int64_t count_ = 0, pitch_ = 0;
  View weights_, diagonal_;
  std::vector<std::int64_t> backward_, neighbour_;
  mutable std::vector<std::shared_ptr<Strips<float>>> single_strips_;
  mutable std::vector<std::shared_ptr<Strips<double>>> double_strips_;
};

extern template class StencilMatrix<float>;
extern template class StencilMatrix<double>;

}  // namespace eigenprop
