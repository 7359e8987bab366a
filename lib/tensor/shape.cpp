#include "tensor/shape.hpp"

#include <algorithm>
#include <tuple>

#include "runtime/error.hpp"

namespace eigenprop {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : rank_(static_cast<int>(extents.size())) {
  require(rank_ <= max_rank, "a shape has at most five dimensions");
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (int i = 0; i < rank_; ++i) require((*this)[i] >= 0, "negative extent in shape " + text());
  // Of eight bytes each, what 64 bits can count.
  double elements = 1;
  for (int i = 0; i < rank_; ++i) elements *= static_cast<double>((*this)[i]);
  require(elements < 0x1p59, "shape " + text() + " has more elements than memory can hold");
}

std::int64_t Shape::size() const {
  std::int64_t product = 1;
  for (int i = 0; i < rank_; ++i) product *= (*this)[i];
  return product;
}

std::int64_t Shape::rows() const {
  std::int64_t product = 1;
  for (int i = 0; i + 1 < rank_; ++i) product *= (*this)[i];
  return product;
}

Shape Shape::with(int i, std::int64_t extent) const {
  Shape result = *this;
  result.extents_[static_cast<std::size_t>(i < 0 ? i + rank_ : i)] = extent;
  return result;
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && extents_ == other.extents_;
}

bool Shape::operator<(const Shape& other) const {
  return std::tie(rank_, extents_) < std::tie(other.rank_, other.extents_);
}

std::string Shape::text() const {
  std::string result = "(";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) result += ", ";
    result += std::to_string((*this)[i]);
  }
  return result + ")";
}

}  // namespace eigenprop
