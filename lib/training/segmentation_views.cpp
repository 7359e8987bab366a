#include "training/segmentation_views.hpp"

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

// Of the segmentations first .. last - 1.
SegmentationView view_of(const SegmentedImage& source, const View& view, const Graph& graph,
                         const PixelSettings& pixels, std::int64_t first, std::int64_t last) {
  SegmentationView result;
  result.image = normalize(seen(source.image, view), pixels);
  const Shape features = feature_shape(graph, result.image.shape());
  for (std::int64_t a = first; a < last; ++a) {
    result.maps.push_back(seen(source.segmentations[index(a)], view, static_cast<int>(features[1]),
                               static_cast<int>(features[2])));
  }
  return result;
}

}  // namespace

SegmentationViews::SegmentationViews(const NCutsTrainingSettings& settings,
                                     const SegmentationDataset& data)
    : settings_(settings), data_(data) {
  require(settings.annotators == "average" || settings.annotators == "sample",
          "annotators '" + settings.annotators + "' is neither average nor sample");
  require(data.size() > 0, "data set '" + data.path() + "' holds no image");
  for (std::int64_t i = 0; i < data.size(); ++i) {
    require(data.people(i) > 0, "image '" + data.name(i) + "' of '" + data.path() +
                                    "' has no segmentation to learn from");
  }
}

SegmentationView SegmentationViews::random(const Graph& graph, std::int64_t epoch,
                                           std::int64_t sample) const {
  const PhaseScope scope(Phase::input);
  const auto source = data_.image(sample);
  const RandomKey key{static_cast<std::uint32_t>(settings_.solver.seed),
                      RandomPurpose::augmentation, static_cast<std::uint32_t>(epoch),
                      static_cast<std::uint32_t>(sample), 0};
  const auto view =
      random_view(settings_.augmentation, source.image.height, source.image.width, key);
  std::int64_t first = 0;
  auto last = static_cast<std::int64_t>(source.segmentations.size());
  if (settings_.annotators == "sample") {
    RandomKey draw = key;
    draw.operation = 1;
    first = RandomStream(draw).integer(0, static_cast<std::uint32_t>(last));
    last = first + 1;
  }
  return view_of(source, view, graph, settings_.pixels, first, last);
}

SegmentationView SegmentationViews::whole(const Graph& graph, std::int64_t sample) const {
  const PhaseScope scope(Phase::input);
  const auto source = data_.image(sample);
  const auto view = whole_view(settings_.augmentation.long_side_of_whole(), source.image.height,
                               source.image.width);
  return view_of(source, view, graph, settings_.pixels, 0,
                 static_cast<std::int64_t>(source.segmentations.size()));
}

}  // namespace eigenprop
