#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "tensor/tensor.hpp"

namespace eigenprop {

/// Elements of a tensor in host memory, read only: the tensor's own where it lies there, else a
/// copy.
template <class T>
class HostInput {
 public:
  explicit HostInput(const AnyTensor& tensor)
      : shape_(tensor.shape()),
        view_(Kokkos::create_mirror_view_and_copy(HostSpace(), tensor.as<T>().view())) {}

  const T* data() const { return view_.data(); }

  /// First element of the i-th of the slices along the leading dimension.
  const T* sample(std::int64_t i) const {
    return data() + i * (shape_.size() / std::max<std::int64_t>(shape_[0], 1));
  }

 private:
  Shape shape_;
  Kokkos::View<T*, HostSpace> view_;
};

/// Elements of a tensor in host memory, to be written; `flush` brings them to the tensor.
template <class T>
class HostOutput {
 public:
  explicit HostOutput(const AnyTensor& tensor)
      : tensor_(tensor.as<T>()), view_(Kokkos::create_mirror_view(tensor_.view())) {}

  T* data() const { return view_.data(); }
  T* sample(std::int64_t i) const {
    return data() + i * (tensor_.size() / std::max<std::int64_t>(tensor_.shape()[0], 1));
  }
  void flush() const { Kokkos::deep_copy(tensor_.view(), view_); }

 private:
  Tensor<T> tensor_;
  decltype(Kokkos::create_mirror_view(std::declval<typename Tensor<T>::View>())) view_;
};

/// HostInput or HostOutput of a tensor that may be empty; its samples are then null.
template <class Access>
class IfGiven {
 public:
  explicit IfGiven(const AnyTensor& tensor) {
    if (!tensor.empty()) access_.emplace(tensor);
  }
  auto sample(std::int64_t i) const { return access_ ? access_->sample(i) : nullptr; }
  void flush() const {
    if (access_) access_->flush();
  }

 private:
  std::optional<Access> access_;
};

}  // namespace eigenprop
