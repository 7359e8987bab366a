#include "objectives/register.hpp"

#include "objectives/classification_loss.hpp"

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

CaseLister both_precisions(ClassificationObjective objective) {
  return [=](Precision p) {
    return p == Precision::f32 ? cases<float>(objective) : cases<double>(objective);
  };
}

}  // namespace

void register_objective_operations(OperationRegistry& registry) {
  registry.add("softmax_loss", both_precisions(ClassificationObjective::softmax));
  registry.add("logistic_loss", both_precisions(ClassificationObjective::logistic));
}

}  // namespace eigenprop
