#include "operations/group_normalization.hpp"

#include <cmath>

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

struct Extents {
  std::int64_t samples, locations, channels, groups;

  KOKKOS_FUNCTION std::int64_t width() const { return channels / groups; }
};

Extents extents_of(const Shape& maps, std::int64_t groups) {
  return {maps[0], maps.size() / (maps[0] * maps.columns()), maps.columns(), groups};
}

using Columns = Tensor<double>::View;

/// sums(b, c) = Σ over locations of term(element, b channels + c). A cache line of channels is
/// summed side by side.
template <class Term>
void sum_locations(const ExecutionSpace& space, const Extents& e, const Columns& sums,
                   const Term& term) {
  constexpr std::int64_t block = 16;
  const std::int64_t blocks = (e.channels + block - 1) / block;
  for_each_index(
      space, "group normalization sums", e.samples * blocks, KOKKOS_LAMBDA(std::int64_t task) {
        const std::int64_t sample = task / blocks;
        const std::int64_t first = task % blocks * block;
        const std::int64_t count = e.channels - first < block ? e.channels - first : block;
        const std::int64_t column = sample * e.channels + first;
        double partial[block] = {};
        for (std::int64_t l = 0; l < e.locations; ++l) {
          const std::int64_t element = (sample * e.locations + l) * e.channels + first;
          for (std::int64_t c = 0; c < count; ++c) partial[c] += term(element + c, column + c);
        }
        for (std::int64_t c = 0; c < count; ++c) sums(column + c) = partial[c];
      });
}

/// means(b, c) = Σ over the group of c of weight(c) sums(b, c), over the group's elements: the same
/// value for all channels of a group. An empty `weight` means 1.
template <class Scalar>
void mean_of_groups(const ExecutionSpace& space, const Extents& e, const Columns& sums,
                    const typename Tensor<Scalar>::View& weight, const Columns& means) {
  const bool weighted = weight.extent(0) > 0;
  for_each_index(
      space, "group normalization means", e.samples * e.groups, KOKKOS_LAMBDA(std::int64_t g) {
        const std::int64_t first = g % e.groups * e.width();
        const std::int64_t column = g / e.groups * e.channels + first;
        double sum = 0;
        for (std::int64_t c = 0; c < e.width(); ++c)
          sum += (weighted ? static_cast<double>(weight(first + c)) : 1) * sums(column + c);
        const double mean = sum / static_cast<double>(e.locations * e.width());
        for (std::int64_t c = 0; c < e.width(); ++c) means(column + c) = mean;
      });
}

/// total(c) = Σ over samples of sums(b, c).
template <class Scalar>
void sum_samples(const ExecutionSpace& space, const Extents& e, const Columns& sums,
                 const typename Tensor<Scalar>::View& total) {
  for_each_index(
      space, "group normalization parameters", e.channels, KOKKOS_LAMBDA(std::int64_t c) {
        double sum = 0;
        for (std::int64_t b = 0; b < e.samples; ++b) sum += sums(b * e.channels + c);
        total(c) = static_cast<Scalar>(sum);
      });
}

/// f(element, b channels + c, c) for all elements, a location at a time.
template <class F>
void for_each_element(const ExecutionSpace& space, const std::string& label, const Extents& e,
                      const F& f) {
  for_each_index(
      space, label, e.samples * e.locations, KOKKOS_LAMBDA(std::int64_t location) {
        const std::int64_t column = location / e.locations * e.channels;
        for (std::int64_t c = 0; c < e.channels; ++c) f(location * e.channels + c, column + c, c);
      });
}

/// Indices of the tensors that `plan` asks for, (b, c) each.
enum Saved { mean, inverse_deviation };
enum Scratch { channel_sums, first_means, second_means };

}  // namespace

template <class Scalar>
GroupNormalization<Scalar>::GroupNormalization(const GroupNormalizationSettings& settings)
    : settings_(settings) {
  require(settings.groups > 0 && settings.epsilon > 0,
          "group normalization: groups and epsilon must be positive");
}

