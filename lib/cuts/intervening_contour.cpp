#include "cuts/intervening_contour.hpp"

#include <cmath>

#include "cuts/line_sums.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

using View = Tensor<double>::View;

KOKKOS_INLINE_FUNCTION double power_of(double q, int power) {
  for (int p = 1; p < power; p *= 2) q *= q;
  return q;
}

KOKKOS_INLINE_FUNCTION double root_of(double q, int power) {
  using std::sqrt;
  for (int p = 1; p < power; p *= 2) q = sqrt(q);
  return q;
}

// s of an edge.
struct Strength {
  EdgeGeometry g;
  View q;  ///< b², or b^2p for the mean
  int power;

  KOKKOS_FUNCTION double at(std::int64_t line, std::int64_t column, int k) const {
    return q((line + g.step_down(k)) * g.width + column + g.step_right(k));
  }
  KOKKOS_FUNCTION double operator()(std::int64_t, std::int64_t line, std::int64_t column,
                                    int o) const {
    double sum = 0;
    for (int k = g.begin(o); k < g.begin(o + 1); ++k) {
      const double value = at(line, column, k);
      sum = power > 0 ? sum + value : (value > sum ? value : sum);
    }
    return power > 0 ? root_of(sum / (g.begin(o + 1) - g.begin(o)), power) : sum;
  }
};

// What ∂s/∂q(x) is at pixels x of the line: for the mean (q / s)^(p-1) / n, of which the edge's
// part is returned, and 1 / (number of maxima) for the maximum.
struct Share {
  Strength strength;
  View s;

  KOKKOS_FUNCTION double operator()(std::int64_t place, std::int64_t line, std::int64_t column,
                                    int o) const {
    const auto& g = strength.g;
    const int n = g.begin(o + 1) - g.begin(o);
    if (strength.power > 0) {
      const double down = power_of(s(place), strength.power);
      return down > 0 ? s(place) / (down * n) : 0;
    }
    int ties = 0;
    for (int k = g.begin(o); k < g.begin(o + 1); ++k)
      ties += strength.at(line, column, k) == s(place) ? 1 : 0;
    return 1.0 / ties;
  }
};

// ds of an edge for a change of the map.
struct Change {
  Share share;
  View weighted;  ///< (pixels): q^(p-1) dq, or dq for the maximum

  KOKKOS_FUNCTION double operator()(std::int64_t place, std::int64_t line, std::int64_t column,
                                    int o) const {
    const auto& g = share.strength.g;
    double sum = 0;
    for (int k = g.begin(o); k < g.begin(o + 1); ++k) {
      if (share.strength.power == 0 && share.strength.at(line, column, k) != share.s(place))
        continue;
      sum += weighted((line + g.step_down(k)) * g.width + column + g.step_right(k));
    }
    return sum * share(place, line, column, o);
  }
};

// Everything the maps share: b² or its power as a map, and the factor q^(p-1) 2b of the chain rule.
struct Maps {
  EdgeGeometry g;
  View q, factor;

  Maps(const Arguments& a, const InterveningContourSettings& settings, const MapExtents& extents)
      : g(extents.height, extents.width, settings.edges),
        q(a.scratch[0].as<double>().view()),
        factor(a.scratch[1].as<double>().view()) {
    const View b = a.inputs[0].as<double>().view();
    const View powers = q;
    const View factors = factor;
    const int power = settings.power;
    for_each_index(
        a.space, "powers of the boundary map", a.inputs[0].shape().size(),
        KOKKOS_LAMBDA(std::int64_t i) {
          const double square = b(i) * b(i);
          powers(i) = power_of(square, power);
          factors(i) = 2 * b(i) * (power > 1 && square > 0 ? powers(i) / square : 1.0);
        });
  }
};

}  // namespace

InterveningContour::InterveningContour(const InterveningContourSettings& settings)
    : settings_(settings) {
  const int p = settings.power;
  require(p >= 0 && p <= 16 && (p & (p - 1)) == 0,
          "the power of the smooth intervening contour is " + std::to_string(p) +
              ", not 1, 2, 4, 8, 16, or 0 for the maximum");
}

OperationPlan InterveningContour::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, Precision::f64, -1);
  require_input(type(), inputs, 1, Precision::f64, 1);
  const auto extents = map_extents(type(), inputs[0]);
  require(extents.channels == 1,
          type() + ": a boundary map has one channel, not " + std::to_string(extents.channels));
  require(inputs[1].shape.size() == 1, type() + " has one width");
  const EdgeGeometry g(extents.height, extents.width, settings_.edges);
  OperationPlan plan;
  plan.outputs = {{g.shape(), Precision::f64}};
  plan.saved = {{g.shape(), Precision::f64}};
  plan.scratch = {{inputs[0].shape, Precision::f64},
                  {inputs[0].shape, Precision::f64},
                  {g.shape(), Precision::f64}};
  plan.flops = static_cast<double>(g.shape().size()) * (settings_.edges.radius + 20);
  return plan;
}

