#include "cuts/feature_affinity.hpp"

#include <cmath>

#include "cuts/line_sums.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

using View = Tensor<double>::View;

View device_copy(const ExecutionSpace& space, const std::vector<double>& values) {
  const Tensor<double> tensor({static_cast<std::int64_t>(values.size())});
  from_host(space, tensor, values);
  return tensor.view();
}

struct Edges {
  EdgeGeometry g;
  View f;
  std::int64_t channels;
  View inverse_squares;  ///< (channels): 1 / σ_c²
  double position = 0;   ///< 1 / σ_δ²

  Edges(const std::string& type, const Arguments& a, const EdgeGraphSettings& settings,
        const MapExtents& extents)
      : g(extents.height, extents.width, settings),
        f(a.inputs[0].as<double>().view()),
        channels(extents.channels) {
    std::vector<double> values;
    const bool one = a.inputs[1].shape().size() == 1;
    for (std::int64_t c = 0; c < channels; ++c) {
      const double sigma = width_value(a.space, type, a.inputs[1], one ? 0 : c);
      values.push_back(1 / (sigma * sigma));
    }
    inverse_squares = device_copy(a.space, values);
    if (a.inputs.size() > 2) {
      const double sigma = width_value(a.space, type, a.inputs[2], 0);
      position = 1 / (sigma * sigma);
    }
  }

  KOKKOS_FUNCTION double distance(int o) const {
    return static_cast<double>(g.down(o) * g.down(o) + g.right(o) * g.right(o));
  }
  KOKKOS_FUNCTION std::int64_t pixel(std::int64_t line, std::int64_t column) const {
    return (line * g.width + column) * channels;
  }
};

}  // namespace

OperationPlan FeatureAffinity::plan(const std::vector<TensorSpec>& inputs) const {
  require(inputs.size() == 2 || inputs.size() == 3,
          type() + " takes features, their widths, and perhaps the width of distances");
  for (std::size_t i = 0; i < inputs.size(); ++i)
    require_input(type(), inputs, i, Precision::f64, i == 0 ? -1 : 1);
  const auto extents = map_extents(type(), inputs[0]);
  const std::int64_t widths = inputs[1].shape.size();
  require(widths == 1 || widths == extents.channels,
          type() + ": " + std::to_string(widths) + " widths for " +
              std::to_string(extents.channels) + " channels; give one, or one for each");
  require(inputs.size() == 2 || inputs[2].shape.size() == 1, type() + ": distances have one width");
  const EdgeGeometry g(extents.height, extents.width, settings_);
  OperationPlan plan;
  plan.outputs = {{g.shape(), Precision::f64}};
  plan.flops = static_cast<double>(g.shape().size() * (3 * extents.channels + 20));
  return plan;
}

void FeatureAffinity::forward(const Arguments& a) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  require_finite_map(a.space, type(), "the feature map", a.inputs[0], extents);
  const Edges e(type(), a, settings_, extents);
  for_each_edge(
      a.space, "feature affinity", e.g, a.outputs[0].as<double>().view(),
      KOKKOS_LAMBDA(std::int64_t, std::int64_t line, std::int64_t column, int o) {
        using std::exp;
        const std::int64_t i = e.pixel(line, column);
        const std::int64_t j = e.pixel(line + e.g.down(o), column + e.g.right(o));
        double sum = e.position * e.distance(o);
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const double difference = e.f(i + c) - e.f(j + c);
          sum += difference * difference * e.inverse_squares(c);
        }
        return exp(-sum);
      });
}