template <class Scalar>
OperationPlan GroupNormalization<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 3);
  for (std::size_t i = 0; i < 3; ++i)
    require_input(type(), inputs, i, precision_of<Scalar>(), i == 0 ? -1 : 1);
  const Shape& x = inputs[0].shape;
  require(x.rank() >= 2 && x.size() > 0,
          type() + " takes maps (batch, ..., channels), not " + x.text());
  require(x.columns() % settings_.groups == 0, type() + ": " + std::to_string(x.columns()) +
                                                   " channels do not divide into " +
                                                   std::to_string(settings_.groups) + " groups");
  require(inputs[1].shape == Shape{x.columns()} && inputs[2].shape == Shape{x.columns()},
          type() + ": scales and offsets must have one value a channel");
  const TensorSpec columns = {{x[0], x.columns()}, Precision::f64};
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.saved = {columns, columns};
  plan.scratch = {columns, columns, columns};
  plan.flops = static_cast<double>(7 * x.size());
  return plan;
}

template <class Scalar>
void GroupNormalization<Scalar>::forward(const Arguments& a) const {
  const Extents e = extents_of(a.inputs[0].shape(), settings_.groups);
  const auto x = a.inputs[0].as<Scalar>().view();
  const auto scale = a.inputs[1].as<Scalar>().view();
  const auto offset = a.inputs[2].as<Scalar>().view();
  const auto y = a.outputs[0].as<Scalar>().view();
  const auto sums = a.scratch[channel_sums].as<double>().view();
  const auto mu = a.saved[mean].as<double>().view();
  const auto r = a.saved[inverse_deviation].as<double>().view();
  sum_locations(
      a.space, e, sums,
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t) { return static_cast<double>(x(i)); });
  mean_of_groups<Scalar>(a.space, e, sums, {}, mu);
  sum_locations(
      a.space, e, sums, KOKKOS_LAMBDA(std::int64_t i, std::int64_t column) {
        const double centred = static_cast<double>(x(i)) - mu(column);
        return centred * centred;
      });
  mean_of_groups<Scalar>(a.space, e, sums, {}, r);
  const double epsilon = settings_.epsilon;
  for_each_index(
      a.space, "group normalization deviations", e.samples * e.channels,
      KOKKOS_LAMBDA(std::int64_t i) {
        using std::sqrt;
        r(i) = 1 / sqrt(r(i) + epsilon);
      });
  for_each_element(
      a.space, "group normalization", e,
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t column, std::int64_t c) {
        const double normalized = (static_cast<double>(x(i)) - mu(column)) * r(column);
        y(i) = static_cast<Scalar>(normalized) * scale(c) + offset(c);
      });
}

