#pragma once

#include <cstdint>

#include "runtime/communicator.hpp"
#include "runtime/timer.hpp"

namespace eigenprop {

/// Tells when a checkpoint is due by time. Rank 0's clock counts; the others hear from it about
/// once a second or at every step, whichever is rarer, so that short steps do not wait for a
/// message.
class CheckpointClock {
 public:
  /// `seconds`: between checkpoints. Collective over `comm`, which must outlive it.
  CheckpointClock(double seconds, const Communicator& comm) : seconds_(seconds), comm_(comm) {}

  /// Whether one is due after this step; the same on all ranks. Steps rise by one from call to
  /// call. Collective, at some steps.
  bool due(std::int64_t step);

  /// To be called when one has been written, which took so long: the next one comes when that is
  /// less than a hundredth of the time between. Counts on rank 0.
  void written(double seconds);

 private:
  double seconds_;
  const Communicator& comm_;
  Timer since_written_, since_asked_;
  double took_ = 0;
  std::int64_t asked_at_ = -1;  ///< step
  std::int64_t ask_at_ = -1;    ///< step; the same on all ranks
};

}  // namespace eigenprop