void InterveningContour::forward(const Arguments& a) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  require_finite_map(a.space, type(), "the boundary map", a.inputs[0], extents);
  const Maps maps(a, settings_, extents);
  const double sigma = width_value(a.space, type(), a.inputs[1], 0);
  const View s = a.saved[0].as<double>().view();
  for_each_edge(a.space, "contour strengths", maps.g, s, Strength{maps.g, maps.q, settings_.power});
  const double scale = -1 / (sigma * sigma);
  for_each_edge(
      a.space, "intervening contour", maps.g, a.outputs[0].as<double>().view(),
      KOKKOS_LAMBDA(std::int64_t place, std::int64_t, std::int64_t, int) {
        using std::exp;
        return exp(scale * s(place));
      });
}

void InterveningContour::variation(const Arguments& a,
                                   const std::vector<AnyTensor>& input_variations,
                                   const std::vector<AnyTensor>& output_variations) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  const Maps maps(a, settings_, extents);
  const double sigma = width_value(a.space, type(), a.inputs[1], 0);
  const View s = a.saved[0].as<double>().view();
  const View w = a.outputs[0].as<double>().view();
  const View ds = a.scratch[2].as<double>().view();
  if (input_variations[0].empty()) {
    Kokkos::deep_copy(a.space, ds, 0.0);
  } else {
    const View db = input_variations[0].as<double>().view();
    const View weighted = maps.factor;
    for_each_index(
        a.space, "change of the boundary map", static_cast<std::int64_t>(db.size()),
        KOKKOS_LAMBDA(std::int64_t i) { weighted(i) *= db(i); });
    const Strength strength{maps.g, maps.q, settings_.power};
    for_each_edge(a.space, "contour strengths", maps.g, ds, Change{{strength, s}, weighted});
  }
  const double d_sigma =
      input_variations[1].empty() ? 0 : to_host(a.space, input_variations[1].as<double>())[0];
  const double scale = -1 / (sigma * sigma);
  const double of_sigma = 2 * d_sigma / (sigma * sigma * sigma);
  for_each_edge(
      a.space, "intervening contour", maps.g, output_variations[0].as<double>().view(),
      KOKKOS_LAMBDA(std::int64_t place, std::int64_t, std::int64_t, int) {
        return w(place) * (scale * ds(place) + of_sigma * s(place));
      });
}

void InterveningContour::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                                 const std::vector<AnyTensor>& input_adjoints) const {
  const auto extents = map_extents(type(), {a.inputs[0].shape(), Precision::f64});
  const Maps maps(a, settings_, extents);
  const EdgeGeometry g = maps.g;
  const double sigma = width_value(a.space, type(), a.inputs[1], 0);
  const View s = a.saved[0].as<double>().view();
  const View w = a.outputs[0].as<double>().view();
  const View adjoint_of_w = output_adjoints[0].as<double>().view();
  if (!input_adjoints[1].empty()) {
    const double of_sigma = 2 / (sigma * sigma * sigma);
    const std::int64_t row = g.width * g.offsets;
    const double sum = sum_over_lines(
        a.space, g.lines, row,
        KOKKOS_LAMBDA(std::int64_t i) { return of_sigma * adjoint_of_w(i) * w(i) * s(i); });
    from_host(a.space, input_adjoints[1].as<double>(), {sum});
  }
  if (input_adjoints[0].empty()) return;
  const int power = settings_.power;
  const Share share{{g, maps.q, power}, s};
  const View parts = a.scratch[2].as<double>().view();
  const double scale = -1 / (sigma * sigma);
  for_each_edge(
      a.space, "intervening contour", g, parts,
      KOKKOS_LAMBDA(std::int64_t place, std::int64_t line, std::int64_t column, int o) {
        return scale * adjoint_of_w(place) * w(place) * share(place, line, column, o);
      });
  const View q = maps.q;
  const View factor = maps.factor;
  const View to = input_adjoints[0].as<double>().view();
  // Each pixel gathers from the lines that pass it: no two threads write the same element.
  for_each_index(
      a.space, "intervening contour adjoint", g.height * g.width,
      KOKKOS_LAMBDA(std::int64_t pixel) {
        const std::int64_t line = pixel / g.width;
        const std::int64_t column = pixel % g.width;
        double sum = 0;
        for (int o = 0; o < g.offsets; ++o) {
          for (int k = g.begin(o); k < g.begin(o + 1); ++k) {
            const std::int64_t l = line - g.step_down(k);
            const std::int64_t c = column - g.step_right(k);
            if (!g.is_own(l) || !g.inside(l, c, o)) continue;
            const std::int64_t place = ((l - g.first) * g.width + c) * g.offsets + o;
            if (power > 0 || q(pixel) == s(place)) sum += parts(place);
          }
        }
        to(pixel) = sum * factor(pixel);
      });
}

}  // namespace eigenprop
