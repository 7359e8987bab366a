#include "cuts/scale_average.hpp"

#include <algorithm>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

std::int64_t halved_length(std::int64_t length, int halvings) {
  return (length + (std::int64_t{1} << halvings) - 1) >> halvings;
}

}  // namespace

ScaleAverage::ScaleAverage(const PixelGrid& grid, int halvings, std::vector<double> factors,
                           const Communicator* comm)
    : halvings_(halvings),
      first_line_(grid.own().first),
      lines_(grid.own().count),
      width_(grid.width()),
      cell_lines_(halved_length(grid.height(), halvings)),
      cell_columns_(halved_length(grid.width(), halvings)),
      factors_(std::move(factors)),
      comm_(grid.ranks() > 1 ? comm : nullptr) {
  require(halvings >= 1 && halvings < 30, "cells of scales are 2, 4, 8, ... pixels wide");
  require(static_cast<std::int64_t>(factors_.size()) == grid.own_pixels(),
          "a scale has one factor for each own pixel");
}

template <class X>
VectorBlock<X> ScaleAverage::gather(const HostExecutionSpace& space,
                                    const VectorBlock<X>& x) const {
  VectorBlock<double> sums(cells(), x.columns);
  const std::int64_t first_row = first_line_ >> halvings_;
  const std::int64_t rows =
      lines_ == 0 ? 0 : ((first_line_ + lines_ - 1) >> halvings_) - first_row + 1;
  for_each_index(space, "averages of cells", rows, [&](std::int64_t row) {
    const std::int64_t begin = ((first_row + row) << halvings_) - first_line_;
    const std::int64_t end = begin + (std::int64_t{1} << halvings_);
    for (std::int64_t l = std::max<std::int64_t>(0, begin); l < std::min(lines_, end); ++l) {
      for (std::int64_t c = 0; c < width_; ++c) {
        const std::int64_t i = l * width_ + c;
        const double factor = factors_[index(i)];
        const X* from = x.row(i);
        double* to = sums.row(cell(l, c));
        for (int j = 0; j < x.ld; ++j) to[j] += factor * static_cast<double>(from[j]);
      }
    }
  });
  space.fence();
  if (comm_) comm_->sum(sums.data(), sums.rows * sums.ld);
  if constexpr (std::is_same_v<X, double>) {
    return sums;
  } else {
    VectorBlock<X> result(sums.rows, x.columns);
    copy_block(space, sums, result);
    return result;
  }
}

template <class X>
void ScaleAverage::scatter(const HostExecutionSpace& space, const VectorBlock<X>& z, double c,
                           const VectorBlock<X>& y) const {
  for_each_index(space, "cells to pixels", lines_, [&](std::int64_t l) {
    for (std::int64_t column = 0; column < width_; ++column) {
      const std::int64_t i = l * width_ + column;
      const auto factor = static_cast<X>(c * factors_[index(i)]);
      const X* from = z.row(cell(l, column));
      X* to = y.row(i);
      for (int j = 0; j < y.ld; ++j) to[j] += factor * from[j];
    }
  });
  space.fence();
}

template VectorBlock<float> ScaleAverage::gather(const HostExecutionSpace&,
                                                 const VectorBlock<float>&) const;
template VectorBlock<double> ScaleAverage::gather(const HostExecutionSpace&,
                                                  const VectorBlock<double>&) const;
template void ScaleAverage::scatter(const HostExecutionSpace&, const VectorBlock<float>&, double,
                                    const VectorBlock<float>&) const;
template void ScaleAverage::scatter(const HostExecutionSpace&, const VectorBlock<double>&, double,
                                    const VectorBlock<double>&) const;

}  // namespace eigenprop
