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

/// A sum of maps of several sizes.
struct MapSum {
  MapSum(std::int64_t rows, std::int64_t columns)
      : height(rows), width(columns), values(index(rows * columns), 0.0) {}

  std::vector<float> probabilities() const {
    std::vector<float> result(values.size());
    std::transform(values.begin(), values.end(), result.begin(),
                   [](double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); });
    return result;
  }

  std::int64_t height, width;
  std::vector<double> values;
};

// sum <- sum + factor * the map (h, w), or its mirror image, at the size of the sum
void add_resized(const std::vector<float>& map, std::int64_t h, std::int64_t w, bool flip,
                 double factor, MapSum& sum) {
  const BilinearAxis rows{h, sum.height}, columns{w, sum.width};
  std::size_t i = 0;
  for (std::int64_t y = 0; y < sum.height; ++y) {
    const auto row = rows.tap(y);
    for (std::int64_t x = 0; x < sum.width; ++x, ++i) {
      const auto column = columns.tap(x);
      const auto along = [&](std::int64_t line) {
        const auto at = [&](std::int64_t c) {
          return static_cast<double>(map[index(line * w + (flip ? w - 1 - c : c))]);
        };
        return (1 - column.weight) * at(column.low) + column.weight * at(column.high);
      };
      sum.values[i] += factor * ((1 - row.weight) * along(row.low) + row.weight * along(row.high));
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

BoundaryMaps BoundaryNetwork::of(const SegmentedImage& image) {
  const auto whole = static_cast<double>(settings_.augmentation.long_side_of_whole());
  const auto view_of = [&](double scale) {
    return whole_view(std::max<std::int64_t>(1, std::llround(scale * whole)), image.image.height,
                      image.image.width);
  };
  const std::size_t each = augmentation_.flip ? 2 : 1, count = each * augmentation_.scales.size();
  MapSum pixels(image.image.height, image.image.width);
  try {
    const View own = view_of(1);
    const Shape input_shape{1, own.height, own.width, input_channels(settings_.pixels)};
    const Shape grid =
        graph_.infer(graph_.output("boundary"), {{input_shape, Precision::f32}}).shape;
    MapSum nodes(grid[1], grid[2]);
    for (std::size_t i = 0; i < count; ++i) {
      View view = view_of(augmentation_.scales[i / each]);
      view.flip = i % each > 0;
      const auto input = normalize(seen(image.image, view), settings_.pixels);
      auto& execution = graph_.plan({{input.shape(), Precision::f32}}, Mode::inference);
      copy(execution.input(0), input);
      execution.forward(RandomKey{});
      const auto& map = execution.value(graph_.output("boundary")).as<float>();
      if (!all_finite(map)) throw NonFiniteError("the boundary map is not finite");
      const auto values = to_host(map);
      for (auto* sum : {&pixels, &nodes})
        add_resized(values, map.shape()[1], map.shape()[2], view.flip,
                    1 / static_cast<double>(count), *sum);
    }
    BoundaryMaps result{pixels.probabilities(), Tensor<float>(grid, "boundary")};
    from_host(result.nodes, nodes.probabilities());
    return result;
  } catch (const Error&) {
    rethrow_with_prefix("image '" + image.name + "': ");
  }
}

}  // namespace eigenprop
