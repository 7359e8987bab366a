#include "objectives/registration.hpp"

#include "objectives/classification_loss.hpp"
#include "objectives/neighbourhood_components.hpp"
#include "objectives/weighted_logistic_loss.hpp"

namespace eigenprop {
namespace {

InputSample logits(const Shape& shape, Precision p, double scale) {
  InputSample sample;
  sample.spec = {shape, p};
  sample.scale = scale;
  return sample;
}

InputSample labels(const std::vector<std::int32_t>& values) {
  InputSample sample;
  sample.spec = {{static_cast<std::int64_t>(values.size())}, Precision::i32};
  sample.differentiable = false;
  sample.labels = values;
  return sample;
}

template <class Scalar>
std::vector<OperationCase> cases(ClassificationObjective objective) {
  const auto p = precision_of<Scalar>();
  const auto loss = std::make_shared<ClassificationLoss<Scalar>>(objective);
  return {
      {"several samples", loss, {logits({5, 4}, p, 1), labels({0, 3, 1, 1, 2})}},
      {"one sample, two classes", loss, {logits({1, 2}, p, 1), labels({1})}},
      {"maps of one location", loss, {logits({3, 1, 1, 6}, p, 2), labels({5, 0, 2})}},
  };
}

// On one process: the tests on several compare with dense formulas.
std::vector<OperationCase> nca_cases(Precision p) {
  if (p == Precision::f32) return {};
  const auto nca = std::make_shared<NeighbourhoodComponents>(Communicator::self());
  std::vector<std::int32_t> many;
  many.reserve(70);
  for (std::int32_t i = 0; i < 70; ++i) many.push_back(i * i % 7 - 2);
  auto pair = normal_input({2, 3});
  pair.influential = false;  // each is the other's only neighbour, wherever they are
  return {
      {"three classes, one with one member",
       nca,
       {normal_input({6, 2}), labels({4, 0, 0, 4, 0, 1})},
       0.002},
      {"two tiles", nca, {normal_input({70, 5}, 0.7), labels(many)}, 0.005},
      {"two points", nca, {pair, labels({1, 1})}, 0.1, {}, {0}},
  };
}

std::vector<OperationCase> regression_cases(Precision p) {
  if (p == Precision::f32) return {};
  const auto ncar = std::make_shared<NeighbourhoodRegression>(Communicator::self());
  return {
      {"two targets", ncar, {normal_input({7, 3}, 0.8), normal_input({7, 2})}, 0.01},
      {"two tiles", ncar, {normal_input({67, 4}, 0.7), normal_input({67, 1})}, 0.005},
  };
}

template <class Scalar>
std::vector<OperationCase> weighted_cases() {
  const auto p = precision_of<Scalar>();
  const auto loss = std::make_shared<WeightedLogisticLoss<Scalar>>();
  const auto weights = [&](std::int64_t size) { return normal_input({size, 2}, p, 0.05, 0.5); };
  return {
      {"a map", loss, {logits({1, 3, 4, 1}, p, 2), weights(12)}},
      {"a vector", loss, {logits({7}, p, 1), weights(7)}},
      // Near zero, where both weights have the same effect, they would change nothing.
      {"one logit", loss, {normal_input({1}, p, 0.5, 2), weights(1)}},
  };
}

CaseLister both_precisions(ClassificationObjective objective) {
  return [=](Precision p) {
    return p == Precision::f32 ? cases<float>(objective) : cases<double>(objective);
  };
}

}  // namespace

void register_objective_operations(OperationRegistry& registry) {
  registry.add("softmax_loss", both_precisions(ClassificationObjective::softmax));
  registry.add("logistic_loss", both_precisions(ClassificationObjective::logistic));
  registry.add("weighted_logistic_loss", [](Precision p) {
    return p == Precision::f32 ? weighted_cases<float>() : weighted_cases<double>();
  });
  registry.add("neighbourhood_components", nca_cases);
  registry.add("neighbourhood_regression", regression_cases);
}

}  // namespace eigenprop
