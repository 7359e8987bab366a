#include "cuts/edge_geometry.hpp"

#include <cmath>
#include <cstdlib>

#include "runtime/index.hpp"

namespace eigenprop {
namespace {

Kokkos::View<int*, MemorySpace> device_copy(const std::string& label,
                                            const std::vector<int>& values) {
  Kokkos::View<int*, MemorySpace> view(label, values.size());
  Kokkos::View<const int*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(values.data(),
                                                                                    values.size());
  Kokkos::deep_copy(view, host);
  return view;
}

}  // namespace

EdgeGeometry::EdgeGeometry(std::int64_t height_in, std::int64_t width_in,
                           const EdgeGraphSettings& settings)
    : height(height_in), width(width_in) {
  const PixelGrid grid(height, width, settings.rank, settings.ranks);
  first = grid.own().first;
  lines = grid.own().count;
  const auto list = half_plane_offsets(settings.radius);
  offsets = static_cast<int>(list.size());
  std::vector<int> downs, rights, begins = {0}, step_downs, step_rights;
  for (const auto& offset : list) {
    downs.push_back(offset.down);
    rights.push_back(offset.right);
    const int n = std::max(std::abs(offset.down), std::abs(offset.right));
    for (int k = 0; k <= n; ++k) {
      const double share = static_cast<double>(k) / n;
      step_downs.push_back(static_cast<int>(std::lround(share * offset.down)));
      step_rights.push_back(static_cast<int>(std::lround(share * offset.right)));
    }
    begins.push_back(static_cast<int>(step_downs.size()));
  }
  down = device_copy("edges down", downs);
  right = device_copy("edges right", rights);
  begin = device_copy("edges begin", begins);
  step_down = device_copy("edge steps down", step_downs);
  step_right = device_copy("edge steps right", step_rights);
}

MapExtents map_extents(const std::string& type, const TensorSpec& map) {
  const Shape& shape = map.shape;
  const bool batch = shape.rank() == 4;
  require((batch && shape[0] == 1) || shape.rank() == 3 || shape.rank() == 2,
          type + ": a map of shape " + shape.text() +
              " is neither (height, width, channels) nor a batch of one such image");
  const int i = batch ? 1 : 0;
  return {shape[i], shape[i + 1], shape.rank() == 2 ? 1 : shape[-1]};
}

void require_finite_map(const ExecutionSpace& space, const std::string& type,
                        const std::string& name, const AnyTensor& map, const MapExtents& extents) {
  if (all_finite(space, map)) return;
  const auto values = to_host(space, map.as<double>());
  std::int64_t place = 0;
  while (std::isfinite(values[index(place)])) ++place;
  const std::int64_t pixel = place / extents.channels;
  throw NonFiniteError(type + ": " + name + " is " + std::to_string(values[index(place)]) +
                       " at line " + std::to_string(pixel / extents.width) + ", column " +
                       std::to_string(pixel % extents.width));
}

double width_value(const ExecutionSpace& space, const std::string& type, const AnyTensor& width,
                   std::int64_t i) {
  const double value = to_host(space, width.as<double>())[index(i)];
  require(std::isfinite(value) && value != 0,
          type + ": a width is " + std::to_string(value) + "; it must be finite and not zero");
  return value;
}

}  // namespace eigenprop
