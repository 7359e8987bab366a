#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace eigenprop {

/// MPI datatype of a C++ type.
template <class T>
MPI_Datatype mpi_type();
template <>
inline MPI_Datatype mpi_type<float>() {
  return MPI_FLOAT;
}
template <>
inline MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}
template <>
inline MPI_Datatype mpi_type<std::int32_t>() {
  return MPI_INT32_T;
}
template <>
inline MPI_Datatype mpi_type<std::int64_t>() {
  return MPI_INT64_T;
}
template <>
inline MPI_Datatype mpi_type<std::uint64_t>() {
  return MPI_UINT64_T;
}
template <>
inline MPI_Datatype mpi_type<char>() {
  return MPI_CHAR;
}

/// Owner of a duplicated MPI communicator; errors are returned and become exceptions. Move-only.
///
/// All members but rank(), size() and get() are collective over the communicator. Message counts
/// may exceed 2^31: large buffers travel in several messages.
class Communicator {
 public:
  /// Duplicates `comm`. Collective over `comm`.
  explicit Communicator(MPI_Comm comm);
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  /// A communicator of the calling process alone.
  static Communicator self();

  /// The ranks that call with the same `group`, in their order here. Collective.
  Communicator split(int group) const;

  MPI_Comm get() const { return comm_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_root() const { return rank_ == 0; }

  void barrier() const;

  /// data[i] <- sum (max, min) over ranks of data[i].
  template <class T>
  void sum(T* data, std::int64_t count) const {
    all_reduce(data, count, mpi_type<T>(), sizeof(T), MPI_SUM);
  }
  template <class T>
  void max(T* data, std::int64_t count) const {
    all_reduce(data, count, mpi_type<T>(), sizeof(T), MPI_MAX);
  }
  template <class T>
  void min(T* data, std::int64_t count) const {
    all_reduce(data, count, mpi_type<T>(), sizeof(T), MPI_MIN);
  }
  template <class T>
  T sum(T value) const {
    sum(&value, 1);
    return value;
  }
  template <class T>
  T max(T value) const {
    max(&value, 1);
    return value;
  }
  template <class T>
  T min(T value) const {
    min(&value, 1);
    return value;
  }

  template <class T>
  void broadcast(T* data, std::int64_t count, int root = 0) const {
    broadcast_bytes(data, count * static_cast<std::int64_t>(sizeof(T)), root);
  }
  std::string broadcast(const std::string& text, int root = 0) const;

  /// Concatenation over ranks of one value each, in rank order.
  template <class T>
  std::vector<T> gather_all(T value) const {
    std::vector<T> values(static_cast<std::size_t>(size_));
    gather_all_raw(&value, values.data(), mpi_type<T>());
    return values;
  }

  /// Sum of `value` over the ranks below this one.
  std::int64_t exclusive_sum(std::int64_t value) const;

 private:
  void all_reduce(void* data, std::int64_t count, MPI_Datatype type, std::size_t size,
                  MPI_Op op) const;
  void broadcast_bytes(void* data, std::int64_t bytes, int root) const;
  void gather_all_raw(const void* value, void* values, MPI_Datatype type) const;

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace eigenprop