// With n = (x - μ) r: dn = r (dx - mean(dx) - n mean(n dx)), dy = γ dn + n dγ + dβ.
template <class Scalar>
void GroupNormalization<Scalar>::variation(const Arguments& a,
                                           const std::vector<AnyTensor>& input_variations,
                                           const std::vector<AnyTensor>& output_variations) const {
  const Extents e = extents_of(a.inputs[0].shape(), settings_.groups);
  const auto x = a.inputs[0].as<Scalar>().view();
  const auto scale = a.inputs[1].as<Scalar>().view();
  const auto dy = output_variations[0].as<Scalar>().view();
  const auto mu = a.saved[mean].as<double>().view();
  const auto r = a.saved[inverse_deviation].as<double>().view();
  const auto sums = a.scratch[channel_sums].as<double>().view();
  const auto mean_dx = a.scratch[first_means].as<double>().view();
  const auto mean_ndx = a.scratch[second_means].as<double>().view();
  const auto view_of = [&](std::size_t i) {
    return input_variations[i].empty() ? typename Tensor<Scalar>::View()
                                       : input_variations[i].as<Scalar>().view();
  };
  const auto dx = view_of(0);
  const auto dscale = view_of(1);
  const auto doffset = view_of(2);
  const bool maps_vary = dx.extent(0) > 0;
  const bool scale_varies = dscale.extent(0) > 0;
  const bool offset_varies = doffset.extent(0) > 0;
  if (maps_vary) {
    sum_locations(
        a.space, e, sums,
        KOKKOS_LAMBDA(std::int64_t i, std::int64_t) { return static_cast<double>(dx(i)); });
    mean_of_groups<Scalar>(a.space, e, sums, {}, mean_dx);
    sum_locations(
        a.space, e, sums, KOKKOS_LAMBDA(std::int64_t i, std::int64_t column) {
          return (static_cast<double>(x(i)) - mu(column)) * r(column) * static_cast<double>(dx(i));
        });
    mean_of_groups<Scalar>(a.space, e, sums, {}, mean_ndx);
  }
  for_each_element(
      a.space, "group normalization variation", e,
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t column, std::int64_t c) {
        const double n = (static_cast<double>(x(i)) - mu(column)) * r(column);
        double change = 0;
        if (maps_vary) {
          change += static_cast<double>(scale(c)) * r(column) *
                    (static_cast<double>(dx(i)) - mean_dx(column) - n * mean_ndx(column));
        }
        if (scale_varies) change += n * static_cast<double>(dscale(c));
        if (offset_varies) change += static_cast<double>(doffset(c));
        dy(i) = static_cast<Scalar>(change);
      });
}

// x̄ = r (γȳ - mean(γȳ) - n mean(n γȳ)), γ̄ = Σ n ȳ, β̄ = Σ ȳ.
template <class Scalar>
void GroupNormalization<Scalar>::adjoint(const Arguments& a,
                                         const std::vector<AnyTensor>& output_adjoints,
                                         const std::vector<AnyTensor>& input_adjoints) const {
  const Extents e = extents_of(a.inputs[0].shape(), settings_.groups);
  const auto x = a.inputs[0].as<Scalar>().view();
  const auto scale = a.inputs[1].as<Scalar>().view();
  const auto y = output_adjoints[0].as<Scalar>().view();
  const auto mu = a.saved[mean].as<double>().view();
  const auto r = a.saved[inverse_deviation].as<double>().view();
  const auto sums = a.scratch[channel_sums].as<double>().view();
  const auto mean_y = a.scratch[first_means].as<double>().view();
  const auto mean_ny = a.scratch[second_means].as<double>().view();
  sum_locations(
      a.space, e, sums,
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t) { return static_cast<double>(y(i)); });
  mean_of_groups<Scalar>(a.space, e, sums, scale, mean_y);
  if (!input_adjoints[2].empty())
    sum_samples<Scalar>(a.space, e, sums, input_adjoints[2].as<Scalar>().view());
  sum_locations(
      a.space, e, sums, KOKKOS_LAMBDA(std::int64_t i, std::int64_t column) {
        return (static_cast<double>(x(i)) - mu(column)) * r(column) * static_cast<double>(y(i));
      });
  mean_of_groups<Scalar>(a.space, e, sums, scale, mean_ny);
  if (!input_adjoints[1].empty())
    sum_samples<Scalar>(a.space, e, sums, input_adjoints[1].as<Scalar>().view());
  if (input_adjoints[0].empty()) return;
  const auto to = input_adjoints[0].as<Scalar>().view();
  for_each_element(
      a.space, "group normalization adjoint", e,
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t column, std::int64_t c) {
        const double n = (static_cast<double>(x(i)) - mu(column)) * r(column);
        const auto weighted = static_cast<double>(scale(c) * y(i));
        to(i) = static_cast<Scalar>(r(column) * (weighted - mean_y(column) - n * mean_ny(column)));
      });
}

template class GroupNormalization<float>;
template class GroupNormalization<double>;

}  // namespace eigenprop
