#include "models/point_embedder.hpp"

#include <algorithm>
#include <cmath>

#include "data/sampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

PointEmbedder::PointEmbedder(const EmbeddingSettings& settings, const Shape& extents)
    : settings_(settings),
      extents_(extents),
      graph_(build_embedding(settings, extents)),
      centre_(static_cast<std::size_t>(extents.size()), 0.0) {
  // Wrong shapes are found before the first step, alike on all ranks.
  graph_.infer(graph_.output("embedding"), {embedding_input(settings, extents, 1)});
}

std::vector<std::vector<std::int64_t>> PointEmbedder::units(
    const std::vector<std::int64_t>& points) const {
  std::vector<std::vector<std::int64_t>> result;
  const auto unit = static_cast<std::size_t>(settings_.unit);
  for (std::size_t i = 0; i < points.size(); i += unit) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(i);
    const auto count = static_cast<std::ptrdiff_t>(std::min(unit, points.size() - i));
    result.emplace_back(begin, begin + count);
  }
  return result;
}

void PointEmbedder::measure_inputs(const PointDataset& data, const Communicator& comm) {
  const auto own = items_of(data.size(), comm.rank(), comm.size());
  const std::size_t width = centre_.size();
  const auto count = static_cast<double>(data.size());
  const auto sweep = [&](std::vector<double>& sums, const auto& term) {
    for (const auto& unit : units(own)) {
      const auto features = data.features(unit);
      for (std::size_t i = 0; i < features.size(); ++i) term(sums, i % width, features[i]);
    }
    comm.sum(sums.data(), static_cast<std::int64_t>(sums.size()));
  };
  if (settings_.input.centre == "mean") {
    std::vector<double> sums(width, 0.0);
    sweep(sums, [](std::vector<double>& s, std::size_t k, double x) { s[k] += x; });
    for (std::size_t k = 0; k < width; ++k) centre_[k] = sums[k] / count;
  }
  if (settings_.input.scale == "deviation") {
    std::vector<double> squares(1, 0.0);
    sweep(squares, [&](std::vector<double>& s, std::size_t k, double x) {
      s[0] += (x - centre_[k]) * (x - centre_[k]);
    });
    const double deviation = std::sqrt(squares[0] / (count * static_cast<double>(width)));
    require(deviation > 0, "all points of '" + data.path() + "' are the same");
    require(std::isfinite(deviation),
            "the features of '" + data.path() + "' are too large: their mean square overflows");
    scale_ = 1 / deviation;
  }
}

Execution& PointEmbedder::forward(const PointDataset& data, const std::vector<std::int64_t>& points,
                                  const RandomKey& key, Mode mode) {
  require(data.extents() == extents_, "points of '" + data.path() + "' have extents " +
                                          data.extents().text() + ", the model takes " +
                                          extents_.text());
  auto& execution = graph_.plan(
      {embedding_input(settings_, extents_, static_cast<std::int64_t>(points.size()))}, mode);
  auto features = data.features(points);
  for (std::size_t i = 0; i < features.size(); ++i)
    features[i] = (features[i] - centre_[i % centre_.size()]) * scale_;
  execution.input(0).visit([&](const auto& tensor) {
    using T = typename std::decay_t<decltype(tensor)>::value_type;
    std::vector<T> values;
    values.reserve(features.size());
    for (const double feature : features) values.push_back(static_cast<T>(feature));
    from_host(tensor, values);
  });
  try {
    execution.forward(key);
    if (!all_finite(execution.value(graph_.output("embedding"))))
      throw NonFiniteError("the embedding is not finite");
  } catch (const Error& error) {
    const auto one = static_cast<std::size_t>(error.sample());
    rethrow_with_prefix((error.sample() >= 0 && one < points.size()
                             ? "point " + std::to_string(points[one])
                             : "points " + std::to_string(points.front()) + " to " +
                                   std::to_string(points.back())) +
                        " of '" + data.path() + "': ");
  }
  return execution;
}

std::vector<double> PointEmbedder::embed(const PointDataset& data,
                                         const std::vector<std::int64_t>& points) {
  std::vector<double> all;
  for (const auto& unit : units(points)) {
    auto& execution = forward(data, unit, {}, Mode::inference);
    const auto z = to_host(execution.value(graph_.output("embedding")).as<double>());
    all.insert(all.end(), z.begin(), z.end());
  }
  return all;
}

void PointEmbedder::save(Checkpoint& checkpoint) const {
  Tensor<double> centre({static_cast<std::int64_t>(centre_.size())});
  from_host(centre, centre_);
  checkpoint.results["input_centre"] = centre;
  Tensor<double> scale({1});
  from_host(scale, {scale_});
  checkpoint.results["input_scale"] = scale;
}

void PointEmbedder::restore(const Checkpoint& checkpoint, const std::string& path) {
  const auto centre = checkpoint.results.find("input_centre");
  const auto scale = checkpoint.results.find("input_scale");
  require(centre != checkpoint.results.end() && scale != checkpoint.results.end() &&
              centre->second.shape() == Shape{static_cast<std::int64_t>(centre_.size())} &&
              scale->second.shape() == Shape{1} && centre->second.precision() == Precision::f64 &&
              scale->second.precision() == Precision::f64,
          "checkpoint '" + path +
              "' is of another model: it does not say how such points are "
              "normalized");
  centre_ = to_host(centre->second.as<double>());
  scale_ = to_host(scale->second.as<double>())[0];
}

}  // namespace eigenprop
