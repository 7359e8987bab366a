#include "segmentation/interpolation.hpp"

#include "operations/bilinear.hpp"
#include "runtime/index.hpp"

namespace eigenprop {

std::vector<double> interpolate(const std::vector<double>& values, int height, int width, int d,
                                int to_height, int to_width) {
  const BilinearAxis rows{height, to_height};
  const BilinearAxis columns{width, to_width};
  std::vector<double> result(index(std::int64_t{to_height} * to_width * d));
  for (int y = 0; y < to_height; ++y) {
    const auto r = rows.tap(y);
    for (int x = 0; x < to_width; ++x) {
      const auto c = columns.tap(x);
      const double* p00 = &values[index((r.low * width + c.low) * d)];
      const double* p01 = &values[index((r.low * width + c.high) * d)];
      const double* p10 = &values[index((r.high * width + c.low) * d)];
      const double* p11 = &values[index((r.high * width + c.high) * d)];
      double* out = &result[index((std::int64_t{y} * to_width + x) * d)];
      for (int j = 0; j < d; ++j) {
        out[j] = (1 - r.weight) * ((1 - c.weight) * p00[j] + c.weight * p01[j]) +
                 r.weight * ((1 - c.weight) * p10[j] + c.weight * p11[j]);
      }
    }
  }
  return result;
}

}  // namespace eigenprop
