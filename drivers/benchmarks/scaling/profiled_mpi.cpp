// The profiling interface of MPI: these functions take the place of the library's, count
// (message_counter.hpp), and call it under its second name; of those that receive or wait only the
// time is told. Every process of a program that is linked with this file counts; nothing else does.

#include <mpi.h>

#include <unordered_map>

#include "scaling/message_counter.hpp"

namespace {

using eigenprop::count_message;
using eigenprop::MessageCall;
using eigenprop::MessageKind;
using eigenprop::MessageTally;

std::int64_t bytes_of(std::int64_t count, MPI_Datatype type) {
  MPI_Count size = 0;
  PMPI_Type_size_x(type, &size);
  return count * size;
}

// Extents of a communicator as this rank sees it.
struct Place {
  explicit Place(MPI_Comm comm) {
    PMPI_Comm_size(comm, &size);
    PMPI_Comm_rank(comm, &rank);
  }
  bool alone() const { return size == 1; }
  std::int64_t others() const { return size - 1; }
  int size = 1;
  int rank = 0;
};

// One message to each of `receivers`, of `bytes` each.
void count_same(MessageKind kind, std::int64_t receivers, std::int64_t bytes) {
  count_message(kind, {1, receivers > 0 ? bytes : 0, receivers, receivers * bytes});
}

// Messages of `bytes` in all.
void count_parts(MessageKind kind, std::int64_t receivers, std::int64_t bytes) {
  count_message(kind, {1, bytes, receivers, bytes});
}

void count_send(int count, MPI_Datatype type, int destination) {
  if (destination != MPI_PROC_NULL)
    count_same(MessageKind::point_to_point, 1, bytes_of(count, type));
}

void count_one_sided(int count, MPI_Datatype type, int target) {
  if (target != MPI_PROC_NULL) count_same(MessageKind::one_sided, 1, bytes_of(count, type));
}

// Persistent sends, which count when they are started.
std::unordered_map<MPI_Request, std::int64_t>& persistent_sends() {
  static std::unordered_map<MPI_Request, std::int64_t> sends;
  return sends;
}

int keep_persistent(int code, int count, MPI_Datatype type, int destination, MPI_Request request) {
  if (code == MPI_SUCCESS && destination != MPI_PROC_NULL)
    persistent_sends()[request] = bytes_of(count, type);
  return code;
}

void count_start(MPI_Request request) {
  const auto found = persistent_sends().find(request);
  if (found != persistent_sends().end()) count_same(MessageKind::point_to_point, 1, found->second);
}

void count_all_reduce(int count, MPI_Datatype type, MPI_Comm comm,
                      MessageKind kind = MessageKind::all_reduce) {
  const Place place(comm);
  const std::int64_t receivers = place.alone() ? 0 : place.rank == 0 ? place.others() : 1;
  count_same(kind, receivers, bytes_of(count, type));
}

void count_barrier(MPI_Comm comm) { count_all_reduce(0, MPI_BYTE, comm, MessageKind::barrier); }

void count_broadcast(int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const Place place(comm);
  count_same(MessageKind::broadcast, place.rank == root ? place.others() : 0,
             bytes_of(count, type));
}

// Data of one rank to the root.
void count_to_root(MessageKind kind, std::int64_t bytes, int root, MPI_Comm comm) {
  const Place place(comm);
  count_same(kind, place.rank == root ? 0 : 1, bytes);
}

void count_scatter(int count, MPI_Datatype type, int root, MPI_Comm comm) {
  const Place place(comm);
  const std::int64_t receivers = place.rank == root ? place.others() : 0;
  count_parts(MessageKind::scatter, receivers,
              receivers > 0 ? receivers * bytes_of(count, type) : 0);
}

// Of the parts of a list of counts, those of other ranks.
std::int64_t parts_of_others(const int* counts, MPI_Datatype type, const Place& place) {
  std::int64_t items = 0;
  for (int r = 0; r < place.size; ++r) items += r == place.rank ? 0 : counts[r];
  return bytes_of(items, type);
}

void count_scatterv(const int* counts, MPI_Datatype type, int root, MPI_Comm comm) {
  const Place place(comm);
  if (place.rank == root) {
    count_parts(MessageKind::scatter, place.others(), parts_of_others(counts, type, place));
  } else {
    count_parts(MessageKind::scatter, 0, 0);
  }
}

void count_all_gather(std::int64_t bytes, MPI_Comm comm) {
  count_same(MessageKind::all_gather, Place(comm).others(), bytes);
}

void count_all_to_all(std::int64_t bytes_to_others, MPI_Comm comm) {
  count_parts(MessageKind::all_to_all, Place(comm).others(), bytes_to_others);
}

std::int64_t parts_of_others(const int* counts, const MPI_Datatype* types, const Place& place) {
  std::int64_t bytes = 0;
  for (int r = 0; r < place.size; ++r) bytes += r == place.rank ? 0 : bytes_of(counts[r], types[r]);
  return bytes;
}

// `counts`: of all ranks; null where each gets `count`.
void count_reduce_scatter(const int* counts, int count, MPI_Datatype type, MPI_Comm comm) {
  const Place place(comm);
  std::int64_t items = 0;
  for (int r = 0; r < place.size; ++r) items += counts ? counts[r] : count;
  const std::int64_t own = counts ? counts[place.rank] : count;
  MessageTally tally{1, 0, 0, 0};
  if (!place.alone()) {
    const bool scatters = place.rank == 0;
    tally.bytes = bytes_of(items, type);
    tally.messages = scatters ? place.others() : 1;
    tally.message_bytes = scatters ? bytes_of(items - own, type) : tally.bytes;
  }
  count_message(MessageKind::reduce_scatter, tally);
}

void count_scan(int count, MPI_Datatype type, MPI_Comm comm) {
  const Place place(comm);
  count_same(MessageKind::scan, place.rank + 1 < place.size ? 1 : 0, bytes_of(count, type));
}

int cartesian_neighbours(MPI_Comm comm) {
  int dimensions = 0, neighbours = 0;
  PMPI_Cartdim_get(comm, &dimensions);
  for (int d = 0; d < dimensions; ++d) {
    int before = MPI_PROC_NULL, after = MPI_PROC_NULL;
    PMPI_Cart_shift(comm, d, 1, &before, &after);
    neighbours += (before == MPI_PROC_NULL ? 0 : 1) + (after == MPI_PROC_NULL ? 0 : 1);
  }
  return neighbours;
}

struct Neighbours {
  explicit Neighbours(MPI_Comm comm) {
    int topology = MPI_UNDEFINED;
    PMPI_Topo_test(comm, &topology);
    if (topology == MPI_DIST_GRAPH) {
      int sources = 0, weighted = 0;
      PMPI_Dist_graph_neighbors_count(comm, &sources, &slots, &weighted);
      receivers = slots;
    } else if (topology == MPI_GRAPH) {
      int rank = 0;
      PMPI_Comm_rank(comm, &rank);
      PMPI_Graph_neighbors_count(comm, rank, &slots);
      receivers = slots;
    } else if (topology == MPI_CART) {
      PMPI_Cartdim_get(comm, &slots);
      slots *= 2;
      receivers = cartesian_neighbours(comm);
    }
  }
  int slots = 0;      // of the arrays of counts
  int receivers = 0;  // of these, the ones that exist
};

void count_neighbour_gather(int count, MPI_Datatype type, MPI_Comm comm) {
  count_same(MessageKind::neighbourhood, Neighbours(comm).receivers, bytes_of(count, type));
}

void count_neighbour_parts(int count, MPI_Datatype type, MPI_Comm comm) {
  const Neighbours neighbours(comm);
  count_parts(MessageKind::neighbourhood, neighbours.receivers,
              neighbours.receivers * bytes_of(count, type));
}

void count_neighbour_parts(const int* counts, MPI_Datatype type, MPI_Comm comm) {
  const Neighbours neighbours(comm);
  std::int64_t items = 0;
  for (int i = 0; i < neighbours.slots; ++i) items += counts[i];
  count_parts(MessageKind::neighbourhood, neighbours.receivers, bytes_of(items, type));
}

void count_neighbour_parts(const int* counts, const MPI_Datatype* types, MPI_Comm comm) {
  const Neighbours neighbours(comm);
  std::int64_t bytes = 0;
  for (int i = 0; i < neighbours.slots; ++i) bytes += bytes_of(counts[i], types[i]);
  count_parts(MessageKind::neighbourhood, neighbours.receivers, bytes);
}

// What a rank contributes, where MPI_IN_PLACE says that it stands among what is received.
std::int64_t contribution(const void* buffer, int count, MPI_Datatype type, int in_place_count,
                          MPI_Datatype in_place_type) {
  return buffer == MPI_IN_PLACE ? bytes_of(in_place_count, in_place_type) : bytes_of(count, type);
}

int own_count(const int* counts, MPI_Comm comm) { return counts[Place(comm).rank]; }

}  // namespace