void FeatureAffinity::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                                const std::vector<AnyTensor>& output_variations) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  const Edges e(type(), a, settings_, extents);
  const bool features_vary = !input_variations[0].empty();
  const View df = features_vary ? input_variations[0].as<double>().view() : View();
  // Changes of 1/σ².
  std::vector<double> changes(index(e.channels), 0.0);
  if (!input_variations[1].empty()) {
    const auto d_sigma = to_host(a.space, input_variations[1].as<double>());
    for (std::int64_t c = 0; c < e.channels; ++c) {
      const std::int64_t i = d_sigma.size() == 1 ? 0 : c;
      const double sigma = width_value(a.space, type(), a.inputs[1], i);
      changes[index(c)] = -2 * d_sigma[index(i)] / (sigma * sigma * sigma);
    }
  }
  const View d_inverse = device_copy(a.space, changes);
  double d_position = 0;
  if (a.inputs.size() > 2 && !input_variations[2].empty()) {
    const double sigma = width_value(a.space, type(), a.inputs[2], 0);
    d_position =
        -2 * to_host(a.space, input_variations[2].as<double>())[0] / (sigma * sigma * sigma);
  }
  const View w = a.outputs[0].as<double>().view();
  for_each_edge(
      a.space, "feature affinity", e.g, output_variations[0].as<double>().view(),
      KOKKOS_LAMBDA(std::int64_t place, std::int64_t line, std::int64_t column, int o) {
        const std::int64_t i = e.pixel(line, column);
        const std::int64_t j = e.pixel(line + e.g.down(o), column + e.g.right(o));
        double sum = d_position * e.distance(o);
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const double difference = e.f(i + c) - e.f(j + c);
          sum += difference * difference * d_inverse(c);
          if (features_vary) sum += 2 * difference * (df(i + c) - df(j + c)) * e.inverse_squares(c);
        }
        return -w(place) * sum;
      });
}

void FeatureAffinity::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                              const std::vector<AnyTensor>& input_adjoints) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  const Edges e(type(), a, settings_, extents);
  const EdgeGeometry g = e.g;
  const View w = a.outputs[0].as<double>().view();
  const View adjoint_of_w = output_adjoints[0].as<double>().view();
  if (!input_adjoints[1].empty()) {
    std::vector<double> sums(index(a.inputs[1].shape().size()), 0.0);
    for (std::int64_t c = 0; c < e.channels; ++c) {
      const std::size_t i = sums.size() == 1 ? 0 : index(c);
      const double sigma = width_value(a.space, type(), a.inputs[1], static_cast<std::int64_t>(i));
      sums[i] += 2 / (sigma * sigma * sigma) *
                 sum_over_lines(
                     a.space, g.lines, g.width * g.offsets, KOKKOS_LAMBDA(std::int64_t place) {
                       if (w(place) == 0) return 0.0;
                       const std::int64_t pixel = place / g.offsets;
                       const auto o = static_cast<int>(place % g.offsets);
                       const std::int64_t line = g.first + pixel / g.width;
                       const std::int64_t column = pixel % g.width;
                       const double difference =
                           e.f(e.pixel(line, column) + c) -
                           e.f(e.pixel(line + g.down(o), column + g.right(o)) + c);
                       return adjoint_of_w(place) * w(place) * difference * difference;
                     });
    }
    from_host(a.space, input_adjoints[1].as<double>(), sums);
  }
  if (a.inputs.size() > 2 && !input_adjoints[2].empty()) {
    const double sigma = width_value(a.space, type(), a.inputs[2], 0);
    const double sum = sum_over_lines(
        a.space, g.lines, g.width * g.offsets, KOKKOS_LAMBDA(std::int64_t place) {
          return adjoint_of_w(place) * w(place) * e.distance(static_cast<int>(place % g.offsets));
        });
    from_host(a.space, input_adjoints[2].as<double>(), {2 * sum / (sigma * sigma * sigma)});
  }
  if (input_adjoints[0].empty()) return;
  const View to = input_adjoints[0].as<double>().view();
  // Each pixel gathers from its edges in both directions.
  for_each_index(
      a.space, "feature affinity adjoint", g.height * g.width, KOKKOS_LAMBDA(std::int64_t pixel) {
        const std::int64_t line = pixel / g.width;
        const std::int64_t column = pixel % g.width;
        const std::int64_t here = e.pixel(line, column);
        for (std::int64_t c = 0; c < e.channels; ++c) to(here + c) = 0;
        for (int o = 0; o < g.offsets; ++o) {
          for (std::int64_t direction = 1; direction >= -1; direction -= 2) {
            const std::int64_t other_line = line + direction * g.down(o);
            const std::int64_t other_column = column + direction * g.right(o);
            const std::int64_t l = direction > 0 ? line : other_line;
            const std::int64_t c0 = direction > 0 ? column : other_column;
            if (!g.is_own(l) || !g.inside(l, c0, o)) continue;
            const std::int64_t place = ((l - g.first) * g.width + c0) * g.offsets + o;
            const double factor = -2 * adjoint_of_w(place) * w(place);
            const std::int64_t there = e.pixel(other_line, other_column);
            for (std::int64_t c = 0; c < e.channels; ++c)
              to(here + c) += factor * (e.f(here + c) - e.f(there + c)) * e.inverse_squares(c);
          }
        }
      });
}

}  // namespace eigenprop
