#include "cuts/stencil_matrix.hpp"

#include <cstdlib>

#include "cuts/detail/stencil_kernels.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// Part of the second-level cache that the lines which a column of pixels reads may take.
constexpr std::int64_t window_bytes = std::int64_t{256} * 1024;

// Products of fewer multiplications are done before threads have woken up.
constexpr std::int64_t small_product = 100000;

}  // namespace

template <class Weight>
StencilMatrix<Weight>::StencilMatrix(const PixelGrid& grid, std::vector<GridOffset> offsets,
                                     const Communicator* comm)
    : grid_(grid), offsets_(std::move(offsets)), comm_(grid.ranks() > 1 ? comm : nullptr) {
  for (const auto& offset : offsets_) {
    down_ = std::max(down_, offset.down);
    right_ = std::max(right_, std::abs(offset.right));
  }
  count_ = static_cast<std::int64_t>(offsets_.size());
  // The zeros between two lines serve both as columns beyond the one and before the other.
  pitch_ = grid_.width() + right_;
  const std::int64_t lines = grid_.own().count;
  weights_ =
      View("stencil weights", index((lines + down_) * count_ * pitch_ + std::int64_t{2} * right_));
  diagonal_ = View("stencil diagonal", index(grid_.own_pixels()));
  for (std::size_t o = 0; o < offsets_.size(); ++o) {
    const auto& offset = offsets_[o];
    backward_.push_back((static_cast<std::int64_t>(o) - offset.down * count_) * pitch_ -
                        offset.right);
    neighbour_.push_back(offset.down * grid_.width() + offset.right);
  }
}

template <class Weight>
void StencilMatrix<Weight>::exchange_weights() {
  if (!comm_) return;
  LineHalo halo(grid_, down_, 0, comm_);
  Weight* own = weights_.data() + at(0, 0, 0);
  halo.start(own, weights_.data() + at(-halo.above().count, 0, 0), own, count_ * pitch_);
  halo.finish();
}

template <class Weight>
double StencilMatrix<Weight>::bytes() const {
  return static_cast<double>((weights_.size() + diagonal_.size()) * sizeof(Weight));
}

// The first or last lines of a rank with those of its neighbours, where the product reads beyond
// the own ones. More lines on either side than edges reach: neighbours of a line's last pixels lie,
// with weight zero, in the line after it, and of lines shorter than a step to the right further on.
template <class Weight>
template <class X>
struct StencilMatrix<Weight>::Strips {
  std::int64_t margin, lines, line_size;
  std::int64_t top_end, bottom_first;  ///< lines before the one, and from the other on, use strips
  std::vector<X> top, bottom;

  Strips(const StencilMatrix& matrix, int ld)
      : margin(matrix.down_ + (matrix.right_ + matrix.grid_.width() - 1) / matrix.grid_.width()),
        lines(matrix.grid_.own().count),
        line_size(matrix.grid_.width() * ld) {
    // Where the strips would meet, one of them holds all lines.
    const bool one = lines < 3 * margin;
    top_end = one ? lines : margin;
    bottom_first = one ? lines : lines - margin;
    top.assign(index((top_end + 2 * margin) * line_size), X(0));
    if (!one) bottom.assign(index(3 * margin * line_size), X(0));
  }

  X* top_line(std::int64_t line) { return top.data() + (line + margin) * line_size; }
  X* bottom_line(std::int64_t line) {
    return bottom.empty() ? top_line(line)
                          : bottom.data() + (line - bottom_first + margin) * line_size;
  }

  void copy_own(const X* x) {
    std::copy_n(x, std::min(lines, top_end + margin) * line_size, top_line(0));
    if (bottom.empty()) return;
    const std::int64_t first = bottom_first - margin;
    std::copy_n(x + first * line_size, (lines - first) * line_size, bottom_line(first));
  }
};

template <class Weight>
template <class X>
std::vector<std::shared_ptr<typename StencilMatrix<Weight>::template Strips<X>>>&
StencilMatrix<Weight>::kept_strips() const {
  if constexpr (std::is_same_v<X, float>) {
    return single_strips_;
  } else {
    return double_strips_;
  }
}