int MPI_Send(const void* data, int count, MPI_Datatype type, int destination, int tag,
             MPI_Comm comm) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Send(data, count, type, destination, tag, comm);
}

int MPI_Bsend(const void* data, int count, MPI_Datatype type, int destination, int tag,
              MPI_Comm comm) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Bsend(data, count, type, destination, tag, comm);
}

int MPI_Ssend(const void* data, int count, MPI_Datatype type, int destination, int tag,
              MPI_Comm comm) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Ssend(data, count, type, destination, tag, comm);
}

int MPI_Rsend(const void* data, int count, MPI_Datatype type, int destination, int tag,
              MPI_Comm comm) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Rsend(data, count, type, destination, tag, comm);
}

int MPI_Isend(const void* data, int count, MPI_Datatype type, int destination, int tag,
              MPI_Comm comm, MPI_Request* request) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Isend(data, count, type, destination, tag, comm, request);
}

int MPI_Ibsend(const void* data, int count, MPI_Datatype type, int destination, int tag,
               MPI_Comm comm, MPI_Request* request) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Ibsend(data, count, type, destination, tag, comm, request);
}

int MPI_Issend(const void* data, int count, MPI_Datatype type, int destination, int tag,
               MPI_Comm comm, MPI_Request* request) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Issend(data, count, type, destination, tag, comm, request);
}

