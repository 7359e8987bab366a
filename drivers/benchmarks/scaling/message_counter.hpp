#pragma once

#include <array>
#include <cstdint>

namespace eigenprop {

/// What a call of MPI does with data. Calls that bring none to other ranks (of requests, of
/// communicators, receives) are not counted.
enum class MessageKind {
  point_to_point,
  one_sided,
  barrier,
  broadcast,
  gather,
  scatter,
  all_gather,
  all_to_all,
  reduce,
  all_reduce,
  reduce_scatter,
  scan,
  neighbourhood
};
inline constexpr int message_kinds = 13;
inline constexpr int message_bins = 16;

/// "all_reduce" and so on.
const char* message_kind_name(int kind);

/// What one rank has sent. A collective call is counted by what the MPI standard defines it to be,
/// not by what a library makes of it: with P ranks and n bytes,
///
///     broadcast       the root sends n to P - 1 ranks
///     gather          all but the root send their n to it
///     scatter         the root sends P - 1 ranks their parts
///     all-gather      each rank sends its n to P - 1 ranks (a gather to each)
///     all-to-all      each rank sends P - 1 ranks their parts, empty ones too
///     reduce          all but the root send n to it
///     all-reduce      a reduce to rank 0, then a broadcast from it
///     reduce-scatter  a reduce to rank 0, then a scatter from it
///     scan            each rank but the last sends n to the next one
///     barrier         an all-reduce of nothing
///     neighbourhood   one message to each neighbour
///
/// A broadcast from rank 0 of an all-reduce repeats the same n: `bytes` is what a rank hands over
/// for others to use, each byte once, whoever gets it; `message_bytes` is what it sends by this
/// definition. Real libraries send along trees: models start from `calls` and `bytes`.
/// A point-to-point message counts when it is started, one to oneself as well, one to MPI_PROC_NULL
/// not. One-sided calls count at the rank that makes them.
struct MessageTally {
  std::int64_t calls = 0;
  std::int64_t bytes = 0;
  std::int64_t messages = 0;
  std::int64_t message_bytes = 0;
};

bool operator==(const MessageTally& a, const MessageTally& b);
MessageTally operator-(const MessageTally& a, const MessageTally& b);
MessageTally& operator+=(MessageTally& a, const MessageTally& b);

/// Tallies of one process by bin and kind.
using MessageCounts = std::array<std::array<MessageTally, message_kinds>, message_bins>;

/// All that this process has sent so far, whoever called MPI from C or C++: the program, PETSc,
/// SLEPc, HDF5. A program counts that is linked with message_counter.cpp and profiled_mpi.cpp,
/// which stand before MPI in the order of symbols (the profiling interface, MPI 3.1, section 14.2).
///
/// Not counted: calls from Fortran, calls of MPI 4 with counts of type MPI_Count, files of MPI-IO,
/// and between the groups of an intercommunicator.
const MessageCounts& message_counts();

/// Which bin (0 .. message_bins - 1) the calls from now on belong to; returns the last one.
int set_message_bin(int bin);

/// Called where a call of MPI begins and ends that sends, receives, waits or asks, whoever makes
/// it.
struct MessageListener {
  void (*enter)() = nullptr;
  void (*leave)() = nullptr;
};
void set_message_listener(const MessageListener& listener);

/// A call of MPI, for as long as the object lives; for profiled_mpi.cpp.
class MessageCall {
 public:
  MessageCall();
  ~MessageCall();
  MessageCall(const MessageCall&) = delete;
  MessageCall& operator=(const MessageCall&) = delete;
};

/// Adds a call to the present bin; for profiled_mpi.cpp.
void count_message(MessageKind kind, const MessageTally& tally);

}  // namespace eigenprop
