#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "tensor/tensor.hpp"

namespace eigenprop {

/// Elements of a tensor in host memory, read only: the tensor's own where it lies there, else a
/// copy. What runs on `space` has ended before.
template <class T>
class HostInput {
 public:
  HostInput(const ExecutionSpace& space, const AnyTensor& tensor)
      : shape_(tensor.shape()), view_(Kokkos::create_mirror_view(tensor.as<T>().view())) {
    const auto& elements = tensor.as<T>().view();
    if (view_.data() != elements.data()) Kokkos::deep_copy(space, view_, elements);
    space.fence();
  }

  const T* data() const { return view_.data(); }

  /// First element of the i-th of the slices along the leading dimension.
  const T* sample(std::int64_t i) const {
    return data() + i * (shape_.size() / std::max<std::int64_t>(shape_[0], 1));
  }

 private:
  Shape shape_;
  decltype(Kokkos::create_mirror_view(std::declval<typename Tensor<T>::View>())) view_;
};

/// Elements of a tensor in host memory, to be written; `flush` brings them to the tensor, on
/// `space`, and ends when that is done. What runs on `space` has ended before.
template <class T>
class HostOutput {
 public:
  HostOutput(const ExecutionSpace& space, const AnyTensor& tensor)
      : space_(space), tensor_(tensor.as<T>()), view_(Kokkos::create_mirror_view(tensor_.view())) {
    space.fence();
  }

  T* data() const { return view_.data(); }
  T* sample(std::int64_t i) const {
    return data() + i * (tensor_.size() / std::max<std::int64_t>(tensor_.shape()[0], 1));
  }
  void flush() const {
    if (view_.data() == tensor_.data()) return;
    Kokkos::deep_copy(space_, tensor_.view(), view_);
    space_.fence();
  }

 private:
  ExecutionSpace space_;
  Tensor<T> tensor_;
  decltype(Kokkos::create_mirror_view(std::declval<typename Tensor<T>::View>())) view_;
};

/// HostInput or HostOutput of a tensor that may be empty; its data are then null.
template <class Access>
class IfGiven {
 public:
  IfGiven(const ExecutionSpace& space, const AnyTensor& tensor) {
    if (!tensor.empty()) access_.emplace(space, tensor);
  }
  auto data() const { return access_ ? access_->data() : nullptr; }
  auto sample(std::int64_t i) const { return access_ ? access_->sample(i) : nullptr; }
  void flush() const {
    if (access_) access_->flush();
  }

 private:
  std::optional<Access> access_;
};

}  // namespace eigenprop