int MPI_Irsend(const void* data, int count, MPI_Datatype type, int destination, int tag,
               MPI_Comm comm, MPI_Request* request) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Irsend(data, count, type, destination, tag, comm, request);
}

int MPI_Sendrecv(const void* data, int count, MPI_Datatype type, int destination, int tag,
                 void* received, int received_count, MPI_Datatype received_type, int source,
                 int received_tag, MPI_Comm comm, MPI_Status* status) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Sendrecv(data, count, type, destination, tag, received, received_count, received_type,
                       source, received_tag, comm, status);
}

int MPI_Sendrecv_replace(void* data, int count, MPI_Datatype type, int destination, int tag,
                         int source, int received_tag, MPI_Comm comm, MPI_Status* status) {
  count_send(count, type, destination);
  const MessageCall call;
  return PMPI_Sendrecv_replace(data, count, type, destination, tag, source, received_tag, comm,
                               status);
}

int MPI_Send_init(const void* data, int count, MPI_Datatype type, int destination, int tag,
                  MPI_Comm comm, MPI_Request* request) {
  const int code = PMPI_Send_init(data, count, type, destination, tag, comm, request);
  return keep_persistent(code, count, type, destination, *request);
}

int MPI_Bsend_init(const void* data, int count, MPI_Datatype type, int destination, int tag,
                   MPI_Comm comm, MPI_Request* request) {
  const int code = PMPI_Bsend_init(data, count, type, destination, tag, comm, request);
  return keep_persistent(code, count, type, destination, *request);
}

int MPI_Ssend_init(const void* data, int count, MPI_Datatype type, int destination, int tag,
                   MPI_Comm comm, MPI_Request* request) {
  const int code = PMPI_Ssend_init(data, count, type, destination, tag, comm, request);
  return keep_persistent(code, count, type, destination, *request);
}

