// Programs whose messages are counted by hand, on P ranks; expectations are formulas in P and the
// rank.

#include <gtest/gtest.h>
#include <hdf5.h>
#include <petscmat.h>

#include <array>
#include <cstdio>
#include <numeric>
#include <vector>

#include "cuts/line_halo.hpp"
#include "parallel/collectives.hpp"
#include "parallel/gradient_exchange.hpp"
#include "runtime/petsc_handles.hpp"
#include "runtime/timer.hpp"
#include "scaling/message_counter.hpp"
#include "scaling/phase_clock.hpp"
#include "test_session.hpp"

namespace eigenprop {

void PrintTo(const MessageTally& t, std::ostream* stream) {
  *stream << t.calls << " calls, " << t.bytes << " bytes, " << t.messages << " messages, "
          << t.message_bytes << " of these";
}

namespace {

using Kinds = std::array<MessageTally, message_kinds>;

Kinds totals() {
  Kinds sums = {};
  for (const auto& bin : message_counts()) {
    for (std::size_t kind = 0; kind < bin.size(); ++kind) sums[kind] += bin[kind];
  }
  return sums;
}

/// What this rank sends in `body`.
template <class Body>
Kinds sent_in(const Body& body) {
  const Kinds before = totals();
  body();
  Kinds sent = totals();
  for (std::size_t kind = 0; kind < sent.size(); ++kind) sent[kind] = sent[kind] - before[kind];
  return sent;
}

/// Expects this tally of one kind, and nothing of the others.
void expect_only(const Kinds& sent, MessageKind kind, const MessageTally& expected,
                 const char* what) {
  for (int k = 0; k < message_kinds; ++k) {
    const bool is_it = k == static_cast<int>(kind);
    EXPECT_EQ(sent[static_cast<std::size_t>(k)], is_it ? expected : MessageTally{})
        << what << ", " << message_kind_name(k) << ", rank " << test_communicator().rank();
  }
}

class MessageCounter : public testing::Test {
 protected:
  const MPI_Comm comm = test_communicator().get();
  const int ranks = test_communicator().size();
  const int rank = test_communicator().rank();
  const std::int64_t others = ranks - 1;
  const bool root = rank == 0;
  const bool alone = ranks == 1;
};

TEST_F(MessageCounter, PointToPoint) {
  const std::vector<double> data(5, 1);
  std::vector<double> received(5);
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
  const auto receive = [&](MPI_Request* request) {
    MPI_Irecv(received.data(), 5, MPI_DOUBLE, previous, 0, comm, request);
  };
  const auto wait = [](MPI_Request* request) { MPI_Wait(request, MPI_STATUS_IGNORE); };
  const auto expect_one = [&](const char* what, const auto& send) {
    const auto sent = sent_in([&] {
      MPI_Request requests[2];
      receive(&requests[0]);
      send(&requests[1]);
      wait(&requests[0]);
    });
    expect_only(sent, MessageKind::point_to_point, {1, 40, 1, 40}, what);
  };
  expect_one("MPI_Send",
             [&](MPI_Request*) { MPI_Send(data.data(), 5, MPI_DOUBLE, next, 0, comm); });
  expect_one("MPI_Ssend", [&](MPI_Request* request) {
    if (alone) {
      MPI_Issend(data.data(), 5, MPI_DOUBLE, next, 0, comm, request);
      wait(request);
    } else {
      MPI_Ssend(data.data(), 5, MPI_DOUBLE, next, 0, comm);
    }
  });
  expect_one("MPI_Isend", [&](MPI_Request* request) {
    MPI_Isend(data.data(), 5, MPI_DOUBLE, next, 0, comm, request);
    wait(request);
  });
  const auto exchanged = sent_in([&] {
    MPI_Sendrecv(data.data(), 5, MPI_DOUBLE, next, 0, received.data(), 5, MPI_DOUBLE, previous, 0,
                 comm, MPI_STATUS_IGNORE);
  });
  expect_only(exchanged, MessageKind::point_to_point, {1, 40, 1, 40}, "MPI_Sendrecv");
  const auto to_nobody =
      sent_in([&] { MPI_Send(data.data(), 5, MPI_DOUBLE, MPI_PROC_NULL, 0, comm); });
  expect_only(to_nobody, MessageKind::point_to_point, {}, "to MPI_PROC_NULL");
}

TEST_F(MessageCounter, DerivedTypes) {
  MPI_Datatype column = MPI_DATATYPE_NULL;
  // Three of the first of every four numbers: 24 bytes, of 72 that they span.
  MPI_Type_vector(3, 1, 4, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  const std::vector<double> data(24, 1);
  std::vector<double> received(24);
  const auto sent = sent_in([&] {
    MPI_Sendrecv(data.data(), 2, column, rank, 0, received.data(), 6, MPI_DOUBLE, rank, 0, comm,
                 MPI_STATUS_IGNORE);
  });
  MPI_Type_free(&column);
  expect_only(sent, MessageKind::point_to_point, {1, 48, 1, 48}, "strided type");
}

TEST_F(MessageCounter, PersistentSendsCountWhenStarted) {
  const std::array<int, 2> data = {1, 2};
  std::array<int, 2> received = {};
  MPI_Request requests[2];
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
  const auto prepared = sent_in([&] {
    MPI_Recv_init(received.data(), 2, MPI_INT, previous, 0, comm, &requests[0]);
    MPI_Send_init(data.data(), 2, MPI_INT, next, 0, comm, &requests[1]);
  });
  expect_only(prepared, MessageKind::point_to_point, {}, "MPI_Send_init");
  const auto sent = sent_in([&] {
    for (int i = 0; i < 3; ++i) {
      MPI_Startall(2, requests);
      MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    }
    MPI_Start(&requests[0]);
    MPI_Start(&requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  });
  expect_only(sent, MessageKind::point_to_point, {4, 32, 4, 32}, "started");
  MPI_Request_free(&requests[0]);
  MPI_Request_free(&requests[1]);
}

TEST_F(MessageCounter, Collectives) {
  const auto p = static_cast<std::size_t>(ranks);
  // A root that is not rank 0 where there are others.
  const int last = ranks - 1;
  const bool is_last = rank == last;
  std::vector<double> own(3, 1), all(3 * p), out(3 * p);
  // Rank r has r + 1 numbers.
  std::vector<int> counts(p), places(p, 0);
  std::iota(counts.begin(), counts.end(), 1);
  for (std::size_t r = 1; r < p; ++r) places[r] = places[r - 1] + counts[r - 1];
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  std::vector<double> varied(static_cast<std::size_t>(rank + 1)),
      everything(static_cast<std::size_t>(total));
  const std::int64_t n = 24, mine = 8 * (rank + 1), rest = 8 * total - mine;
  const auto expect = [&](const char* what, MessageKind kind, const MessageTally& tally,
                          const auto& call) { expect_only(sent_in(call), kind, tally, what); };

  expect("barrier", MessageKind::barrier,
         {1, 0,
          alone  ? 0
          : root ? others
                 : 1,
          0},
         [&] { MPI_Barrier(comm); });
  expect("broadcast", MessageKind::broadcast,
         is_last ? MessageTally{1, alone ? 0 : n, others, others * n} : MessageTally{1, 0, 0, 0},
         [&] { MPI_Bcast(own.data(), 3, MPI_DOUBLE, last, comm); });
  expect("gather", MessageKind::gather,
         is_last ? MessageTally{1, 0, 0, 0} : MessageTally{1, n, 1, n},
         [&] { MPI_Gather(own.data(), 3, MPI_DOUBLE, all.data(), 3, MPI_DOUBLE, last, comm); });
  expect("gatherv", MessageKind::gather,
         is_last ? MessageTally{1, 0, 0, 0} : MessageTally{1, mine, 1, mine}, [&] {
           MPI_Gatherv(varied.data(), rank + 1, MPI_DOUBLE, everything.data(), counts.data(),
                       places.data(), MPI_DOUBLE, last, comm);
         });
  expect("scatter", MessageKind::scatter,
         is_last ? MessageTally{1, others * n, others, others * n} : MessageTally{1, 0, 0, 0},
         [&] { MPI_Scatter(all.data(), 3, MPI_DOUBLE, own.data(), 3, MPI_DOUBLE, last, comm); });
  expect("scatterv", MessageKind::scatter,
         is_last ? MessageTally{1, rest, others, rest} : MessageTally{1, 0, 0, 0}, [&] {
           MPI_Scatterv(everything.data(), counts.data(), places.data(), MPI_DOUBLE, varied.data(),
                        rank + 1, MPI_DOUBLE, last, comm);
         });
  expect("all-gather", MessageKind::all_gather, {1, alone ? 0 : n, others, others * n},
         [&] { MPI_Allgather(own.data(), 3, MPI_DOUBLE, all.data(), 3, MPI_DOUBLE, comm); });
  expect(
      "all-gather in place", MessageKind::all_gather, {1, alone ? 0 : n, others, others * n},
      [&] { MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all.data(), 3, MPI_DOUBLE, comm); });
  expect("all-gatherv", MessageKind::all_gather, {1, alone ? 0 : mine, others, others * mine}, [&] {
    MPI_Allgatherv(varied.data(), rank + 1, MPI_DOUBLE, everything.data(), counts.data(),
                   places.data(), MPI_DOUBLE, comm);
  });
  expect("all-to-all", MessageKind::all_to_all, {1, others * n, others, others * n},
         [&] { MPI_Alltoall(all.data(), 3, MPI_DOUBLE, out.data(), 3, MPI_DOUBLE, comm); });
  // This rank sends each rank r + 1 numbers, and gets rank + 1 from each.
  std::vector<int> received(p, rank + 1), received_places(p);
  for (std::size_t r = 0; r < p; ++r) received_places[r] = static_cast<int>(r) * (rank + 1);
  std::vector<double> from_all(p * static_cast<std::size_t>(rank + 1));
  expect("all-to-allv", MessageKind::all_to_all, {1, rest, others, rest}, [&] {
    MPI_Alltoallv(everything.data(), counts.data(), places.data(), MPI_DOUBLE, from_all.data(),
                  received.data(), received_places.data(), MPI_DOUBLE, comm);
  });
  expect("reduce", MessageKind::reduce,
         is_last ? MessageTally{1, 0, 0, 0} : MessageTally{1, n, 1, n},
         [&] { MPI_Reduce(own.data(), out.data(), 3, MPI_DOUBLE, MPI_SUM, last, comm); });
  const MessageTally reduced = {1, alone ? 0 : n,
                                alone  ? 0
                                : root ? others
                                       : 1,
                                alone  ? 0
                                : root ? others * n
                                       : n};
  expect("all-reduce", MessageKind::all_reduce, reduced,
         [&] { MPI_Allreduce(own.data(), out.data(), 3, MPI_DOUBLE, MPI_SUM, comm); });
  expect("all-reduce that does not block", MessageKind::all_reduce, reduced, [&] {
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, own.data(), 3, MPI_DOUBLE, MPI_SUM, comm, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  });
  MessageTally scattered = {1, 0, 0, 0};
  if (!alone && root) scattered = {1, 8 * total, others, rest};
  if (!alone && !root) scattered = {1, 8 * total, 1, 8 * total};
  expect("reduce-scatter", MessageKind::reduce_scatter, scattered, [&] {
    MPI_Reduce_scatter(everything.data(), varied.data(), counts.data(), MPI_DOUBLE, MPI_SUM, comm);
  });
  MessageTally blocks = {1, 0, 0, 0};
  if (!alone && root) blocks = {1, ranks * n, others, others * n};
  if (!alone && !root) blocks = {1, ranks * n, 1, ranks * n};
  expect("reduce-scatter of blocks", MessageKind::reduce_scatter, blocks,
         [&] { MPI_Reduce_scatter_block(all.data(), own.data(), 3, MPI_DOUBLE, MPI_SUM, comm); });
  const MessageTally chain = is_last ? MessageTally{1, 0, 0, 0} : MessageTally{1, n, 1, n};
  expect("scan", MessageKind::scan, chain,
         [&] { MPI_Scan(own.data(), out.data(), 3, MPI_DOUBLE, MPI_SUM, comm); });
  expect("exclusive scan", MessageKind::scan, chain,
         [&] { MPI_Exscan(own.data(), out.data(), 3, MPI_DOUBLE, MPI_SUM, comm); });
}

TEST_F(MessageCounter, Neighbourhoods) {
  MPI_Comm line = MPI_COMM_NULL;
  const int open = 0;
  MPI_Cart_create(comm, 1, &ranks, &open, 0, &line);
  const std::array<double, 2> own = {1, 2};
  std::array<double, 4> received = {};
  const std::int64_t neighbours = (root ? 0 : 1) + (rank + 1 == ranks ? 0 : 1);
  const auto gathered = sent_in([&] {
    MPI_Neighbor_allgather(own.data(), 2, MPI_DOUBLE, received.data(), 2, MPI_DOUBLE, line);
  });
  expect_only(gathered, MessageKind::neighbourhood,
              {1, neighbours > 0 ? 16 : 0, neighbours, 16 * neighbours}, "gather");
  const auto parts = sent_in([&] {
    MPI_Neighbor_alltoall(own.data(), 1, MPI_DOUBLE, received.data(), 1, MPI_DOUBLE, line);
  });
  expect_only(parts, MessageKind::neighbourhood, {1, 8 * neighbours, neighbours, 8 * neighbours},
              "parts");
  MPI_Comm_free(&line);
}

TEST_F(MessageCounter, OneSided) {
  std::array<double, 2> window_memory = {};
  MPI_Win window = MPI_WIN_NULL;
  MPI_Win_create(window_memory.data(), sizeof window_memory, sizeof(double), MPI_INFO_NULL, comm,
                 &window);
  const std::array<double, 2> own = {1, 2};
  MPI_Win_fence(0, window);
  const auto sent = sent_in(
      [&] { MPI_Put(own.data(), 2, MPI_DOUBLE, (rank + 1) % ranks, 0, 2, MPI_DOUBLE, window); });
  MPI_Win_fence(0, window);
  MPI_Win_free(&window);
  expect_only(sent, MessageKind::one_sided, {1, 16, 1, 16}, "MPI_Put");
}

TEST_F(MessageCounter, OwnExchanges) {
  const auto& world = test_communicator();
  // The gradient of a parameter travels in double, in one all-reduce a bucket.
  ParameterSet parameters;
  parameters.create("a", {{100}, Precision::f32}, {}, 1);
  parameters.create("b", {{60}, Precision::f64}, {}, 1);
  GradientExchange exchange(parameters, world, 1000);
  const auto sent = sent_in([&] {
    exchange.begin();
    for (std::size_t i = parameters.size(); i-- > 0;) exchange.add_last(*parameters[i]);
    exchange.finish(1);
  });
  MessageTally buckets;
  if (!alone) buckets = {2, 1280, root ? 2 * others : 2, root ? 1280 * others : 1280};
  expect_only(sent, MessageKind::all_reduce, buckets, "gradients");

  const AllGatherRows gather(rank + 1, 2, world);
  const std::vector<double> rows(static_cast<std::size_t>(2 * (rank + 1)));
  const std::int64_t bytes = 16 * (rank + 1);
  expect_only(sent_in([&] { gather.forward(rows); }), MessageKind::all_gather,
              {1, alone ? 0 : bytes, others, others * bytes}, "rows");

  // Five lines a rank, of which two go to either neighbour.
  const PixelGrid grid(5 * ranks, 7, rank, ranks);
  LineHalo halo(grid, 2, 2, &world);
  const std::vector<double> lines(5 * 7);
  std::vector<double> above(2 * 7), below(2 * 7);
  const std::int64_t neighbours = (root ? 0 : 1) + (rank + 1 == ranks ? 0 : 1);
  const auto halos = sent_in([&] {
    halo.start(lines.data(), above.data(), below.data(), 7);
    halo.finish();
  });
  expect_only(halos, MessageKind::point_to_point,
              {neighbours, 112 * neighbours, neighbours, 112 * neighbours}, "halo");
}

TEST_F(MessageCounter, Petsc) {
  // Three rows a rank of a chain: a product needs one number of either neighbour, and so does each
  // further one.
  MatHandle matrix;
  ASSERT_EQ(0, MatCreateAIJ(comm, 3, 3, PETSC_DETERMINE, PETSC_DETERMINE, 3, nullptr, 2, nullptr,
                            matrix.address()));
  for (PetscInt i = 3 * rank; i < 3 * rank + 3; ++i) {
    for (const PetscInt j : {i - 1, i, i + 1}) {
      if (j < 0 || j >= 3 * ranks) continue;
      ASSERT_EQ(0, MatSetValue(matrix.get(), i, j, i == j ? 2 : -1, INSERT_VALUES));
    }
  }
  ASSERT_EQ(0, MatAssemblyBegin(matrix.get(), MAT_FINAL_ASSEMBLY));
  ASSERT_EQ(0, MatAssemblyEnd(matrix.get(), MAT_FINAL_ASSEMBLY));
  VecHandle x, y;
  ASSERT_EQ(0, MatCreateVecs(matrix.get(), x.address(), y.address()));
  ASSERT_EQ(0, VecSet(x.get(), 1));
  ASSERT_EQ(0, MatMult(matrix.get(), x.get(), y.get()));
  const std::int64_t neighbours = (root ? 0 : 1) + (rank + 1 == ranks ? 0 : 1);
  const auto products = sent_in([&] {
    for (int i = 0; i < 5; ++i) MatMult(matrix.get(), x.get(), y.get());
  });
  expect_only(products, MessageKind::point_to_point,
              {5 * neighbours, 40 * neighbours, 5 * neighbours, 40 * neighbours}, "MatMult");
  PetscScalar dot = 0;
  const auto sum = sent_in([&] { VecDot(x.get(), y.get(), &dot); });
  EXPECT_EQ(dot, 2);
  // Of a single rank PETSc's vectors know that there is nobody else.
  MessageTally expected;
  if (!alone) expected = {1, 8, root ? others : 1, root ? 8 * others : 8};
  expect_only(sum, MessageKind::all_reduce, expected, "VecDot");
}

#ifdef H5_HAVE_PARALLEL
TEST_F(MessageCounter, Hdf5) {
  if (alone) GTEST_SKIP() << "HDF5 of one rank sends nothing";
  const std::string path = "message_counter_np" + std::to_string(ranks) + ".h5";
  const auto sent = sent_in([&] {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL);
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    EXPECT_GE(file, 0);
    H5Fclose(file);
    H5Pclose(access);
  });
  std::int64_t calls = 0;
  for (const auto& tally : sent) calls += tally.calls;
  EXPECT_GT(calls, 0);
  MPI_Barrier(comm);
  if (root) std::remove(path.c_str());
}
#endif

TEST_F(MessageCounter, PhasesAreBinsAndHaveTheirTime) {
  const auto& world = test_communicator();
  const auto all_reduces = [](Phase phase) {
    return message_counts()[static_cast<std::size_t>(phase)]
                           [static_cast<std::size_t>(MessageKind::all_reduce)]
                               .calls;
  };
  const auto before_backward = all_reduces(Phase::backward);
  const auto before_exchange = all_reduces(Phase::exchange);
  const auto before_other = all_reduces(Phase::other);
  const Timer longer;
  const PhaseClock clock;
  const Timer timer;
  double one = 1;
  {
    const PhaseScope scope(Phase::backward);
    // Not through the library, whose sums are exchanges.
    MPI_Allreduce(MPI_IN_PLACE, &one, 1, MPI_DOUBLE, MPI_SUM, comm);
    const Timer work;
    while (work.seconds() < 0.02) {
    }
    Kokkos::Profiling::pushRegion("of somebody else");
    MPI_Allreduce(MPI_IN_PLACE, &one, 1, MPI_DOUBLE, MPI_SUM, comm);
    Kokkos::Profiling::popRegion();
    world.sum(1.0);
    MPI_Allreduce(MPI_IN_PLACE, &one, 1, MPI_DOUBLE, MPI_SUM, comm);
  }
  MPI_Allreduce(MPI_IN_PLACE, &one, 1, MPI_DOUBLE, MPI_SUM, comm);
  EXPECT_EQ(all_reduces(Phase::backward) - before_backward, 3);
  EXPECT_EQ(all_reduces(Phase::exchange) - before_exchange, alone ? 0 : 1);
  EXPECT_EQ(all_reduces(Phase::other) - before_other, 1);
  const double least = timer.seconds();
  const auto times = PhaseClock::times();
  const double most = longer.seconds();
  EXPECT_GE(times.wall[static_cast<std::size_t>(Phase::backward)], 0.02);
  double sum = 0;
  for (const double seconds : times.wall) sum += seconds;
  EXPECT_GE(sum, least);
  EXPECT_LE(sum, most);
}

TEST_F(MessageCounter, WaitingIsAnExchangeOfWhoeverCalls) {
  if (alone) GTEST_SKIP() << "a rank alone waits for nobody";
  const PhaseClock clock;
  MPI_Barrier(comm);
  const auto before = PhaseClock::times();
  double number = 1;
  {
    const PhaseScope scope(Phase::eigensolver);
    if (root) {
      const Timer timer;
      while (timer.seconds() < 0.05) {
      }
    }
    const int other = rank == 1 ? 0 : 1;
    if (rank == 1) MPI_Recv(&number, 1, MPI_DOUBLE, other, 0, comm, MPI_STATUS_IGNORE);
    if (root) MPI_Send(&number, 1, MPI_DOUBLE, other, 0, comm);
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, &number, 1, MPI_DOUBLE, MPI_SUM, comm, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
  const auto after = PhaseClock::times();
  const auto seconds = [&](Phase phase) {
    const auto p = static_cast<std::size_t>(phase);
    return after.wall[p] - before.wall[p];
  };
  if (root) {
    EXPECT_GE(seconds(Phase::eigensolver), 0.05);
  } else {
    EXPECT_GE(seconds(Phase::exchange), 0.03);
    EXPECT_LE(seconds(Phase::eigensolver), 0.03);
  }
}

}  // namespace
}  // namespace eigenprop
