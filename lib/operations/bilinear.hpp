#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

namespace eigenprop {

/// Bilinear interpolation along one axis with pixel centres at half-integers: output o mixes inputs
/// `low` and `high`, which are neighbours, or the same at an edge.
struct BilinearAxis {
  std::int64_t in, out;

  struct Tap {
    std::int64_t low, high;
    double weight;  ///< of `high`
  };

  KOKKOS_FUNCTION Tap tap(std::int64_t o) const {
    double position =
        (static_cast<double>(o) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
    if (position < 0) position = 0;
    auto low = static_cast<std::int64_t>(position);
    if (low > in - 1) low = in - 1;
    const std::int64_t high = low + 1 < in ? low + 1 : low;
    return {low, high, high == low ? 0.0 : position - static_cast<double>(low)};
  }

  /// Weight of input i in output o.
  KOKKOS_FUNCTION double weight(std::int64_t o, std::int64_t i) const {
    const Tap t = tap(o);
    return (t.low == i ? 1 - t.weight : 0.0) + (t.high == i ? t.weight : 0.0);
  }

  /// Outputs that may depend on input i: those whose position lies within one input of it.
  KOKKOS_FUNCTION std::int64_t first(std::int64_t i) const {
    if (i <= 0) return 0;
    const double o =
        (static_cast<double>(i) - 0.5) * static_cast<double>(out) / static_cast<double>(in) - 0.5;
    const auto begin = static_cast<std::int64_t>(o) - 1;
    return begin > 0 ? begin : 0;
  }
  KOKKOS_FUNCTION std::int64_t last(std::int64_t i) const {
    if (i >= in - 1) return out;
    const double o =
        (static_cast<double>(i) + 1.5) * static_cast<double>(out) / static_cast<double>(in) - 0.5;
    const auto end = static_cast<std::int64_t>(o) + 2;
    return end < out ? end : out;
  }
};

}  // namespace eigenprop
