#include "models/boundary_network.hpp"

#include <algorithm>
#include <cmath>

#include "graph/execution.hpp"
#include "operations/bilinear.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {
namespace {

// sum <- sum + factor * the map (h, w), or its mirror image, at the size of the image
void add_resized(const std::vector<float>& map, std::int64_t h, std::int64_t w, bool flip,
                 const Image& image, double factor, std::vector<double>& sum) {
  const BilinearAxis rows{h, image.height}, columns{w, image.width};
  std::size_t i = 0;
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto row = rows.tap(y);
    for (std::int64_t x = 0; x < image.width; ++x, ++i) {
      const auto column = columns.tap(x);
      const auto along = [&](std::int64_t line) {
        const auto at = [&](std::int64_t c) {
          return static_cast<double>(map[index(line * w + (flip ? w - 1 - c : c))]);
        };
        return (1 - column.weight) * at(column.low) + column.weight * at(column.high);
      };
      sum[i] += factor * ((1 - row.weight) * along(row.low) + row.weight * along(row.high));
    }
  }
}

}  // namespace

void declare_test_time_augmentation(CommandLine& line, TestTimeAugmentation& s) {
  line.option("scales", s.scales,
              "Sizes of the image, relative to view.whole_side, over which a network's boundary "
              "map is averaged");
  line.option("flip", s.flip,
              "At each of them also over the image's mirror image: twice the time of the network");
}

BoundaryNetwork::BoundaryNetwork(const NCutsTrainingSettings& settings,
                                 const std::map<std::string, AnyTensor>& parameters,
                                 const std::string& source, TestTimeAugmentation augmentation)
    : settings_(settings),
      graph_(build_boundary_map(complete_model(settings), settings.graph,
                                static_cast<std::uint32_t>(settings.solver.seed))),
      augmentation_(std::move(augmentation)) {
  const auto& scales = augmentation_.scales;
  require(!scales.empty() &&
              std::all_of(scales.begin(), scales.end(), [](double s) { return s > 0 && s <= 16; }),
          "scales of boundary maps must lie above 0 and up to 16, and there must be one");
  load_parameters(parameters, graph_.parameters(), source);
}

std::vector<float> BoundaryNetwork::of(const SegmentedImage& image) {
  std::vector<double> sum(image.image.pixels.size() / 3, 0.0);
  const auto whole = static_cast<double>(settings_.augmentation.long_side_of_whole());
  const std::size_t each = augmentation_.flip ? 2 : 1, count = each * augmentation_.scales.size();
  try {
    for (std::size_t i = 0; i < count; ++i) {
      const double scale = augmentation_.scales[i / each];
      const auto side = std::max<std::int64_t>(1, std::llround(scale * whole));
      View view = whole_view(side, image.image.height, image.image.width);
      view.flip = i % each > 0;
      const auto input = normalize(seen(image.image, view), settings_.pixels);
      auto& execution = graph_.plan({{input.shape(), Precision::f32}}, Mode::inference);
      copy(execution.input(0), input);
      execution.forward(RandomKey{});
      const auto& map = execution.value(graph_.output("boundary")).as<float>();
      if (!all_finite(map)) throw NonFiniteError("the boundary map is not finite");
      add_resized(to_host(map), map.shape()[1], map.shape()[2], view.flip, image.image,
                  1 / static_cast<double>(count), sum);
    }
  } catch (const Error&) {
    rethrow_with_prefix("image '" + image.name + "': ");
  }
  std::vector<float> result(sum.size());
  std::transform(sum.begin(), sum.end(), result.begin(),
                 [](double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); });
  return result;
}

}  // namespace eigenprop
