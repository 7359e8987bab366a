#pragma once

#include <cstdint>
#include <string>

#include "tensor/shape.hpp"

namespace eigenprop {

/// Square windows that slide over height and width.
struct PoolSettings {
  std::int64_t kernel = 2;
  std::int64_t stride = 2;
  std::int64_t padding = 0;  ///< at most kernel / 2; padded positions never enter a result
  bool ceil_mode = false;    ///< also windows that hang over the lower or right edge
};

/// Output extent for an input extent, as PyTorch defines it: a last window that would begin in the
/// padding behind the image is dropped. Throws InputError where the image is smaller than a window.
std::int64_t pooled_extent(const std::string& type, const PoolSettings& settings,
                           std::int64_t extent);

/// Shape (b, h', w', c) for an input (b, h, w, c).
Shape pooled_shape(const std::string& type, const PoolSettings& settings, const Shape& input);

/// Throws InputError for settings out of range.
void check_pool(const std::string& type, const PoolSettings& settings);

}  // namespace eigenprop
