#include "runtime/communicator.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/error.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

// Below the largest int by a wide margin, so that counts stay valid for every MPI.
constexpr std::int64_t max_message = std::int64_t{1} << 28;

}  // namespace

Communicator::Communicator(MPI_Comm comm) {
  check_mpi(MPI_Comm_dup(comm, &comm_));
  check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN));
  check_mpi(MPI_Comm_rank(comm_, &rank_));
  check_mpi(MPI_Comm_size(comm_, &size_));
}

Communicator::~Communicator() {
  // Collective: where an exception ends this, perhaps of this rank alone, the others would not
  // come.
  if (comm_ == MPI_COMM_NULL || std::uncaught_exceptions() > 0) return;
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (!finalized) MPI_Comm_free(&comm_);
}

Communicator::Communicator(Communicator&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)), rank_(other.rank_), size_(other.size_) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
  std::swap(comm_, other.comm_);
  std::swap(rank_, other.rank_);
  std::swap(size_, other.size_);
  return *this;
}

Communicator Communicator::self() { return Communicator(MPI_COMM_SELF); }

Communicator Communicator::split(int group) const {
  MPI_Comm part = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split(comm_, group, rank_, &part));
  Communicator result(part);
  check_mpi(MPI_Comm_free(&part));
  return result;
}

void Communicator::barrier() const {
  const PhaseScope scope(Phase::exchange);
  check_mpi(MPI_Barrier(comm_));
}

std::string Communicator::broadcast(const std::string& text, int root) const {
  std::int64_t length = static_cast<std::int64_t>(text.size());
  broadcast(&length, 1, root);
  std::string result = rank_ == root ? text : std::string(static_cast<std::size_t>(length), ' ');
  broadcast(result.data(), length, root);
  return result;
}

std::int64_t Communicator::exclusive_sum(std::int64_t value) const {
  const PhaseScope scope(Phase::exchange);
  std::int64_t sum = 0;
  check_mpi(MPI_Exscan(&value, &sum, 1, MPI_INT64_T, MPI_SUM, comm_));
  return rank_ == 0 ? 0 : sum;
}

void Communicator::all_reduce(void* data, std::int64_t count, MPI_Datatype type, std::size_t size,
                              MPI_Op op) const {
  if (size_ == 1) return;
  const PhaseScope scope(Phase::exchange);
  auto* bytes = static_cast<char*>(data);
  for (std::int64_t done = 0; done < count; done += max_message) {
    const int part = static_cast<int>(std::min(max_message, count - done));
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, bytes + static_cast<std::size_t>(done) * size, part, type,
                            op, comm_));
  }
}

void Communicator::broadcast_bytes(void* data, std::int64_t bytes, int root) const {
  const PhaseScope scope(Phase::exchange);
  auto* begin = static_cast<char*>(data);
  for (std::int64_t done = 0; done < bytes; done += max_message) {
    const int part = static_cast<int>(std::min(max_message, bytes - done));
    check_mpi(MPI_Bcast(begin + done, part, MPI_BYTE, root, comm_));
  }
}

void Communicator::gather_all_raw(const void* value, void* values, MPI_Datatype type) const {
  const PhaseScope scope(Phase::exchange);
  check_mpi(MPI_Allgather(value, 1, type, values, 1, type, comm_));
}

}  // namespace eigenprop
