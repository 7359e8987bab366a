#include "objectives/classification_loss.hpp"

#include <cmath>

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

using Labels = Tensor<std::int32_t>::View;

template <class Scalar>
struct SoftmaxRow {
  const Scalar* z;
  std::int64_t classes;
  double largest;
  double sum;

  KOKKOS_FUNCTION SoftmaxRow(const Scalar* logits, std::int64_t n)
      : z(logits), classes(n), largest(static_cast<double>(logits[0])), sum(0) {
    for (std::int64_t j = 1; j < n; ++j) {
      if (static_cast<double>(z[j]) > largest) largest = static_cast<double>(z[j]);
    }
    for (std::int64_t j = 0; j < n; ++j) sum += std::exp(static_cast<double>(z[j]) - largest);
  }
  KOKKOS_FUNCTION double loss(std::int64_t label) const {
    return largest + std::log(sum) - static_cast<double>(z[label]);
  }
  KOKKOS_FUNCTION double slope(std::int64_t j, std::int64_t label) const {
    return std::exp(static_cast<double>(z[j]) - largest) / sum - (j == label ? 1.0 : 0.0);
  }
};

template <class Scalar>
struct LogisticRow {
  const Scalar* z;
  std::int64_t classes;

  KOKKOS_FUNCTION LogisticRow(const Scalar* logits, std::int64_t n) : z(logits), classes(n) {}
  KOKKOS_FUNCTION double loss(std::int64_t label) const {
    double total = 0;
    for (std::int64_t j = 0; j < classes; ++j) {
      const double margin = static_cast<double>(j == label ? z[j] : -z[j]);
      // log(1 + exp(-margin)) with an exponent that is never positive.
      const double magnitude = margin < 0 ? -margin : margin;
      total += (margin < 0 ? -margin : 0.0) + std::log1p(std::exp(-magnitude));
    }
    return total;
  }
  KOKKOS_FUNCTION double slope(std::int64_t j, std::int64_t label) const {
    const double value = static_cast<double>(z[j]);
    const double small = std::exp(value < 0 ? value : -value);
    const double probability = value < 0 ? small / (1 + small) : 1 / (1 + small);
    return probability - (j == label ? 1.0 : 0.0);
  }
};

template <class Row, class Scalar>
double mean_loss(const ExecutionSpace& space, const typename Tensor<Scalar>::Matrix& z,
                 const Labels& labels) {
  double sum = 0;
  const auto rows = static_cast<std::int64_t>(z.extent(0));
  const auto classes = static_cast<std::int64_t>(z.extent(1));
  Kokkos::parallel_reduce(
      "classification loss", index_range(space, rows),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) {
        partial += Row(&z(i, 0), classes).loss(labels(i));
      },
      sum);
  return sum / static_cast<double>(rows);
}

// Directional derivative of the mean loss.
template <class Row, class Scalar>
double mean_change(const ExecutionSpace& space, const typename Tensor<Scalar>::Matrix& z,
                   const Labels& labels, const typename Tensor<Scalar>::Matrix& dz) {
  double sum = 0;
  const auto rows = static_cast<std::int64_t>(z.extent(0));
  const auto classes = static_cast<std::int64_t>(z.extent(1));
  Kokkos::parallel_reduce(
      "classification loss variation", index_range(space, rows),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) {
        const Row row(&z(i, 0), classes);
        for (std::int64_t j = 0; j < classes; ++j)
          partial += row.slope(j, labels(i)) * static_cast<double>(dz(i, j));
      },
      sum);
  return sum / static_cast<double>(rows);
}

template <class Row, class Scalar>
void scaled_slopes(const ExecutionSpace& space, const typename Tensor<Scalar>::Matrix& z,
                   const Labels& labels, double scale,
                   const typename Tensor<Scalar>::Matrix& result) {
  const auto classes = static_cast<std::int64_t>(z.extent(1));
  Kokkos::parallel_for(
      "classification loss adjoint", index_range(space, static_cast<std::int64_t>(z.extent(0))),
      KOKKOS_LAMBDA(std::int64_t i) {
        const Row row(&z(i, 0), classes);
        for (std::int64_t j = 0; j < classes; ++j)
          result(i, j) = static_cast<Scalar>(scale * row.slope(j, labels(i)));
      });
}

