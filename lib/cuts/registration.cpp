#include "cuts/registration.hpp"

#include "cuts/feature_affinity.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/intervening_contour.hpp"
#include "cuts/ncuts_operation.hpp"
#include "cuts/own_lines.hpp"
#include "cuts/shared_map.hpp"
#include "cuts/spectral_filter.hpp"

namespace eigenprop {
namespace {

// Labels of m rows in k segments of unequal sizes, for each of several annotators.
InputSample labels(int annotators, int m, int k) {
  InputSample sample;
  sample.spec = {{annotators, m}, Precision::i32};
  sample.differentiable = false;
  for (int a = 0; a < annotators; ++a) {
    for (int i = 0; i < m; ++i) sample.labels.push_back((i * i + (a + 1) * i / 3) % (k + a));
  }
  return sample;
}

OperationCase alignment_case(const std::string& name, AlignmentObjective objective,
                             const std::vector<InputSample>& inputs) {
  NormalizedCutsSettings settings;
  settings.objective = objective;
  return {name, std::make_shared<NormalizedCutsAlignment>(settings), inputs, 0.002};
}

OperationCase regularized_case(const std::string& name, AlignmentObjective objective,
                               std::vector<InputSample> inputs, double epsilon) {
  NormalizedCutsSettings settings;
  settings.objective = objective;
  settings.regularized = true;
  inputs.push_back(normal_input({1}, 0.1 * epsilon, epsilon));
  return {name, std::make_shared<NormalizedCutsAlignment>(settings), inputs, 0.002};
}

OperationCase contour_case(const std::string& name, int radius, int power,
                           const std::vector<InputSample>& inputs) {
  InterveningContourSettings settings;
  settings.edges.radius = radius;
  settings.power = power;
  return {name, std::make_shared<InterveningContour>(settings), inputs, 0.02};
}

OperationCase features_case(const std::string& name, int radius,
                            const std::vector<InputSample>& inputs) {
  EdgeGraphSettings settings;
  settings.radius = radius;
  return {name, std::make_shared<FeatureAffinity>(settings), inputs, 0.02};
}

// Values no two of which are equal: the maximum has a derivative.
InputSample spaced(const Shape& shape) {
  InputSample sample = normal_input(shape, 1.0 / static_cast<double>(shape.size()), 0.6);
  sample.spaced = true;
  return sample;
}

OperationCase graph_case(const std::string& name, int height, int width, int radius, int vectors,
                         int annotators) {
  GraphCutsSettings settings;
  settings.radius = radius;
  settings.spectrum.vectors = vectors;
  settings.spectrum.tolerance = 1e-13;
  settings.spectrum.adjoint_tolerance = 1e-14;
  const auto offsets = static_cast<std::int64_t>(half_plane_offsets(radius).size());
  return {name,
          std::make_shared<GraphCutsAlignment>(settings),
          {normal_input({height, width, offsets}, 0.1, 1), labels(annotators, height * width, 3)},
          0.02};
}

OperationCase filter_case(const std::string& name, int height, int width, int radius, int columns,
                          int degree) {
  SpectralFilterSettings settings;
  settings.radius = radius;
  settings.degree = degree;
  settings.cut = 0.5;
  settings.width = 0.2;
  const auto offsets = static_cast<std::int64_t>(half_plane_offsets(radius).size());
  return {name,
          std::make_shared<SpectralFilter>(settings),
          {normal_input({height, width, offsets}, 0.1, 1),
           normal_input({std::int64_t{height} * width, columns})},
          0.02};
}

}  // namespace

void register_cuts_operations(OperationRegistry& registry) {
  registry.add("own_lines", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    const auto map = normal_input({1, 5, 4, 3});
    return {{"one rank of one", std::make_shared<OwnLines>(0, 1), {map}},
            {"the middle of three ranks", std::make_shared<OwnLines>(1, 3), {map}}};
  });
  registry.add("shared_map", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    return {{"one rank", std::make_shared<SharedMap>(nullptr), {normal_input({1, 5, 4, 3})}}};
  });
  registry.add("normalized_cuts_alignment", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    const auto j1 = AlignmentObjective::j1;
    const auto j2 = AlignmentObjective::j2;
    auto no_matter = normal_input({3, 3}, 0.4, 1);
    no_matter.influential = false;  // a nonsingular Λ does not change the range of FΛFᵀ
    return {
        alignment_case("J2, matrix", j2, {normal_input({40, 5}), labels(1, 40, 4)}),
        alignment_case("J2, map, annotators", j2,
                       {normal_input({1, 7, 6, 3}, 0.3, 1), labels(3, 42, 5)}),
        alignment_case("J1, positive features", j1,
                       {normal_input({40, 5}, 0.3, 2), labels(1, 40, 4)}),
        alignment_case("J1, annotators", j1, {normal_input({30, 4}, 0.3, 2), labels(2, 30, 3)}),
        // Λ near 1 + noise is nonsingular and keeps the degrees positive.
        alignment_case(
            "J1 with Λ", j1,
            {normal_input({40, 3}, 0.3, 2), labels(1, 40, 4), normal_input({3, 3}, 0.4, 1)}),
        alignment_case("J2 with Λ", j2,
                       {normal_input({40, 3}, 0.3, 2), labels(1, 40, 4), no_matter}),
        regularized_case("J2, ε = 0.3", j2, {normal_input({40, 5}, 0.5, 1), labels(1, 40, 4)}, 0.3),
        regularized_case("J2, ε = 0.1, annotators", j2,
                         {normal_input({1, 7, 6, 3}, 0.5, 1), labels(3, 42, 5)}, 0.1),
        regularized_case("J2, ε = 2, more features than rows", j2,
                         {normal_input({4, 7}), labels(1, 4, 2)}, 2),
        regularized_case("J2, ε = 0.01", j2, {normal_input({30, 4}), labels(1, 30, 3)}, 0.01),
        regularized_case("J1, ε = 0.2", j1, {normal_input({40, 5}, 0.3, 2), labels(1, 40, 4)}, 0.2),
        regularized_case("J1, ε = 0.05, annotators", j1,
                         {normal_input({30, 4}, 0.3, 2), labels(2, 30, 3)}, 0.05),
    };
  });
  registry.add("intervening_contour", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    const auto width = normal_input({1}, 0.1, 1);
    return {
        contour_case("maximum", 3, 0, {spaced({7, 9}), width}),
        contour_case("mean of squares", 2, 1, {normal_input({1, 6, 5, 1}, 0.3, 1), width}),
        contour_case("power 4", 5, 4, {normal_input({9, 8}, 0.2, 1), width}),
        contour_case("power 16", 2, 16, {normal_input({6, 5}, 0.1, 1), width}),
        contour_case("radius beyond the image", 10, 4, {normal_input({3, 4}, 0.2, 1), width}),
    };
  });
  registry.add("feature_affinity", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    const auto width = normal_input({1}, 0.1, 1);
    return {
        features_case("one width", 2, {normal_input({6, 7, 3}, 0.5), width}),
        features_case("a width for each channel", 3,
                      {normal_input({1, 5, 6, 2}, 0.5), normal_input({2}, 0.1, 1)}),
        features_case("distances", 4,
                      {normal_input({5, 6, 2}, 0.5), width, normal_input({1}, 0.2, 3)}),
        features_case("radius beyond the image", 10, {normal_input({2, 3, 1}, 0.5), width}),
    };
  });
  registry.add("graph_cuts_alignment", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    return {
        graph_case("grid of 6 x 7", 6, 7, 2, 4, 1),
        graph_case("annotators", 5, 8, 3, 3, 2),
        graph_case("several grids", 24, 21, 2, 3, 2),
    };
  });
  registry.add("spectral_filter", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    return {
        filter_case("degree 1", 4, 5, 1, 2, 1),
        filter_case("degree 2, one vector", 5, 4, 2, 1, 2),
        filter_case("degree 30", 6, 7, 3, 3, 30),
    };
  });
}

}  // namespace eigenprop
