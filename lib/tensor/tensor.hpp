#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "runtime/error.hpp"
#include "tensor/execution_space.hpp"
#include "tensor/shape.hpp"

namespace eigenprop {

/// Element types of tensors. Integers hold labels and indices and are never differentiated.
enum class Precision { f32, f64, i32 };

template <class T>
constexpr Precision precision_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> ||
                std::is_same_v<T, std::int32_t>);
  if constexpr (std::is_same_v<T, float>) return Precision::f32;
  if constexpr (std::is_same_v<T, double>) return Precision::f64;
  return Precision::i32;
}

/// "float", "double" or "int32".
std::string precision_name(Precision precision);

/// Bytes of one element.
std::int64_t precision_bytes(Precision precision);

/// Row-major dense array in the memory of the default execution space. Copies share the elements,
/// as those of a Kokkos::View do.
template <class T>
class Tensor {
 public:
  using value_type = T;
  using View = Kokkos::View<T*, MemorySpace>;
  using Memory = Kokkos::View<char*, MemorySpace>;
  using Matrix =
      Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  using Volume = Kokkos::View<T****, Kokkos::LayoutRight, MemorySpace,
                              Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

  Tensor() = default;

  /// A tensor of zeros.
  explicit Tensor(const Shape& shape, const std::string& label = "tensor")
      : shape_(shape), view_(label, static_cast<std::size_t>(shape.size())) {}

  /// The elements from byte `offset` of `memory` on, which must hold them, at a place where a T may
  /// lie, and lives as long as this.
  Tensor(const Shape& shape, const Memory& memory, std::int64_t offset)
      : shape_(shape),
        view_(reinterpret_cast<T*>(memory.data() + offset), static_cast<std::size_t>(shape.size())),
        memory_(memory) {}

  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return shape_.size(); }

  /// All elements as one vector.
  const View& view() const { return view_; }
  T* data() const { return view_.data(); }

  /// All elements as a matrix (rows, columns) with shape().columns() columns; shares memory.
  Matrix matrix() const {
    return Matrix(view_.data(), static_cast<std::size_t>(shape_.rows()),
                  static_cast<std::size_t>(shape_.columns()));
  }

  /// A tensor of rank 4, (batch, height, width, channels); shares memory.
  Volume volume() const {
    require(shape_.rank() == 4, "a volume has four dimensions, not " + shape_.text());
    return Volume(view_.data(), static_cast<std::size_t>(shape_[0]),
                  static_cast<std::size_t>(shape_[1]), static_cast<std::size_t>(shape_[2]),
                  static_cast<std::size_t>(shape_[3]));
  }

  /// The same elements under another shape of equal size; shares memory.
  Tensor reshaped(const Shape& shape) const {
    require(shape.size() == size(), "cannot see " + shape_.text() + " as " + shape.text());
    Tensor result = *this;
    result.shape_ = shape;
    return result;
  }

 private:
  Shape shape_;
  View view_;
  Memory memory_;  ///< that the elements lie in, where others do too
};

/// A tensor of any element type, or none.
class AnyTensor {
 public:
  AnyTensor() = default;
  template <class T>
  AnyTensor(const Tensor<T>& tensor) : tensor_(tensor) {}

  /// A tensor of zeros.
  static AnyTensor zeros(const Shape& shape, Precision precision,
                         const std::string& label = "tensor");

  bool empty() const { return tensor_.index() == 0; }
  const Shape& shape() const;
  Precision precision() const;
  std::int64_t bytes() const { return shape().size() * precision_bytes(precision()); }

  /// The tensor itself; throws Error where the element type is another one.
  template <class T>
  const Tensor<T>& as() const {
    const auto* tensor = std::get_if<Tensor<T>>(&tensor_);
    if (!tensor) {
      throw Error("tensor of " + precision_name(precision()) + " used as one of " +
                  precision_name(precision_of<T>()));
    }
    return *tensor;
  }

  /// f(tensor) with the tensor's own type; throws Error where there is none.
  template <class F>
  auto visit(F&& f) const {
    if (auto* t = std::get_if<Tensor<float>>(&tensor_)) return f(*t);
    if (auto* t = std::get_if<Tensor<double>>(&tensor_)) return f(*t);
    if (auto* t = std::get_if<Tensor<std::int32_t>>(&tensor_)) return f(*t);
    throw Error("use of an empty tensor");
  }

 private:
  std::variant<std::monostate, Tensor<float>, Tensor<double>, Tensor<std::int32_t>> tensor_;
};

// Functions without an instance, at the end, are for callers outside of graphs: they run on the
// default one. Those that read a result, and those without an instance, are complete when they
// return; the others when what was launched on the instance is.

/// Host copy of the elements.
template <class T>
std::vector<T> to_host(const ExecutionSpace& space, const Tensor<T>& tensor) {
  std::vector<T> result(static_cast<std::size_t>(tensor.size()));
  Kokkos::View<T*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(result.data(),
                                                                            result.size());
  Kokkos::deep_copy(space, host, tensor.view());
  space.fence();
  return result;
}

/// Overwrites the elements with `values`, of the same number, which are free afterwards.
template <class T>
void from_host(const ExecutionSpace& space, const Tensor<T>& tensor, const std::vector<T>& values) {
  require(static_cast<std::int64_t>(values.size()) == tensor.size(),
          "wrong number of values for a tensor " + tensor.shape().text());
  Kokkos::View<const T*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(values.data(),
                                                                                  values.size());
  Kokkos::deep_copy(space, tensor.view(), host);
  space.fence();
}

/// to <- from, elements only; shapes and types must agree.
void copy(const ExecutionSpace& space, const AnyTensor& to, const AnyTensor& from);

/// All elements become zero.
void fill_zero(const ExecutionSpace& space, const AnyTensor& tensor);

/// to <- to + from.
void add(const ExecutionSpace& space, const AnyTensor& to, const AnyTensor& from);

/// Sum of all products a_i b_i, accumulated in double: the colon product a : b of the paper
/// (matrix-backpropagation, appendix 8.1).
double dot(const ExecutionSpace& space, const AnyTensor& a, const AnyTensor& b);

/// True where every element is finite; integers always are.
bool all_finite(const ExecutionSpace& space, const AnyTensor& tensor);

template <class T>
std::vector<T> to_host(const Tensor<T>& tensor) {
  return to_host(ExecutionSpace(), tensor);
}
template <class T>
void from_host(const Tensor<T>& tensor, const std::vector<T>& values) {
  from_host(ExecutionSpace(), tensor, values);
}
void copy(const AnyTensor& to, const AnyTensor& from);
void fill_zero(const AnyTensor& tensor);
double dot(const AnyTensor& a, const AnyTensor& b);
bool all_finite(const AnyTensor& tensor);

}  // namespace eigenprop
