#include "segmentation/interpolation.hpp"

#include "operations/bilinear.hpp"
#include "runtime/index.hpp"

namespace eigenprop {

void interpolate_row(const StridedGrid& grid, int to_height, int to_width, int y, double* out) {
  const auto r = BilinearAxis{grid.height, to_height}.tap(y);
  const BilinearAxis columns{grid.width, to_width};
  const auto vector = [&](std::int64_t row, std::int64_t column) {
    return grid.data + (row * grid.width + column) * grid.stride;
  };
  for (int x = 0; x < to_width; ++x, out += grid.dimensions) {
    const auto c = columns.tap(x);
    const double* p00 = vector(r.low, c.low);
    const double* p01 = vector(r.low, c.high);
    const double* p10 = vector(r.high, c.low);
    const double* p11 = vector(r.high, c.high);
    for (int j = 0; j < grid.dimensions; ++j) {
      out[j] = (1 - r.weight) * ((1 - c.weight) * p00[j] + c.weight * p01[j]) +
               r.weight * ((1 - c.weight) * p10[j] + c.weight * p11[j]);
    }
  }
}

std::vector<double> interpolate(const std::vector<double>& values, int height, int width, int d,
                                int to_height, int to_width) {
  std::vector<double> result(index(std::int64_t{to_height} * to_width * d));
  for (int y = 0; y < to_height; ++y)
    interpolate_row({values.data(), height, width, d, d}, to_height, to_width, y,
                    result.data() + std::int64_t{y} * to_width * d);
  return result;
}

}  // namespace eigenprop