template <class Weight>
template <class X>
typename StencilMatrix<Weight>::template Strips<X>& StencilMatrix<Weight>::strips_for(
    int ld) const {
  auto& kept = kept_strips<X>();
  for (const auto& strips : kept) {
    if (strips->line_size == grid_.width() * ld) return *strips;
  }
  kept.push_back(std::make_shared<Strips<X>>(*this, ld));
  return *kept.back();
}

template <class Weight>
template <class X>
void StencilMatrix<Weight>::apply(const HostExecutionSpace& space, const X* x, const X* z, X* out,
                                  int columns, const StencilTerms<X>& terms) const {
  const int ld = padded_columns(columns);
  auto& strips = strips_for<X>(ld);
  LineHalo halo(grid_, down_, down_, comm_);
  if (comm_) {
    halo.start(x, strips.top_line(-halo.above().count), strips.bottom_line(strips.lines),
               strips.line_size);
  }
  strips.copy_own(x);
  apply_lines(space, strips.top_end, strips.bottom_first, x + strips.top_end * strips.line_size, z,
              out, ld, terms);
  halo.finish();
  apply_lines(space, 0, strips.top_end, strips.top_line(0), z, out, ld, terms);
  apply_lines(space, strips.bottom_first, strips.lines, strips.bottom_line(strips.bottom_first), z,
              out, ld, terms);
}

template <class Weight>
template <class X>
void StencilMatrix<Weight>::apply_lines(const HostExecutionSpace& space, std::int64_t first,
                                        std::int64_t end, const X* x_of_first, const X* z, X* out,
                                        int ld, const StencilTerms<X>& terms) const {
  if (first >= end) return;
  const std::int64_t width = grid_.width();
  const std::int64_t window =
      (std::int64_t{2} * down_ + 1) * ld * static_cast<std::int64_t>(sizeof(X));
  const std::int64_t tile =
      ld == 1 ? width : std::max<std::int64_t>(48, window_bytes / window / 12 * 12);
  const std::int64_t tiles = (width + tile - 1) / tile;
  const auto threads = static_cast<std::int64_t>(space.concurrency());
  const std::int64_t strip = std::max<std::int64_t>(16, (end - first + threads - 1) / threads);
  const std::int64_t strips = (end - first + strip - 1) / strip;
  const Weight* weights = weights_.data();
  const Weight* diagonal = diagonal_.data();
  const auto work = [=, this_ = this](std::int64_t item) {
    const std::int64_t begin = first + item / tiles * strip;
    const std::int64_t left = item % tiles * tile;
    for (std::int64_t l = begin; l < std::min(end, begin + strip); ++l) {
      stencil::Line<Weight, X> line;
      line.weights = weights + this_->at(l, 0, 0);
      line.diagonal = diagonal + l * width;
      line.forward = this_->pitch_;
      line.backward = this_->backward_.data();
      line.neighbour = this_->neighbour_.data();
      line.offsets = this_->offsets_.size();
      line.x = x_of_first + (l - first) * width * ld;
      line.z = z ? z + l * width * ld : nullptr;
      line.out = out + l * width * ld;
      line.ld = ld;
      const std::int64_t right = std::min(width, left + tile);
      if (ld == 1) {
        stencil::vector_line(line, left, right, terms);
      } else {
        stencil::block_line(line, ld, left, right, terms);
      }
    }
  };
  if ((end - first) * width * ld * count_ < small_product) {
    space.fence();
    for (std::int64_t item = 0; item < strips * tiles; ++item) work(item);
    return;
  }
  for_each_index(space, "stencil product", strips * tiles, work);
  space.fence();
}

template class StencilMatrix<float>;
template class StencilMatrix<double>;
template void StencilMatrix<float>::apply(const HostExecutionSpace&, const float*, const float*,
                                          float*, int, const StencilTerms<float>&) const;
template void StencilMatrix<float>::apply(const HostExecutionSpace&, const double*, const double*,
                                          double*, int, const StencilTerms<double>&) const;
template void StencilMatrix<double>::apply(const HostExecutionSpace&, const double*, const double*,
                                           double*, int, const StencilTerms<double>&) const;

}  // namespace eigenprop
