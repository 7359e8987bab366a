#include "operations/pooling.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

void check_pool(const std::string& type, const PoolSettings& settings) {
  require(settings.kernel > 0 && settings.stride > 0,
          type + ": kernel and stride must be positive");
  require(settings.padding >= 0 && 2 * settings.padding <= settings.kernel,
          type + ": the padding must not exceed half the kernel");
}

std::int64_t pooled_extent(const std::string& type, const PoolSettings& settings,
                           std::int64_t extent) {
  const std::int64_t room = extent + 2 * settings.padding - settings.kernel;
  require(room >= 0, type + ": an image of extent " + std::to_string(extent) +
                         " is smaller than the receptive field " +
                         std::to_string(settings.kernel - 2 * settings.padding));
  std::int64_t windows = room / settings.stride + 1;
  if (settings.ceil_mode && room % settings.stride != 0 &&
      windows * settings.stride < extent + settings.padding) {
    ++windows;
  }
  return windows;
}

Shape pooled_shape(const std::string& type, const PoolSettings& settings, const Shape& input) {
  return {input[0], pooled_extent(type, settings, input[1]),
          pooled_extent(type, settings, input[2]), input[3]};
}

}  // namespace eigenprop
