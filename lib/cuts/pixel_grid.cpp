#include "cuts/pixel_grid.hpp"

#include <algorithm>
#include <limits>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {

std::vector<GridOffset> half_plane_offsets(int radius) {
  require(radius >= 1 && radius <= largest_edge_radius, "the radius of the affinity graph is " +
                                                            std::to_string(radius) + ", not 1 to " +
                                                            std::to_string(largest_edge_radius));
  std::vector<GridOffset> offsets;
  for (int down = 0; down <= radius; ++down) {
    for (int right = down == 0 ? 1 : -radius; right <= radius; ++right) {
      if (down * down + right * right <= radius * radius) offsets.push_back({down, right});
    }
  }
  return offsets;
}

PixelGrid::PixelGrid(std::int64_t height, std::int64_t width, int rank, int ranks)
    : width_(width), rank_(rank) {
  require(height > 0 && width > 0, "an image of " + std::to_string(height) + " x " +
                                       std::to_string(width) + " pixels has no affinity graph");
  require_count(height, std::numeric_limits<std::int64_t>::max() / width, "image lines");
  petsc_count(height * width, "pixels");
  // With 32 units a rank, shares differ by 3 % at most.
  std::int64_t unit = 8;
  while (unit > 1 && height / (unit * ranks) < 32) unit /= 2;
  const std::int64_t units = (height + unit - 1) / unit;
  for (int r = 0; r <= ranks; ++r) starts_.push_back(std::min(height, units * r / ranks * unit));
}

bool PixelGrid::can_halve() const {
  return std::all_of(starts_.begin(), starts_.end(),
                     [&](std::int64_t start) { return start % 2 == 0 || start == starts_.back(); });
}

PixelGrid PixelGrid::halved() const {
  PixelGrid result(*this);
  result.width_ = (width_ + 1) / 2;
  for (auto& start : result.starts_) start = (start + 1) / 2;
  return result;
}

LineRange PixelGrid::lines_of(int rank) const {
  return {starts_[index(rank)], starts_[index(rank + 1)] - starts_[index(rank)]};
}

std::string PixelGrid::place(std::int64_t pixel) const {
  return "line " + std::to_string(pixel / width_) + ", column " + std::to_string(pixel % width_);
}

PetscInt petsc_count(std::int64_t count, const std::string& what) {
  require_count(count, std::numeric_limits<PetscInt>::max(), what);
  return static_cast<PetscInt>(count);
}

void require_count(std::int64_t count, std::int64_t largest, const std::string& what) {
  require(count <= largest, std::to_string(count) + " " + what + " are more than the " +
                                std::to_string(largest) +
                                " that this PETSc counts; configure PETSc with 64-bit indices");
}

}  // namespace eigenprop
