#pragma once

#include <petscsystypes.h>

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// A step from one pixel to another.
struct GridOffset {
  int down = 0;   ///< lines
  int right = 0;  ///< columns
};

constexpr int largest_edge_radius = 10;

/// Offsets δ ≠ 0 with |δ| <= radius of the half plane down > 0, or down = 0 and right > 0: one for
/// each pair {i, i + δ}, by lines (radius 5: 40). Throws InputError unless 1 <= radius <=
/// largest_edge_radius.
std::vector<GridOffset> half_plane_offsets(int radius);

/// Lines first .. first + count - 1 of an image.
struct LineRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t end() const { return first + count; }
};

/// An image whose lines are spread over ranks, some of which may have none. Pixel (line, column) is
/// number line · width + column, so that ranks own contiguous numbers, as in PETSc.
class PixelGrid {
 public:
  /// Nearly equal shares; where images are tall enough, their bounds are multiples of 2, 4 or 8, so
  /// that the lines of coarser grids have one owner. Throws InputError for an image without pixels,
  /// or of more pixels than PetscInt counts.
  PixelGrid(std::int64_t height, std::int64_t width, int rank, int ranks);

  /// Every second line and column, pairs of lines with their owner; needs can_halve().
  PixelGrid halved() const;
  /// True where no pair of lines has two owners.
  bool can_halve() const;
  /// The same image on one rank.
  PixelGrid gathered() const { return {height(), width_, 0, 1}; }

  std::int64_t height() const { return starts_.back(); }
  std::int64_t width() const { return width_; }
  std::int64_t pixels() const { return height() * width_; }
  int ranks() const { return static_cast<int>(starts_.size()) - 1; }
  int rank() const { return rank_; }
  LineRange lines_of(int rank) const;
  LineRange own() const { return lines_of(rank_); }
  std::int64_t own_pixels() const { return own().count * width_; }
  std::int64_t first_pixel() const { return own().first * width_; }

  /// "line 3, column 7" of a pixel's number.
  std::string place(std::int64_t pixel) const;

 private:
  std::int64_t width_ = 0;
  int rank_ = 0;
  std::vector<std::int64_t> starts_;  ///< first lines of the ranks, and the height
};

/// A count as PETSc's integer. Throws InputError, which names `what`, where it does not fit.
PetscInt petsc_count(std::int64_t count, const std::string& what);

/// The same against a given largest count.
void require_count(std::int64_t count, std::int64_t largest, const std::string& what);

}  // namespace eigenprop
