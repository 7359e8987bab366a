#include "cuts/registration.hpp"

#include "cuts/ncuts_operation.hpp"

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

InputSample normal(const Shape& shape, double offset, double scale) {
  InputSample sample;
  sample.spec = {shape, Precision::f64};
  sample.offset = offset;
  sample.scale = scale;
  return sample;
}

OperationCase alignment_case(const std::string& name, AlignmentObjective objective,
                             const std::vector<InputSample>& inputs) {
  NormalizedCutsSettings settings;
  settings.objective = objective;
  return {name, std::make_shared<NormalizedCutsAlignment>(settings), inputs, 0.002};
}

}  // namespace

void register_cuts_operations(OperationRegistry& registry) {
  registry.add("normalized_cuts_alignment", [](Precision p) -> std::vector<OperationCase> {
    if (p == Precision::f32) return {};
    const auto j1 = AlignmentObjective::j1;
    const auto j2 = AlignmentObjective::j2;
    auto no_matter = normal({3, 3}, 1, 0.4);
    no_matter.influential = false;  // a nonsingular Λ does not change the range of FΛFᵀ
    return {
        alignment_case("J2, matrix", j2, {normal({40, 5}, 0, 1), labels(1, 40, 4)}),
        alignment_case("J2, map, annotators", j2, {normal({1, 7, 6, 3}, 1, 0.3), labels(3, 42, 5)}),
        alignment_case("J1, positive features", j1, {normal({40, 5}, 2, 0.3), labels(1, 40, 4)}),
        alignment_case("J1, annotators", j1, {normal({30, 4}, 2, 0.3), labels(2, 30, 3)}),
        // Λ near 1 + noise is nonsingular and keeps the degrees positive.
        alignment_case("J1 with Λ", j1,
                       {normal({40, 3}, 2, 0.3), labels(1, 40, 4), normal({3, 3}, 1, 0.4)}),
        alignment_case("J2 with Λ", j2, {normal({40, 3}, 2, 0.3), labels(1, 40, 4), no_matter}),
    };
  });
}

}  // namespace eigenprop