template <class Scalar>
void count_better(const ExecutionSpace& space, const typename Tensor<Scalar>::Matrix& z,
                  const Labels& labels, const Labels& better) {
  const auto classes = static_cast<std::int64_t>(z.extent(1));
  Kokkos::parallel_for(
      "better classes", index_range(space, static_cast<std::int64_t>(z.extent(0))),
      KOKKOS_LAMBDA(std::int64_t i) {
        const std::int64_t label = labels(i);
        std::int32_t count = 0;
        for (std::int64_t j = 0; j < classes; ++j)
          count += z(i, j) > z(i, label) || (z(i, j) == z(i, label) && j < label);
        better(i) = count;
      });
}

// Position of the first label that is no class, or the number of labels.
std::int64_t first_bad_label(const ExecutionSpace& space, const Labels& labels,
                             std::int64_t classes) {
  const auto count = static_cast<std::int64_t>(labels.extent(0));
  std::int64_t first = count;
  Kokkos::parallel_reduce(
      "labels out of range", index_range(space, count),
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t & least) {
        if ((labels(i) < 0 || labels(i) >= classes) && i < least) least = i;
      },
      Kokkos::Min<std::int64_t>(first));
  return first < count ? first : count;
}

}  // namespace

template <class Scalar>
OperationPlan ClassificationLoss<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  require_input(type(), inputs, 1, Precision::i32, 1);
  const Shape& z = inputs[0].shape;
  require(z.rank() >= 2 && z.columns() > 1 && z.rows() > 0,
          type() + " takes logits (samples, classes) of two or more classes, not " + z.text());
  require(inputs[1].shape[0] == z.rows(),
          type() + " takes a row of logits for each of " + std::to_string(inputs[1].shape[0]) +
              " labels, not " + z.text() +
              "; layers like global_average and upper_triangle make a row of a map");
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}, {{z.rows()}, Precision::i32}};
  plan.flops = 4 * static_cast<double>(z.size());
  return plan;
}

template <class Scalar>
void ClassificationLoss<Scalar>::forward(const Arguments& a) const {
  const auto z = a.inputs[0].as<Scalar>().matrix();
  const auto labels = a.inputs[1].as<std::int32_t>().view();
  const auto bad = first_bad_label(a.space, labels, static_cast<std::int64_t>(z.extent(1)));
  if (bad < static_cast<std::int64_t>(labels.extent(0))) {
    const auto label =
        to_host(a.space, a.inputs[1].as<std::int32_t>())[static_cast<std::size_t>(bad)];
    throw InputError("sample " + std::to_string(bad) + ": label " + std::to_string(label) +
                     " is none of the classes 0 to " + std::to_string(z.extent(1) - 1));
  }
  const double loss = objective_ == ClassificationObjective::softmax
                          ? mean_loss<SoftmaxRow<Scalar>, Scalar>(a.space, z, labels)
                          : mean_loss<LogisticRow<Scalar>, Scalar>(a.space, z, labels);
  from_host(a.space, a.outputs[0].as<double>(), {loss});
  count_better<Scalar>(a.space, z, labels, a.outputs[1].as<std::int32_t>().view());
}

template <class Scalar>
void ClassificationLoss<Scalar>::variation(const Arguments& a,
                                           const std::vector<AnyTensor>& input_variations,
                                           const std::vector<AnyTensor>& output_variations) const {
  const auto z = a.inputs[0].as<Scalar>().matrix();
  const auto labels = a.inputs[1].as<std::int32_t>().view();
  const auto dz = input_variations[0].as<Scalar>().matrix();
  const double change = objective_ == ClassificationObjective::softmax
                            ? mean_change<SoftmaxRow<Scalar>, Scalar>(a.space, z, labels, dz)
                            : mean_change<LogisticRow<Scalar>, Scalar>(a.space, z, labels, dz);
  from_host(a.space, output_variations[0].as<double>(), {change});
}

template <class Scalar>
void ClassificationLoss<Scalar>::adjoint(const Arguments& a,
                                         const std::vector<AnyTensor>& output_adjoints,
                                         const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto z = a.inputs[0].as<Scalar>().matrix();
  const auto labels = a.inputs[1].as<std::int32_t>().view();
  const double scale =
      to_host(a.space, output_adjoints[0].as<double>())[0] / static_cast<double>(z.extent(0));
  const auto result = input_adjoints[0].as<Scalar>().matrix();
  if (objective_ == ClassificationObjective::softmax) {
    scaled_slopes<SoftmaxRow<Scalar>, Scalar>(a.space, z, labels, scale, result);
  } else {
    scaled_slopes<LogisticRow<Scalar>, Scalar>(a.space, z, labels, scale, result);
  }
}

template class ClassificationLoss<float>;
template class ClassificationLoss<double>;

}  // namespace eigenprop
