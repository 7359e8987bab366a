#include "parallel/stop_notice.hpp"

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr int tag = 1;

}  // namespace

StopNotice::StopNotice(const StopRequest& request, const Communicator& comm)
    : request_(request), comm_(comm.get()), received_(index(comm.size()), 0) {}

bool StopNotice::heard() {
  if (request_.requested() && !told_) tell_others();
  int waiting = 0;
  MPI_Status status;
  check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, tag, comm_.get(), &waiting, &status));
  if (waiting != 0) receive(status.MPI_SOURCE);
  return heard_;
}

void StopNotice::tell_others() {
  told_ = heard_ = true;
  for (int rank = 0; rank < comm_.size(); ++rank) {
    if (rank == comm_.rank()) continue;
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Isend(nullptr, 0, MPI_CHAR, rank, tag, comm_.get(), &request));
    check_mpi(MPI_Request_free(&request));
  }
}

void StopNotice::receive(int source) {
  check_mpi(MPI_Recv(nullptr, 0, MPI_CHAR, source, tag, comm_.get(), MPI_STATUS_IGNORE));
  heard_ = true;
  received_[index(source)] = 1;
}

void StopNotice::settle() {
  const auto told = comm_.gather_all(static_cast<std::int32_t>(told_ ? 1 : 0));
  for (int rank = 0; rank < comm_.size(); ++rank) {
    if (rank != comm_.rank() && told[index(rank)] != 0 && !received_[index(rank)]) receive(rank);
  }
}

}  // namespace eigenprop