int MPI_Rsend_init(const void* data, int count, MPI_Datatype type, int destination, int tag,
                   MPI_Comm comm, MPI_Request* request) {
  const int code = PMPI_Rsend_init(data, count, type, destination, tag, comm, request);
  return keep_persistent(code, count, type, destination, *request);
}

int MPI_Start(MPI_Request* request) {
  count_start(*request);
  const MessageCall call;
  return PMPI_Start(request);
}

int MPI_Startall(int count, MPI_Request* requests) {
  for (int i = 0; i < count; ++i) count_start(requests[i]);
  const MessageCall call;
  return PMPI_Startall(count, requests);
}

int MPI_Request_free(MPI_Request* request) {
  persistent_sends().erase(*request);
  return PMPI_Request_free(request);
}

int MPI_Put(const void* data, int count, MPI_Datatype type, int target, MPI_Aint place,
            int target_count, MPI_Datatype target_type, MPI_Win window) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Put(data, count, type, target, place, target_count, target_type, window);
}

int MPI_Rput(const void* data, int count, MPI_Datatype type, int target, MPI_Aint place,
             int target_count, MPI_Datatype target_type, MPI_Win window, MPI_Request* request) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Rput(data, count, type, target, place, target_count, target_type, window, request);
}

int MPI_Get(void* data, int count, MPI_Datatype type, int target, MPI_Aint place, int target_count,
            MPI_Datatype target_type, MPI_Win window) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Get(data, count, type, target, place, target_count, target_type, window);
}

int MPI_Rget(void* data, int count, MPI_Datatype type, int target, MPI_Aint place, int target_count,
             MPI_Datatype target_type, MPI_Win window, MPI_Request* request) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Rget(data, count, type, target, place, target_count, target_type, window, request);
}

int MPI_Accumulate(const void* data, int count, MPI_Datatype type, int target, MPI_Aint place,
                   int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Accumulate(data, count, type, target, place, target_count, target_type, op, window);
}

int MPI_Raccumulate(const void* data, int count, MPI_Datatype type, int target, MPI_Aint place,
                    int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window,
                    MPI_Request* request) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Raccumulate(data, count, type, target, place, target_count, target_type, op, window,
                          request);
}

int MPI_Get_accumulate(const void* data, int count, MPI_Datatype type, void* result,
                       int result_count, MPI_Datatype result_type, int target, MPI_Aint place,
                       int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window) {
  count_one_sided(count, type, target);
  const MessageCall call;
  return PMPI_Get_accumulate(data, count, type, result, result_count, result_type, target, place,
                             target_count, target_type, op, window);
}

int MPI_Fetch_and_op(const void* data, void* result, MPI_Datatype type, int target, MPI_Aint place,
                     MPI_Op op, MPI_Win window) {
  count_one_sided(1, type, target);
  const MessageCall call;
  return PMPI_Fetch_and_op(data, result, type, target, place, op, window);
}

int MPI_Compare_and_swap(const void* data, const void* compared, void* result, MPI_Datatype type,
                         int target, MPI_Aint place, MPI_Win window) {
  count_one_sided(1, type, target);
  const MessageCall call;
  return PMPI_Compare_and_swap(data, compared, result, type, target, place, window);
}

int MPI_Barrier(MPI_Comm comm) {
  count_barrier(comm);
  const MessageCall call;
  return PMPI_Barrier(comm);
}

int MPI_Ibarrier(MPI_Comm comm, MPI_Request* request) {
  count_barrier(comm);
  const MessageCall call;
  return PMPI_Ibarrier(comm, request);
}

int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  count_broadcast(count, type, root, comm);
  const MessageCall call;
  return PMPI_Bcast(data, count, type, root, comm);
}

int MPI_Ibcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm,
               MPI_Request* request) {
  count_broadcast(count, type, root, comm);
  const MessageCall call;
  return PMPI_Ibcast(data, count, type, root, comm, request);
}

