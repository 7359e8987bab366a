#pragma once

#include <string>
#include <vector>

#include "cuts/pixel_grid.hpp"
#include "graph/operation.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {

/// Which edges an operation makes or takes.
struct EdgeGraphSettings {
  int radius = 5;  ///< of the offsets, 1 .. largest_edge_radius
  /// Edge tensors hold the lines of PixelGrid(height, width, rank, ranks).
  int rank = 0;
  int ranks = 1;
};

/// Offsets and their lines of pixels in the memory of the default execution space. The line of δ
/// consists of 0 = s_0, s_1, ..., s_n = δ, n = max(|δ_down|, |δ_right|), rounded to pixels.
struct EdgeGeometry {
  std::int64_t height = 0, width = 0;  ///< of the whole image
  std::int64_t first = 0, lines = 0;   ///< own lines
  int offsets = 0;
  Kokkos::View<int*, MemorySpace> down, right;            ///< (offsets)
  Kokkos::View<int*, MemorySpace> begin;                  ///< (offsets + 1): into the steps
  Kokkos::View<int*, MemorySpace> step_down, step_right;  ///< s_0 ... s_n of all offsets

  EdgeGeometry(std::int64_t height_in, std::int64_t width_in, const EdgeGraphSettings& settings);

  Shape shape() const { return {lines, width, offsets}; }

  /// True where pixel (line, column) and its neighbour at offset o both are in the image.
  KOKKOS_FUNCTION bool inside(std::int64_t line, std::int64_t column, int o) const {
    const std::int64_t l = line + down(o);
    const std::int64_t c = column + right(o);
    return line >= 0 && column >= 0 && column < width && l < height && c >= 0 && c < width;
  }
  KOKKOS_FUNCTION bool is_own(std::int64_t line) const {
    return line >= first && line < first + lines;
  }
};

/// edges(place) <- f(place, line, column, offset) for all own edges, 0 for those that leave the
/// image; place = ((line - first) width + column) offsets + offset. `label` is for profilers.
template <class F>
void for_each_edge(const ExecutionSpace& space, const char* label, const EdgeGeometry& g,
                   const Tensor<double>::View& edges, const F& f) {
  for_each_index(
      space, label, g.lines * g.width, KOKKOS_LAMBDA(std::int64_t pixel) {
        const std::int64_t line = g.first + pixel / g.width;
        const std::int64_t column = pixel % g.width;
        for (int o = 0; o < g.offsets; ++o) {
          const std::int64_t place = pixel * g.offsets + o;
          edges(place) = g.inside(line, column, o) ? f(place, line, column, o) : 0.0;
        }
      });
}

/// Height and width of a map (height, width), or (height, width, channels) where `channels`, or of
/// a batch of one such image. Throws InputError for other shapes.
struct MapExtents {
  std::int64_t height, width, channels;
};
MapExtents map_extents(const std::string& type, const TensorSpec& map);

/// Throws NonFiniteError that names the map and the pixel where it is not finite.
void require_finite_map(const ExecutionSpace& space, const std::string& type,
                        const std::string& name, const AnyTensor& map, const MapExtents& extents);

/// The only element of a width that must be finite and not zero; throws InputError.
double width_value(const ExecutionSpace& space, const std::string& type, const AnyTensor& width,
                   std::int64_t i);

}  // namespace eigenprop
