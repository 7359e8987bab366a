#include "tensor/tensor.hpp"

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

void require_alike(const AnyTensor& a, const AnyTensor& b) {
  require(a.shape() == b.shape() && a.precision() == b.precision(),
          "tensors differ: " + precision_name(a.precision()) + " " + a.shape().text() + " and " +
              precision_name(b.precision()) + " " + b.shape().text());
}

// Kernels stand in functions of their own: nvcc takes no device lambda inside a generic lambda.

template <class View>
void add_elements(const ExecutionSpace& space, const View& y, const View& x) {
  for_each_index(
      space, "add", static_cast<std::int64_t>(y.extent(0)),
      KOKKOS_LAMBDA(std::int64_t i) { y(i) += x(i); });
}

template <class View>
double sum_of_products(const ExecutionSpace& space, const View& x, const View& y) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "dot", index_range(space, static_cast<std::int64_t>(x.extent(0))),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) {
        partial += static_cast<double>(x(i)) * static_cast<double>(y(i));
      },
      sum);
  return sum;
}

template <class View>
std::int64_t count_non_finite(const ExecutionSpace& space, const View& x) {
  std::int64_t bad = 0;
  Kokkos::parallel_reduce(
      "count non-finite", index_range(space, static_cast<std::int64_t>(x.extent(0))),
      KOKKOS_LAMBDA(std::int64_t i, std::int64_t & count) {
        // x - x is zero for finite x and NaN otherwise.
        const double difference = static_cast<double>(x(i)) - static_cast<double>(x(i));
        if (!(difference == 0)) ++count;
      },
      bad);
  return bad;
}

}  // namespace

std::string precision_name(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "float";
    case Precision::f64:
      return "double";
    default:
      return "int32";
  }
}

std::int64_t precision_bytes(Precision precision) { return precision == Precision::f64 ? 8 : 4; }

AnyTensor AnyTensor::zeros(const Shape& shape, Precision precision, const std::string& label) {
  switch (precision) {
    case Precision::f32:
      return Tensor<float>(shape, label);
    case Precision::f64:
      return Tensor<double>(shape, label);
    default:
      return Tensor<std::int32_t>(shape, label);
  }
}

const Shape& AnyTensor::shape() const {
  if (auto* t = std::get_if<Tensor<float>>(&tensor_)) return t->shape();
  if (auto* t = std::get_if<Tensor<double>>(&tensor_)) return t->shape();
  if (auto* t = std::get_if<Tensor<std::int32_t>>(&tensor_)) return t->shape();
  throw Error("use of an empty tensor");
}

Precision AnyTensor::precision() const {
  return visit([](const auto& tensor) {
    return precision_of<typename std::decay_t<decltype(tensor)>::value_type>();
  });
}

void copy(const ExecutionSpace& space, const AnyTensor& to, const AnyTensor& from) {
  require_alike(to, from);
  to.visit([&](const auto& target) {
    using T = typename std::decay_t<decltype(target)>::value_type;
    Kokkos::deep_copy(space, target.view(), from.as<T>().view());
  });
}

void fill_zero(const ExecutionSpace& space, const AnyTensor& tensor) {
  tensor.visit([&](const auto& t) { Kokkos::deep_copy(space, t.view(), 0); });
}

void add(const ExecutionSpace& space, const AnyTensor& to, const AnyTensor& from) {
  require_alike(to, from);
  to.visit([&](const auto& target) {
    using T = typename std::decay_t<decltype(target)>::value_type;
    add_elements(space, target.view(), from.as<T>().view());
  });
}

double dot(const ExecutionSpace& space, const AnyTensor& a, const AnyTensor& b) {
  require_alike(a, b);
  return a.visit([&](const auto& left) {
    using T = typename std::decay_t<decltype(left)>::value_type;
    return sum_of_products(space, left.view(), b.as<T>().view());
  });
}

bool all_finite(const ExecutionSpace& space, const AnyTensor& tensor) {
  if (tensor.precision() == Precision::i32) return true;
  return tensor.visit([&](const auto& t) { return count_non_finite(space, t.view()) == 0; });
}

void copy(const AnyTensor& to, const AnyTensor& from) {
  const ExecutionSpace space;
  copy(space, to, from);
  space.fence();
}

void fill_zero(const AnyTensor& tensor) {
  const ExecutionSpace space;
  fill_zero(space, tensor);
  space.fence();
}

double dot(const AnyTensor& a, const AnyTensor& b) { return dot(ExecutionSpace(), a, b); }

bool all_finite(const AnyTensor& tensor) { return all_finite(ExecutionSpace(), tensor); }

}  // namespace eigenprop