int MPI_Gather(const void* data, int count, MPI_Datatype type, void* all, int all_count,
               MPI_Datatype all_type, int root, MPI_Comm comm) {
  count_to_root(MessageKind::gather, data == MPI_IN_PLACE ? 0 : bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Gather(data, count, type, all, all_count, all_type, root, comm);
}

int MPI_Igather(const void* data, int count, MPI_Datatype type, void* all, int all_count,
                MPI_Datatype all_type, int root, MPI_Comm comm, MPI_Request* request) {
  count_to_root(MessageKind::gather, data == MPI_IN_PLACE ? 0 : bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Igather(data, count, type, all, all_count, all_type, root, comm, request);
}

int MPI_Gatherv(const void* data, int count, MPI_Datatype type, void* all, const int* counts,
                const int* places, MPI_Datatype all_type, int root, MPI_Comm comm) {
  count_to_root(MessageKind::gather, data == MPI_IN_PLACE ? 0 : bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Gatherv(data, count, type, all, counts, places, all_type, root, comm);
}

int MPI_Igatherv(const void* data, int count, MPI_Datatype type, void* all, const int* counts,
                 const int* places, MPI_Datatype all_type, int root, MPI_Comm comm,
                 MPI_Request* request) {
  count_to_root(MessageKind::gather, data == MPI_IN_PLACE ? 0 : bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Igatherv(data, count, type, all, counts, places, all_type, root, comm, request);
}

int MPI_Scatter(const void* all, int count, MPI_Datatype type, void* data, int own,
                MPI_Datatype own_type, int root, MPI_Comm comm) {
  count_scatter(count, type, root, comm);
  const MessageCall call;
  return PMPI_Scatter(all, count, type, data, own, own_type, root, comm);
}

int MPI_Iscatter(const void* all, int count, MPI_Datatype type, void* data, int own,
                 MPI_Datatype own_type, int root, MPI_Comm comm, MPI_Request* request) {
  count_scatter(count, type, root, comm);
  const MessageCall call;
  return PMPI_Iscatter(all, count, type, data, own, own_type, root, comm, request);
}

int MPI_Scatterv(const void* all, const int* counts, const int* places, MPI_Datatype type,
                 void* data, int own, MPI_Datatype own_type, int root, MPI_Comm comm) {
  count_scatterv(counts, type, root, comm);
  const MessageCall call;
  return PMPI_Scatterv(all, counts, places, type, data, own, own_type, root, comm);
}

int MPI_Iscatterv(const void* all, const int* counts, const int* places, MPI_Datatype type,
                  void* data, int own, MPI_Datatype own_type, int root, MPI_Comm comm,
                  MPI_Request* request) {
  count_scatterv(counts, type, root, comm);
  const MessageCall call;
  return PMPI_Iscatterv(all, counts, places, type, data, own, own_type, root, comm, request);
}

int MPI_Allgather(const void* data, int count, MPI_Datatype type, void* all, int all_count,
                  MPI_Datatype all_type, MPI_Comm comm) {
  count_all_gather(contribution(data, count, type, all_count, all_type), comm);
  const MessageCall call;
  return PMPI_Allgather(data, count, type, all, all_count, all_type, comm);
}

int MPI_Iallgather(const void* data, int count, MPI_Datatype type, void* all, int all_count,
                   MPI_Datatype all_type, MPI_Comm comm, MPI_Request* request) {
  count_all_gather(contribution(data, count, type, all_count, all_type), comm);
  const MessageCall call;
  return PMPI_Iallgather(data, count, type, all, all_count, all_type, comm, request);
}

int MPI_Allgatherv(const void* data, int count, MPI_Datatype type, void* all, const int* counts,
                   const int* places, MPI_Datatype all_type, MPI_Comm comm) {
  count_all_gather(contribution(data, count, type, own_count(counts, comm), all_type), comm);
  const MessageCall call;
  return PMPI_Allgatherv(data, count, type, all, counts, places, all_type, comm);
}

int MPI_Iallgatherv(const void* data, int count, MPI_Datatype type, void* all, const int* counts,
                    const int* places, MPI_Datatype all_type, MPI_Comm comm, MPI_Request* request) {
  count_all_gather(contribution(data, count, type, own_count(counts, comm), all_type), comm);
  const MessageCall call;
  return PMPI_Iallgatherv(data, count, type, all, counts, places, all_type, comm, request);
}

int MPI_Alltoall(const void* data, int count, MPI_Datatype type, void* received, int received_count,
                 MPI_Datatype received_type, MPI_Comm comm) {
  count_all_to_all(
      Place(comm).others() * contribution(data, count, type, received_count, received_type), comm);
  const MessageCall call;
  return PMPI_Alltoall(data, count, type, received, received_count, received_type, comm);
}

int MPI_Ialltoall(const void* data, int count, MPI_Datatype type, void* received,
                  int received_count, MPI_Datatype received_type, MPI_Comm comm,
                  MPI_Request* request) {
  count_all_to_all(
      Place(comm).others() * contribution(data, count, type, received_count, received_type), comm);
  const MessageCall call;
  return PMPI_Ialltoall(data, count, type, received, received_count, received_type, comm, request);
}

int MPI_Alltoallv(const void* data, const int* counts, const int* places, MPI_Datatype type,
                  void* received, const int* received_counts, const int* received_places,
                  MPI_Datatype received_type, MPI_Comm comm) {
  const bool in_place = data == MPI_IN_PLACE;
  count_all_to_all(parts_of_others(in_place ? received_counts : counts,
                                   in_place ? received_type : type, Place(comm)),
                   comm);
  const MessageCall call;
  return PMPI_Alltoallv(data, counts, places, type, received, received_counts, received_places,
                        received_type, comm);
}

int MPI_Ialltoallv(const void* data, const int* counts, const int* places, MPI_Datatype type,
                   void* received, const int* received_counts, const int* received_places,
                   MPI_Datatype received_type, MPI_Comm comm, MPI_Request* request) {
  const bool in_place = data == MPI_IN_PLACE;
  count_all_to_all(parts_of_others(in_place ? received_counts : counts,
                                   in_place ? received_type : type, Place(comm)),
                   comm);
  const MessageCall call;
  return PMPI_Ialltoallv(data, counts, places, type, received, received_counts, received_places,
                         received_type, comm, request);
}

int MPI_Alltoallw(const void* data, const int* counts, const int* places, const MPI_Datatype* types,
                  void* received, const int* received_counts, const int* received_places,
                  const MPI_Datatype* received_types, MPI_Comm comm) {
  const bool in_place = data == MPI_IN_PLACE;
  count_all_to_all(parts_of_others(in_place ? received_counts : counts,
                                   in_place ? received_types : types, Place(comm)),
                   comm);
  const MessageCall call;
  return PMPI_Alltoallw(data, counts, places, types, received, received_counts, received_places,
                        received_types, comm);
}

int MPI_Ialltoallw(const void* data, const int* counts, const int* places,
                   const MPI_Datatype* types, void* received, const int* received_counts,
                   const int* received_places, const MPI_Datatype* received_types, MPI_Comm comm,
                   MPI_Request* request) {
  const bool in_place = data == MPI_IN_PLACE;
  count_all_to_all(parts_of_others(in_place ? received_counts : counts,
                                   in_place ? received_types : types, Place(comm)),
                   comm);
  const MessageCall call;
  return PMPI_Ialltoallw(data, counts, places, types, received, received_counts, received_places,
                         received_types, comm, request);
}

int MPI_Reduce(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op, int root,
               MPI_Comm comm) {
  count_to_root(MessageKind::reduce, bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Reduce(data, result, count, type, op, root, comm);
}

int MPI_Ireduce(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op, int root,
                MPI_Comm comm, MPI_Request* request) {
  count_to_root(MessageKind::reduce, bytes_of(count, type), root, comm);
  const MessageCall call;
  return PMPI_Ireduce(data, result, count, type, op, root, comm, request);
}

int MPI_Allreduce(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm) {
  count_all_reduce(count, type, comm);
  const MessageCall call;
  return PMPI_Allreduce(data, result, count, type, op, comm);
}

int MPI_Iallreduce(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm, MPI_Request* request) {
  count_all_reduce(count, type, comm);
  const MessageCall call;
  return PMPI_Iallreduce(data, result, count, type, op, comm, request);
}

int MPI_Reduce_scatter(const void* data, void* result, const int* counts, MPI_Datatype type,
                       MPI_Op op, MPI_Comm comm) {
  count_reduce_scatter(counts, 0, type, comm);
  const MessageCall call;
  return PMPI_Reduce_scatter(data, result, counts, type, op, comm);
}

int MPI_Ireduce_scatter(const void* data, void* result, const int* counts, MPI_Datatype type,
                        MPI_Op op, MPI_Comm comm, MPI_Request* request) {
  count_reduce_scatter(counts, 0, type, comm);
  const MessageCall call;
  return PMPI_Ireduce_scatter(data, result, counts, type, op, comm, request);
}

int MPI_Reduce_scatter_block(const void* data, void* result, int count, MPI_Datatype type,
                             MPI_Op op, MPI_Comm comm) {
  count_reduce_scatter(nullptr, count, type, comm);
  const MessageCall call;
  return PMPI_Reduce_scatter_block(data, result, count, type, op, comm);
}

int MPI_Ireduce_scatter_block(const void* data, void* result, int count, MPI_Datatype type,
                              MPI_Op op, MPI_Comm comm, MPI_Request* request) {
  count_reduce_scatter(nullptr, count, type, comm);
  const MessageCall call;
  return PMPI_Ireduce_scatter_block(data, result, count, type, op, comm, request);
}

int MPI_Scan(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
             MPI_Comm comm) {
  count_scan(count, type, comm);
  const MessageCall call;
  return PMPI_Scan(data, result, count, type, op, comm);
}

int MPI_Iscan(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
              MPI_Comm comm, MPI_Request* request) {
  count_scan(count, type, comm);
  const MessageCall call;
  return PMPI_Iscan(data, result, count, type, op, comm, request);
}

int MPI_Exscan(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
               MPI_Comm comm) {
  count_scan(count, type, comm);
  const MessageCall call;
  return PMPI_Exscan(data, result, count, type, op, comm);
}

int MPI_Iexscan(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op,
                MPI_Comm comm, MPI_Request* request) {
  count_scan(count, type, comm);
  const MessageCall call;
  return PMPI_Iexscan(data, result, count, type, op, comm, request);
}

int MPI_Neighbor_allgather(const void* data, int count, MPI_Datatype type, void* all, int all_count,
                           MPI_Datatype all_type, MPI_Comm comm) {
  count_neighbour_gather(count, type, comm);
  const MessageCall call;
  return PMPI_Neighbor_allgather(data, count, type, all, all_count, all_type, comm);
}

int MPI_Ineighbor_allgather(const void* data, int count, MPI_Datatype type, void* all,
                            int all_count, MPI_Datatype all_type, MPI_Comm comm,
                            MPI_Request* request) {
  count_neighbour_gather(count, type, comm);
  const MessageCall call;
  return PMPI_Ineighbor_allgather(data, count, type, all, all_count, all_type, comm, request);
}

int MPI_Neighbor_allgatherv(const void* data, int count, MPI_Datatype type, void* all,
                            const int* counts, const int* places, MPI_Datatype all_type,
                            MPI_Comm comm) {
  count_neighbour_gather(count, type, comm);
  const MessageCall call;
  return PMPI_Neighbor_allgatherv(data, count, type, all, counts, places, all_type, comm);
}

int MPI_Ineighbor_allgatherv(const void* data, int count, MPI_Datatype type, void* all,
                             const int* counts, const int* places, MPI_Datatype all_type,
                             MPI_Comm comm, MPI_Request* request) {
  count_neighbour_gather(count, type, comm);
  const MessageCall call;
  return PMPI_Ineighbor_allgatherv(data, count, type, all, counts, places, all_type, comm, request);
}

int MPI_Neighbor_alltoall(const void* data, int count, MPI_Datatype type, void* received,
                          int received_count, MPI_Datatype received_type, MPI_Comm comm) {
  count_neighbour_parts(count, type, comm);
  const MessageCall call;
  return PMPI_Neighbor_alltoall(data, count, type, received, received_count, received_type, comm);
}

int MPI_Ineighbor_alltoall(const void* data, int count, MPI_Datatype type, void* received,
                           int received_count, MPI_Datatype received_type, MPI_Comm comm,
                           MPI_Request* request) {
  count_neighbour_parts(count, type, comm);
  const MessageCall call;
  return PMPI_Ineighbor_alltoall(data, count, type, received, received_count, received_type, comm,
                                 request);
}

int MPI_Neighbor_alltoallv(const void* data, const int* counts, const int* places,
                           MPI_Datatype type, void* received, const int* received_counts,
                           const int* received_places, MPI_Datatype received_type, MPI_Comm comm) {
  count_neighbour_parts(counts, type, comm);
  const MessageCall call;
  return PMPI_Neighbor_alltoallv(data, counts, places, type, received, received_counts,
                                 received_places, received_type, comm);
}

int MPI_Ineighbor_alltoallv(const void* data, const int* counts, const int* places,
                            MPI_Datatype type, void* received, const int* received_counts,
                            const int* received_places, MPI_Datatype received_type, MPI_Comm comm,
                            MPI_Request* request) {
  count_neighbour_parts(counts, type, comm);
  const MessageCall call;
  return PMPI_Ineighbor_alltoallv(data, counts, places, type, received, received_counts,
                                  received_places, received_type, comm, request);
}

int MPI_Neighbor_alltoallw(const void* data, const int* counts, const MPI_Aint* places,
                           const MPI_Datatype* types, void* received, const int* received_counts,
                           const MPI_Aint* received_places, const MPI_Datatype* received_types,
                           MPI_Comm comm) {
  count_neighbour_parts(counts, types, comm);
  const MessageCall call;
  return PMPI_Neighbor_alltoallw(data, counts, places, types, received, received_counts,
                                 received_places, received_types, comm);
}

int MPI_Ineighbor_alltoallw(const void* data, const int* counts, const MPI_Aint* places,
                            const MPI_Datatype* types, void* received, const int* received_counts,
                            const MPI_Aint* received_places, const MPI_Datatype* received_types,
                            MPI_Comm comm, MPI_Request* request) {
  count_neighbour_parts(counts, types, comm);
  const MessageCall call;
  return PMPI_Ineighbor_alltoallw(data, counts, places, types, received, received_counts,
                                  received_places, received_types, comm, request);
}

int MPI_Recv(void* data, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm,
             MPI_Status* status) {
  const MessageCall call;
  return PMPI_Recv(data, count, type, source, tag, comm, status);
}

int MPI_Probe(int source, int tag, MPI_Comm comm, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Probe(source, tag, comm, status);
}

int MPI_Iprobe(int source, int tag, MPI_Comm comm, int* flag, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Iprobe(source, tag, comm, flag, status);
}

int MPI_Wait(MPI_Request* request, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Wait(request, status);
}

int MPI_Waitall(int count, MPI_Request* requests, MPI_Status* statuses) {
  const MessageCall call;
  return PMPI_Waitall(count, requests, statuses);
}

int MPI_Waitany(int count, MPI_Request* requests, int* index, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Waitany(count, requests, index, status);
}

int MPI_Waitsome(int count, MPI_Request* requests, int* done, int* indices, MPI_Status* statuses) {
  const MessageCall call;
  return PMPI_Waitsome(count, requests, done, indices, statuses);
}

int MPI_Test(MPI_Request* request, int* flag, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Test(request, flag, status);
}

int MPI_Testall(int count, MPI_Request* requests, int* flag, MPI_Status* statuses) {
  const MessageCall call;
  return PMPI_Testall(count, requests, flag, statuses);
}

int MPI_Testany(int count, MPI_Request* requests, int* index, int* flag, MPI_Status* status) {
  const MessageCall call;
  return PMPI_Testany(count, requests, index, flag, status);
}

int MPI_Win_fence(int assert, MPI_Win window) {
  const MessageCall call;
  return PMPI_Win_fence(assert, window);
}
